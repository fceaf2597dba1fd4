// Paths, addresses, networks and urls: what is accepted and as what, what is refused.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/value/arena.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"
#include "runtime/value/text.h"
#include "runtime/value/url.h"

namespace cap {
namespace {

using Table = std::vector<std::pair<std::string, std::string>>;  // as written, canonical

void CheckTable(TypeKind kind, const Table& table) {
  for (const auto& [written, canonical] : table) {
    CAPTURE(written);
    const Result<std::string> read = CanonicalText(kind, written);
    REQUIRE(read.has_value());
    CHECK(*read == canonical);
    CHECK(CanonicalText(kind, *read).value() == *read);
  }
}

void CheckRefused(TypeKind kind, const std::vector<std::string>& refused) {
  for (const std::string& text : refused) {
    CAPTURE(text);
    CHECK_FALSE(CanonicalText(kind, text).has_value());
  }
}

bool Under(std::string_view path, std::string_view root) { return IsUnder(path, root); }
bool Within(std::string_view inner, std::string_view outer) {
  return IsWithin(NetHeaderOf(inner), NetHeaderOf(outer));
}

TEST_CASE("a path has one canonical form") {
  CheckTable(TypeKind::kPath, {{"/", "/"},
                               {"/data", "/data"},
                               {"/data/", "/data"},
                               {"data/in.csv", "data/in.csv"},
                               {"data/", "data"},
                               {"/a b/.c/..d", "/a b/.c/..d"},
                               {"/100%/x", "/100%/x"},
                               {"/caf\u00E9", "/caf\u00E9"}});
}

TEST_CASE("a path that could be read as another one is refused") {
  using namespace std::string_literals;
  CheckRefused(TypeKind::kPath,
               {"",          "//",          "/a//b",     "//a",
                "/a//",      ".",           "..",        "/..",
                "/a/../b",   "/a/./b",      "./a",       "/a/..",
                "/a\\b",     "/a/%2e%2e/b", "/a/%2E",    "/a%2fb",
                "/a%5cb",    "/a%00",       "/a%252e",   "/a\0b"s,
                "/a\n",      "\x7F",        "/a\x01",    "/a*",
                "/{a}",      "/a/\u0085",   "/a\uFF0Fb", "/\uFF0E\uFF0E/b",
                "/\uFE30/b", "/\uFE19/b",   "/\u2100",   "/\u2101", "/\u2105", "/\u2106",
                "/\u2025/b", "/a\uFF3Cb",   "/a\xC3",    "/" + std::string(4096, 'a')});
}

TEST_CASE("under is at the border of a segment") {
  CHECK(Under("/data", "/data"));
  CHECK(Under("/data/in", "/data"));
  CHECK(Under("/data", "/"));
  CHECK(Under("a/b", "a"));
  CHECK_FALSE(Under("/database", "/data"));
  CHECK_FALSE(Under("/data", "/data/in"));
  CHECK_FALSE(Under("data", "/"));
  CHECK_FALSE(Under("/data/in", "data"));
  CHECK_FALSE(Under("/Data/in", "/data"));
}

TEST_CASE("an address has one canonical form") {
  CheckTable(TypeKind::kIp, {{"0.0.0.0", "0.0.0.0"},
                             {"255.1.20.3", "255.1.20.3"},
                             {"::", "::"},
                             {"::1", "::1"},
                             {"1::", "1::"},
                             {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
                             {"2001:0db8::0001", "2001:db8::1"},
                             {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
                             {"1:0:0:2:3:0:0:4", "1::2:3:0:0:4"},
                             {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
                             {"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"}});
  CheckRefused(TypeKind::kIp, {"",
                               "1.2.3",
                               "1.2.3.4.5",
                               "1.2.3.256",
                               "01.2.3.4",
                               "0177.0.0.1",
                               "0x7f.0.0.1",
                               "0x7f000001",
                               "2130706433",
                               "127.1",
                               "1.2.3.4 ",
                               "1.2.3.+4",
                               "1..3.4",
                               ".1.2.3",
                               ":",
                               ":::",
                               "1:2:3:4:5:6:7",
                               "1:2:3:4:5:6:7:8:9",
                               "1::2::3",
                               "12345::",
                               "g::",
                               "::1%eth0",
                               "::1.2.3.4",
                               "::ffff:1.2.3.4",
                               "::ffff:102:304",
                               "[::1]",
                               "1:2:3:4:5:6:7:",
                               ":1:2:3:4:5:6:7",
                               "1:2:3:4::5:6:7:8",
                               "1.2.3.4/32"});
}

TEST_CASE("a network has one canonical form and zero host bits") {
  CheckTable(TypeKind::kCidr, {{"10.0.0.0/8", "10.0.0.0/8"},
                               {"0.0.0.0/0", "0.0.0.0/0"},
                               {"10.0.0.1/32", "10.0.0.1/32"},
                               {"2001:DB8::/32", "2001:db8::/32"},
                               {"::/0", "::/0"}});
  CheckRefused(TypeKind::kCidr,
               {"10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/-1",
                "10.0.0.0/8/8", "10/8", "2001:db8::1/32", "::/129", "::ffff:0:0/96", "/8",
                "10.0.0.0/255.0.0.0"});
  CHECK(Within("10.255.0.1", "10.0.0.0/8"));
  CHECK(Within("10.0.0.0/9", "10.0.0.0/8"));
  CHECK(Within("10.0.0.0/8", "10.0.0.0/8"));
  CHECK(Within("10.0.0.1", "10.0.0.0/31"));
  CHECK_FALSE(Within("10.0.0.2", "10.0.0.0/31"));
  CHECK_FALSE(Within("10.0.0.0/8", "10.0.0.0/9"));
  CHECK_FALSE(Within("11.0.0.0", "10.0.0.0/8"));
  CHECK(Within("2001:db8::1", "::/0"));
  CHECK_FALSE(Within("10.0.0.1", "::/0"));
  CHECK_FALSE(Within("::1", "0.0.0.0/0"));
}

TEST_CASE("a url has one canonical form") {
  CheckTable(TypeKind::kUrl,
             {{"https://example.com", "https://example.com/"},
              {"HTTPS://Example.COM:443/a", "https://example.com/a"},
              {"http://example.com:80/", "http://example.com/"},
              {"http://example.com:443/", "http://example.com:443/"},
              {"https://example.com/a/b/", "https://example.com/a/b/"},
              {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
              {"https://127.0.0.1:8080/x", "https://127.0.0.1:8080/x"},
              {"https://[2001:DB8::0:1]/x", "https://[2001:db8::1]/x"},
              {"https://a.example/a%20b?q=%c3%a9#f", "https://a.example/a%20b?q=%C3%A9#f"},
              {"https://a.example?q=a/../b", "https://a.example/?q=a/../b"},
              {"https://r3---sn.example/a;v=1,2/@b:c", "https://r3---sn.example/a;v=1,2/@b:c"},
              {"https://localhost/", "https://localhost/"}});
}

TEST_CASE("a url that two readers take apart differently is refused") {
  CheckRefused(TypeKind::kUrl, {"",
                                "example.com",
                                "//example.com/",
                                "https:example.com",
                                "https:/example.com",
                                "javascript://example.com/%0aalert",
                                "file:///etc/passwd",
                                "gopher://example.com/",
                                "https://",
                                "https:///x",
                                "https://good.com@evil.com/",
                                "https://good.com:x@evil.com/",
                                "https://good.com\\@evil.com/",
                                "https://good.com%40evil.com/",
                                "https://good.com\\.evil.com",
                                "https://evil.com#@good.com\n",
                                "https://good.com /",
                                "https://good.com\t/",
                                "https://g\u043E\u043Ed.com/",
                                "https://good.com\uFF0Fx",
                                "https://good.com./",
                                "https://good..com/",
                                "https://-good.com/",
                                "https://good_one.com/",
                                "https://good%2ecom/",
                                "https://0x7f.1/",
                                "https://2130706433/",
                                "https://127.1/",
                                "https://0177.0.0.1/",
                                "https://127.0.0.0x1/",
                                "https://1.2.3.256/",
                                "https://a.1/",
                                "https://[::ffff:127.0.0.1]/",
                                "https://[::1%25eth0]/",
                                "https://[127.0.0.1]/",
                                "https://[::1/",
                                "https://[::1]x/",
                                "https://::1/",
                                "https://a.example:/",
                                "https://a.example:0/",
                                "https://a.example:0443/",
                                "https://a.example:65536/",
                                "https://a.example:4294967739/",
                                "https://a.example:443:443/",
                                "https://a.example:+443/"});
}

TEST_CASE("a url whose path or query could be read as another one is refused") {
  using namespace std::string_literals;
  CheckRefused(TypeKind::kUrl, {"https://a.example/..",
                                "https://a.example/./x",
                                "https://a.example/a/../b",
                                "https://a.example//x",
                                "https://a.example/a//b",
                                "https://a.example/%2e%2e/x",
                                "https://a.example/a%2Fb",
                                "https://a.example/a%5cb",
                                "https://a.example/a%00",
                                "https://a.example/a%0d%0aHost:x",
                                "https://a.example/%61",
                                "https://a.example/a%252e",
                                "https://a.example/a%2",
                                "https://a.example/a%zz",
                                "https://a.example/caf%c3%a9",
                                "https://a.example/..;x/b",
                                "https://a.example/;x",
                                "https://a.example/..%3bx/b",
                                "https://a.example/a/.%3B/b",
                                "https://a.example/%3Bx",
                                "https://a.example/*",
                                "https://a.example/a\\b",
                                "https://a.example/a\0b"s,
                                "https://a.example/a\n",
                                "https://a.example/?",
                                "https://a.example/#",
                                "https://a.example/?a#b#c",
                                "https://a.example/?a=%0a",
                                "https://a.example/?a=%41",
                                "https://a.example/[x]",
                                "https://a.example/?a[]=1",
                                "https://a.example/" + std::string(4096, 'a')});
}

TEST_CASE("the parts of a url stand in its header") {
  Arena arena;
  const auto parts = [&](const char* text) {
    const Slot url = arena.CopyText(TypeKind::kUrl, ParseUrl(text).value());
    for (const Slot& part : {UrlSchemeOf(url), UrlHostOf(url), UrlPathOf(url)}) {
      CHECK(part.hi == StringSlot(StringOf(part)).hi);
    }
    CHECK(ParsePath(StringOf(UrlPathOf(url))).value() == StringOf(UrlPathOf(url)));
    return std::string(StringOf(UrlSchemeOf(url))) + " " + std::string(StringOf(UrlHostOf(url))) +
           " " + std::to_string(UrlHeaderOf(url).port) + " " +
           std::string(StringOf(UrlPathOf(url)));
  };
  CHECK(parts("https://API.example.com") == "https api.example.com 443 /");
  CHECK(parts("http://a.example:8080/v1/?q#f") == "http a.example 8080 /v1");
  CHECK(parts("wss://[::1]:1/a/b?x=/c") == "wss [::1] 1 /a/b");
  CHECK(IsUrlHost("a.example"));
  CHECK_FALSE(IsUrlHost("A.example"));
  CHECK_FALSE(IsUrlHost("a.example:80"));
  CHECK(CanonicalSegment(TypeKind::kUrl, true, "A.example").value() == "a.example");
  CHECK(CanonicalSegment(TypeKind::kUrl, true, "[::0]").value() == "[::]");
  for (const char* host : {"a.example:80", "a.example/", "a@b", "", "[::1]:80"}) {
    CHECK_FALSE(CanonicalSegment(TypeKind::kUrl, true, host).has_value());
  }
}

}  // namespace
}  // namespace cap
