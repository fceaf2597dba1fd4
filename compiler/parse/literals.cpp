#include "compiler/parse/literals.h"

#include <charconv>

#include "runtime/value/duration.h"

namespace cap::parse {

namespace {

void AppendUtf8(std::string& out, uint32_t c) {
  const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | (c >> 6));
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3F));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

/// Reads "u{1F600}" at the start of `text`; returns its length, or 0.
size_t ReadUnicode(std::string_view text, std::string& out) {
  if (!text.starts_with("u{")) return 0;
  const size_t close = text.find('}');
  if (close == std::string_view::npos || close == 2 || close > 8) return 0;
  uint32_t value = 0;
  const char* const end = text.data() + close;
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (error != std::errc() || stop != end || value > 0x10FFFF || surrogate) return 0;
  AppendUtf8(out, value);
  return close + 1;
}

/// Reads the escape after a backslash; returns its length without the backslash, or 0.
size_t ReadEscape(std::string_view text, std::string& out) {
  switch (text.empty() ? '\0' : text[0]) {
    case '"':
    case '\\':
      out += text[0];
      return 1;
    case 'n':
      out += '\n';
      return 1;
    case 't':
      out += '\t';
      return 1;
    case 'r':
      out += '\r';
      return 1;
    default:
      return ReadUnicode(text, out);
  }
}

}  // namespace

std::optional<int64_t> ReadInteger(std::string_view digits) {
  int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<int64_t> ReadDuration(std::string_view literal) {
  const Result<int64_t> us = ParseDuration(literal);
  return us ? std::optional(*us) : std::nullopt;
}

Unescaped ReadString(std::string_view literal) {
  Unescaped result;
  const std::string_view body = literal.substr(1, literal.size() < 2 ? 0 : literal.size() - 2);
  for (size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      result.text += body[i++];
      continue;
    }
    const size_t length = ReadEscape(body.substr(i + 1), result.text);
    if (length == 0 && !result.bad_escape) {
      result.bad_escape = i + 1;  // the opening quote stands before the body
      result.bad_length = i + 1 < body.size() ? 2 : 1;
    }
    i += 1 + length;
  }
  return result;
}

}  // namespace cap::parse
