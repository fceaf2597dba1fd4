#include "runtime/value/text.h"

#include <cstring>

#include "runtime/value/email.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"
#include "runtime/value/slot.h"
#include "runtime/value/url.h"

namespace cap {

bool IsCanonicalKind(TypeKind kind) {
  return kind == TypeKind::kEmail || kind == TypeKind::kPath || kind == TypeKind::kIp ||
         kind == TypeKind::kCidr || kind == TypeKind::kUrl;
}

bool IsTextKind(TypeKind kind) { return kind == TypeKind::kString || IsCanonicalKind(kind); }

Result<std::string> CanonicalText(TypeKind kind, std::string_view text) {
  if (kind == TypeKind::kEmail) return ParseEmail(text);
  if (kind == TypeKind::kPath) return ParsePath(text);
  if (kind == TypeKind::kIp) return ParseIp(text);
  if (kind == TypeKind::kCidr) return ParseCidr(text);
  if (kind == TypeKind::kUrl) return ParseUrl(text);
  return std::string(text);
}

Result<std::string> CanonicalSegment(TypeKind kind, bool part, std::string_view text) {
  if (!part) return CanonicalText(kind, text);
  if (kind == TypeKind::kEmail) {
    // Another half stands in for the one that is not known.
    const Result<std::string> email = ParseEmail("a@" + std::string(text));
    if (!email) return email;
    return email->substr(2);
  }
  const bool brackets = text.starts_with('[') && text.ends_with(']');
  if (text.find_first_of(brackets ? "/?#" : ":/?#") != text.npos) {
    return Fail("url-malformed", "a host has no port and no path");
  }
  const Result<std::string> url = ParseUrl("http://" + std::string(text) + "/");
  if (!url) return url;
  const UrlHeader header = UrlHeaderOf(*url);
  return url->substr(header.host_offset, header.host_length);
}

std::string_view NameOfText(TypeKind kind) {
  if (kind == TypeKind::kEmail) return "email";
  if (kind == TypeKind::kPath) return "path";
  if (kind == TypeKind::kIp) return "ip";
  if (kind == TypeKind::kCidr) return "cidr";
  if (kind == TypeKind::kUrl) return "url";
  return "string";
}

size_t HeaderBytes(TypeKind kind) {
  if (kind == TypeKind::kEmail) return sizeof(EmailHeader);
  if (kind == TypeKind::kIp || kind == TypeKind::kCidr) return sizeof(NetHeader);
  return kind == TypeKind::kUrl ? sizeof(UrlHeader) : 0;
}

void WriteHeader(TypeKind kind, std::string_view canonical, char* header) {
  if (kind == TypeKind::kEmail) {
    const size_t domain = canonical.find('@') + 1;
    const EmailHeader email{static_cast<uint32_t>(domain), HashBytes(canonical.substr(domain))};
    std::memcpy(header, &email, sizeof email);
  } else if (kind == TypeKind::kIp || kind == TypeKind::kCidr) {
    const NetHeader net = NetHeaderOf(canonical);
    std::memcpy(header, &net, sizeof net);
  } else if (kind == TypeKind::kUrl) {
    const UrlHeader url = UrlHeaderOf(canonical);
    std::memcpy(header, &url, sizeof url);
  }
}

}  // namespace cap
