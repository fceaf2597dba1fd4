#include "runtime/value/path.h"

#include <array>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/value/segment.h"

namespace cap {
namespace {

// What Unicode normalisation (NFKC) makes nothing but dots of, or text with a slash or backslash:
// U+2024 to U+2026, U+2100, U+2101, U+2105, U+2106, U+FE19, U+FE30, U+FE52, U+FE68, U+FF0E, U+FF0F,
// U+FF3C. Others become a dot behind digits or letters, which is no dot segment.
constexpr std::array<std::string_view, 14> kLookAlikes = {
    "\xE2\x80\xA4", "\xE2\x80\xA5", "\xE2\x80\xA6", "\xE2\x84\x80", "\xE2\x84\x81",
    "\xE2\x84\x85", "\xE2\x84\x86", "\xEF\xB8\x99", "\xEF\xB8\xB0", "\xEF\xB9\x92",
    "\xEF\xB9\xA8", "\xEF\xBC\x8E", "\xEF\xBC\x8F", "\xEF\xBC\xBC"};

std::unexpected<Error> Malformed(const char* message) { return Fail("path-malformed", message); }

}  // namespace

Result<std::string> ParsePath(std::string_view text) {
  if (text.empty()) return Malformed("a path is not empty");
  if (text.size() > limits::kPathBytes) return Malformed("a path has at most 4096 bytes");
  if (!IsUtf8(text)) return Malformed("a path is UTF-8");
  if (text == "/") return std::string(text);
  for (const std::string_view letter : kLookAlikes) {
    if (text.find(letter) != text.npos) {
      return Malformed("a letter of the path may be read as a dot or a separator");
    }
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  std::string_view rest = text;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  for (;;) {
    const size_t slash = rest.find('/');
    if (!IsLegalSegment(rest.substr(0, slash))) {
      return Malformed(
          "between its slashes a path has names: not empty, not `.` or `..`, no backslash, "
          "wildcard, brace or control character, no escape of these");
    }
    if (slash == rest.npos) return std::string(text);
    rest.remove_prefix(slash + 1);
  }
}

bool IsUnder(std::string_view path, std::string_view root) {
  if (root == "/") return path.starts_with('/');
  if (!path.starts_with(root)) return false;
  return path.size() == root.size() || path[root.size()] == '/';
}

}  // namespace cap
