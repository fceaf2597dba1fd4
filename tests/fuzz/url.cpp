// Any text through the readers of urls, addresses and networks: what they accept has one canonical
// form, and the header before the bytes points at parts that are canonical themselves.
#include "runtime/value/url.h"

#include <string>

#include "runtime/base/limits.h"
#include "runtime/value/arena.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

void CheckNet(std::string_view text) {
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
