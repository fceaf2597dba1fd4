// Attacks on paths, urls and addresses, through a whole engine: each is denied, or has become the
// one canonical form that the policy speaks of.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

constexpr const char* kPlaces = R"(
module m
context bound { root: path, host: string }
action read { file: path }
action name { file: path resource "file://{file}" }
action load { page: url resource "web://{page.host}" }
action dial { peer: ip }
action mail { to: email resource "mail://{to.domain}" }
policy p {
  capability read { require file under root }
  capability name on "file://*"
  capability load on "web://{{host}}" { require page under "https://good.com/v1/" }
  capability dial { require not (peer in ["127.0.0.0/8", "10.0.0.0/8", "::1/128"]) }
  capability mail on "mail://company.com"
  forbid read when file under "/data/secret"
}
)";

class Places {
 public:
  Places() : world_(kPlaces) {
    grant_ = world_.Mint({{"root", {std::string("/data")}}, {"host", {std::string("GOOD.com")}}});
  }
  /// `value` stands in a JSON string as it is.
  DecisionCode Ask(const char* tool, const char* argument, const std::string& value) {
    return world_.Code(grant_, std::string(R"({"tool":")") + tool + R"(","arguments":{")" +
                                   argument + R"(":")" + value + R"("}})");
  }
  void Denied(const char* tool, const char* argument, const std::vector<std::string>& values,
              DecisionCode code) {
    for (const std::string& value : values) {
      CAPTURE(value);
      CHECK(Ask(tool, argument, value) == code);
    }
  }
  World& world() { return world_; }

 private:
  World world_;
  GrantId grant_;
};

TEST_CASE("attack: paths that leave their root") {
  Places places;
  CHECK(places.Ask("read", "file", "/data/in") == DecisionCode::kPermit);
  CHECK(places.Ask("read", "file", "/data/") == DecisionCode::kPermit);
  places.Denied("read", "file",
                {"/data/../etc/passwd", "/data/..", "/data/./x", "..", "/data/%2e%2e/etc",
                 "/data/%2E%2E%2Fetc", "/data%2f..%2fetc", "/data//etc", "//data/x", "/data/x//",
                 "/data/x\\u0000.csv", "/data/x%00", "/data\\\\..\\\\etc", "/data/..%5cetc",
                 "/data/*", "/data/a*b", "/data/x\\n", "/data/x\\u007f", "/data/%252e%252e/etc",
                 "/data/\uFF0E\uFF0E/etc", "/data\uFF0F..", "/data/\u2025/etc", "/data/\uFE30/etc",
                 "/data\u2105..", ""},
                DecisionCode::kBadArgument);
  // Another folder, however alike.
  places.Denied("read", "file",
                {"/database", "/data-old/x", "/Data/in", "data/in", "/d\u0430ta/in", "/", "/dat"},
                DecisionCode::kConstraintFailed);
  places.Denied("read", "file", {"/data/secret", "/data/secret/", "/data/secret/key"},
                DecisionCode::kForbidden);
}

TEST_CASE("attack: a path that would be several segments of a resource") {
  Places places;
  CHECK(places.Ask("name", "file", "readme") == DecisionCode::kPermit);
  places.Denied("name", "file", {"/readme", "docs/readme", "/"}, DecisionCode::kNoResource);
}

TEST_CASE("attack: urls that look like another host") {
  Places places;
  for (const char* same : {"https://good.com/v1/x", "HTTPS://GOOD.COM/v1/x",
                           "https://good.com:443/v1", "https://good.com/v1/x?next=//evil.com"}) {
    CAPTURE(same);
    CHECK(places.Ask("load", "page", same) == DecisionCode::kPermit);
  }
  places.Denied("load", "page",
                {"https://good.com@evil.com/v1/", "https://good.com:443@evil.com/v1/",
                 "https://good.com\\\\@evil.com/v1/", "https://evil.com\\\\.good.com/v1/",
                 "https://good.com%40evil.com/v1/", "https://good.com%2eevil.com/v1/",
                 "https://good.com\\u0000.evil.com/v1/", "https://good.com./v1/",
                 "https://good.com\\n.evil.com/v1/", "https://good.com:/v1/",
                 "https://good.com:0443/v1/", "https://good.com:4294967739/v1/",
                 "https://g\u043E\u043Ed.com/v1/", "https://good.com\u2024evil.com/v1/",
                 "https://good.com/v1/../admin", "https://good.com/v1/%2e%2e/admin",
                 "https://good.com/v1/..;x/admin", "https://good.com/v1/..%3Bx/admin",
                 "https://good.com/v1//admin",
                 "https://good.com/v1%2fx", "https://good.com/v1/*", "https://good.com/v1/%61",
                 "https:good.com/v1/", "https:/good.com/v1/", "//good.com/v1/",
                 " https://good.com/",
                 "javascript://good.com/v1/", "https://0x7f.1/v1/", "https://2130706433/v1/",
                 "https://0177.0.0.1/v1/", "https://127.1/v1/", "https://[::ffff:127.0.0.1]/v1/"},
                DecisionCode::kBadArgument);
  places.Denied("load", "page",
                {"https://good.com.evil.io/v1/", "https://evil.io/good.com/v1/",
                 "https://evil.io/?https://good.com/v1/", "https://evil.io/#@good.com/v1/",
                 "https://xn--good-com.evil.io/v1/", "https://127.0.0.1/v1/"},
                DecisionCode::kNoCapability);
  places.Denied("load", "page",
                {"http://good.com/v1/", "https://good.com:8443/v1/", "https://good.com/v10",
                 "https://good.com/V1/", "https://good.com/"},
                DecisionCode::kConstraintFailed);
}

TEST_CASE("attack: a bound host in another spelling, or none") {
  Places places;
  for (const char* bad : {"good.com:443", "good.com/", "x@good.com", "good.com.", "0x7f.1", "*"}) {
    CAPTURE(bad);
    const auto refused = places.world().engine().Mint(
        places.world().Spec({{"root", {std::string("/data")}}, {"host", {std::string(bad)}}}),
        kNowUs);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "bad-bound");
  }
}

TEST_CASE("attack: addresses in notations that other programs read") {
  Places places;
  CHECK(places.Ask("dial", "peer", "192.0.2.1") == DecisionCode::kPermit);
  CHECK(places.Ask("dial", "peer", "2001:DB8::1") == DecisionCode::kPermit);
  places.Denied("dial", "peer",
                {"0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.1", "127.0.0.01", "127.0.0.1.",
                 "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::1%lo", "[::1]",
                 "127.0.0.1\\u0000", "127.0.0.1\\n", "\uFF11\uFF12\uFF17.0.0.1", "127.0.0.1/32"},
                DecisionCode::kBadArgument);
  places.Denied("dial", "peer", {"127.0.0.1", "10.255.255.255", "::1", "0:0:0:0:0:0:0:1"},
                DecisionCode::kConstraintFailed);
}

TEST_CASE("attack: emails of a domain that begins or ends alike") {
  Places places;
  CHECK(places.Ask("mail", "to", "Foo@COMPANY.COM") == DecisionCode::kPermit);
  places.Denied("mail", "to", {"x@company.com.evil.io", "x@evilcompany.com", "x@sub.company.com"},
                DecisionCode::kNoCapability);
  places.Denied("mail", "to",
                {"x@company.com\\n", "x@company.com\\u0000", "x@c\u043Empany.com", "x@company.com.",
                 "x@evil.io@company.com", "\\\"x@evil.io\\\"@company.com", "x%40evil.io"},
                DecisionCode::kBadArgument);
}

}  // namespace
}  // namespace cap::test
