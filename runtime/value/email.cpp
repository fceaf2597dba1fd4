#include "runtime/value/email.h"

#include <algorithm>

#include "runtime/base/limits.h"

namespace cap {
namespace {

constexpr size_t kLocalBytes = 64;  // RFC 5321, 4.5.3.1.1
constexpr size_t kLabelBytes = 63;  // RFC 1035, 2.3.4

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 5322 atext.
bool IsAtomByte(char c) {
  return IsAlnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool IsAtom(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, IsAtomByte);
}

bool IsLabel(std::string_view part) {
  if (part.empty() || part.size() > kLabelBytes) return false;
  if (part.front() == '-' || part.back() == '-') return false;
  return std::ranges::all_of(part, [](char c) { return IsAlnum(c) || c == '-'; });
}

/// Whether every part between dots passes; `parts` counts them.
bool AllParts(std::string_view text, bool (*passes)(std::string_view), size_t& parts) {
  for (parts = 1;; ++parts) {
    const size_t dot = text.find('.');
    if (!passes(text.substr(0, dot))) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::unexpected<Error> Malformed(const char* message) { return Fail("email-malformed", message); }

}  // namespace

Result<std::string> ParseEmail(std::string_view text) {
  if (text.size() > limits::kEmailBytes) return Malformed("an address has at most 254 bytes");
  const auto above_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::ranges::any_of(text, above_ascii)) {
    return Malformed("an address is written in ASCII; look-alike letters are refused");
  }
  const size_t at = text.find('@');
  if (at == text.npos) return Malformed("an address has one @");
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  size_t parts = 0;
  if (local.size() > kLocalBytes || !AllParts(local, IsAtom, parts)) {
    return Malformed("before its @ an address has letters, digits and marks, at most 64");
  }
  if (!AllParts(domain, IsLabel, parts) || parts < 2) {
    return Malformed("after its @ an address has two or more labels of letters, digits, hyphens");
  }
  std::string out(text);
  for (size_t i = at + 1; i < out.size(); ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] - 'A' + 'a');
  }
  return out;
}

}  // namespace cap
