// The values of literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cap::parse {

/// "0042" → 42. Nothing when the number does not fit 64 bits with a sign.
std::optional<int64_t> ReadInteger(std::string_view digits);

/// "8h" → microseconds. Nothing when they do not fit 64 bits.
std::optional<int64_t> ReadDuration(std::string_view literal);

struct Unescaped {
  std::string text;
  std::optional<size_t> bad_escape;  // offset of its backslash in the literal
  size_t bad_length = 0;
};

/// Resolves the escapes of a string literal, quotes included: \" \\ \n \t \r \u{hex}. After a bad
/// escape the rest is read on, so that the text keeps its shape.
Unescaped ReadString(std::string_view literal);

}  // namespace cap::parse
