#include "compiler/diag/printable.h"

namespace cap::diag {

namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

bool Between(char32_t c, char32_t low, char32_t high) { return c >= low && c <= high; }

}  // namespace

Character ReadCharacter(std::string_view text, size_t offset) {
  const auto lead = static_cast<unsigned char>(text[offset]);
  if (lead < 0x80) return {lead, 1};
  const uint32_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || offset + length > text.size()) return {kReplacement, 1};
  char32_t code_point = lead & (0xFFu >> (length + 1));
  for (uint32_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[offset + i]);
    if ((byte & 0xC0) != 0x80) return {kReplacement, 1};
    code_point = (code_point << 6) | (byte & 0x3Fu);
  }
  const char32_t smallest = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  const bool surrogate = Between(code_point, 0xD800, 0xDFFF);
  if (code_point < smallest || code_point > 0x10FFFF || surrogate) return {kReplacement, 1};
  return {code_point, length};
}

bool IsPrintable(char32_t c) {
  const bool control = c < 0x20 || Between(c, 0x7F, 0x9F);
  const bool turns_direction = Between(c, 0x202A, 0x202E) || Between(c, 0x2066, 0x2069) ||
                               c == 0x200E || c == 0x200F || c == 0x061C;
  const bool breaks_line = c == 0x2028 || c == 0x2029;
  return !control && !turns_direction && !breaks_line;
}

uint32_t ColumnsOf(char32_t c) {
  const bool combining = Between(c, 0x0300, 0x036F) || Between(c, 0x200B, 0x200D) ||
                         Between(c, 0xFE00, 0xFE0F) || Between(c, 0x20D0, 0x20FF);
  if (combining) return 0;
  const bool wide = Between(c, 0x1100, 0x115F) || Between(c, 0x2E80, 0xA4CF) ||
                    Between(c, 0xAC00, 0xD7A3) || Between(c, 0xF900, 0xFAFF) ||
                    Between(c, 0xFE30, 0xFE6F) || Between(c, 0xFF00, 0xFF60) ||
                    Between(c, 0x1F300, 0x1FAFF) || Between(c, 0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Character c = ReadCharacter(text, i);
    const bool broken = c.code_point == kReplacement;
    out += broken || !IsPrintable(c.code_point) ? kReplacementUtf8 : text.substr(i, c.bytes);
    i += c.bytes;
  }
  return out;
}

}  // namespace cap::diag
