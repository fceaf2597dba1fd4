// Any text through the readers of urls, addresses and networks: what they accept has one canonical
// form, and the header before the bytes points at parts that are canonical themselves. Addresses
// are what the C library reads, and written as it writes them.
#include "runtime/value/url.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "runtime/base/limits.h"
#include "runtime/value/arena.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

void CheckAgainstLibrary(const std::string& canonical, std::string_view text) {
  const bool v6 = canonical.find(':') != canonical.npos;
  const int family = v6 ? AF_INET6 : AF_INET;
  NetHeader header = NetHeaderOf(canonical);
  uint8_t address[16] = {};
  Require(inet_pton(family, std::string(text).c_str(), address) == 1, "no address elsewhere", text);
  const uint8_t* own = header.address + (v6 ? 0 : 12);
  Require(std::memcmp(address, own, v6 ? 16 : 4) == 0, "another address elsewhere", text);
  char written[INET6_ADDRSTRLEN] = {};
  inet_ntop(family, address, written, sizeof written);
  // Of some IPv6 addresses it writes the end like IPv4.
  const bool mixed = v6 && std::strchr(written, '.') != nullptr;
  Require(mixed || canonical == written, "written otherwise elsewhere", text);
}

void CheckNet(std::string_view text) {
  if (const auto ip = ParseIp(text)) CheckAgainstLibrary(*ip, text);
  for (const auto read : {ParseIp, ParseCidr}) {
    const auto canonical = read(text);
    if (!canonical) continue;
    Require(read(*canonical).value_or("") == *canonical, "two canonical forms", text);
    const NetHeader header = NetHeaderOf(*canonical);
    Require(header.prefix <= 128 && IsWithin(header, header), "a bad network", text);
  }
}

}  // namespace

CAPC_FUZZ_TARGET(url) {
  CheckNet(input);
  const auto url = ParseUrl(input);
  if (!url) return;
  Require(url->size() <= limits::kUrlBytes, "a long url", input);
  Require(ParseUrl(*url).value_or("") == *url, "a url has two canonical forms", input);
  for (const char c : *url) Require(c > ' ' && c < 0x7F, "a url that cannot be seen", input);
  Arena arena;
  const Slot slot = arena.CopyText(TypeKind::kUrl, *url);
  const UrlHeader header = UrlHeaderOf(slot);
  Require(header.host_offset == header.scheme_length + 3 && header.host_length > 0 &&
              header.path_offset >= header.host_offset + header.host_length &&
              header.path_offset + header.path_length <= url->size(),
          "parts outside of the url", input);
  Require(header.port >= 1 && header.port <= 65535, "a port out of range", input);
  const size_t host_end = header.host_offset + header.host_length;
  const std::string written = url->substr(host_end, header.path_offset - host_end);
  const std::string number = ":" + std::to_string(header.port);
  Require(written.empty() || written == number, "another port", input);
  // Without its port it is the same url only if the port is the one that its scheme has anyway.
  std::string bare(*url);
  bare.erase(host_end, written.size());
  const Slot other = arena.CopyText(TypeKind::kUrl, bare);
  const bool usual = UrlHeaderOf(other).port == header.port;
  Require(usual == written.empty(), "a port that says nothing, or none that does", input);
  for (const Slot& part : {UrlSchemeOf(slot), UrlHostOf(slot), UrlPathOf(slot)}) {
    Require(part.hi >> 32 == HashBytes(StringOf(part)), "a part with another hash", input);
  }
  const std::string_view host = StringOf(UrlHostOf(slot));
  Require(host.find_first_of("@/\\%?# ") == host.npos && IsUrlHost(host), "no host", input);
  const std::string_view path = StringOf(UrlPathOf(slot));
  Require(ParsePath(path).value_or("") == path, "its path is no path", input);
  Require(url->substr(0, header.path_offset).find('@') == std::string::npos, "a user", input);
}

}  // namespace cap::fuzz
