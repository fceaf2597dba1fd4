#include "runtime/value/quote.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "runtime/base/utf8.h"

namespace cap {
namespace {

uint32_t Decode(std::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first;
  uint32_t value = first & (0x7Fu >> sequence.size());
  for (const char c : sequence.substr(1)) value = value << 6 | (static_cast<uint8_t>(c) & 0x3Fu);
  return value;
}

// Characters that show nothing, or change how their neighbours are shown.
bool IsHidden(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x61C || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0000 && c <= 0xE0FFF);
}

void AppendByte(char byte, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<uint8_t>(byte));
}

void AppendVisible(std::string_view sequence, std::string& out) {
  const uint32_t c = Decode(sequence);
  if (c == '\n') {
    out += "\\n";
  } else if (IsHidden(c)) {
    fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", c);
  } else {
    out += sequence;
  }
}

void AppendQuoted(std::string_view sequence, std::string& out) {
  if (sequence == "\"" || sequence == "\\") out += '\\';
  AppendVisible(sequence, out);
}

}  // namespace

std::string QuoteCut(std::string_view text, size_t limit) {
  std::string out = "\"";
  const size_t whole = text.size();
  size_t shown = 0;
  while (shown < whole) {
    const size_t length = Utf8Length(text, shown);
    const size_t step = length == 0 ? 1 : length;
    if (shown + step > limit) break;
    if (length == 0) {
      AppendByte(text[shown], out);
    } else {
      AppendQuoted(text.substr(shown, length), out);
    }
    shown += step;
  }
  if (shown < whole) out += "…";
  out += '"';
  return out;
}

std::string SafeName(std::string_view name) {
  const std::string quoted = QuoteCut(name);
  return quoted.substr(1, quoted.size() - 2);
}

std::string OneLine(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text, at);
    if (length == 0) {
      AppendByte(text[at++], out);
      continue;
    }
    AppendVisible(text.substr(at, length), out);
    at += length;
  }
  return out;
}

}  // namespace cap
