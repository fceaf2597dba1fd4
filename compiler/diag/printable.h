// Text of unknown origin made fit for a terminal: control characters, escape sequences, characters
// that turn the reading direction and broken UTF-8 become U+FFFD, so that a source file can neither
// drive the terminal nor show other text than it holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cap::diag {

struct Character {
  char32_t code_point = 0;  // U+FFFD for a byte that is not UTF-8
  uint32_t bytes = 1;       // how many it takes in the text, at least 1
};

/// Reads the character at `offset` (less than `text.size()`).
Character ReadCharacter(std::string_view text, size_t offset);

/// Whether the character may be shown as it is. Tab and line feed may not.
bool IsPrintable(char32_t code_point);

/// How many columns of a terminal a printable character takes: 0, 1 or 2.
uint32_t ColumnsOf(char32_t code_point);

/// The text with every unprintable character replaced by U+FFFD. Line feeds are replaced too.
std::string Printable(std::string_view text);

}  // namespace cap::diag
