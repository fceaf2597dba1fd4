// Regular expressions: from the text of one to the table that evaluation walks. The syntax is a
// subset of RE2's and means what it means there; the whole text must match. Knows nothing of the
// checker.
//
//   text ─ parse ─► syntax tree ─► automaton over bytes ─► its subsets ─► minimal table
//
// A text is well-formed UTF-8, and an expression speaks of its characters. Each part of an
// expression becomes sequences of bytes before the automaton is made, so that the table needs no
// decoding and no text that is not UTF-8 can match.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/program/table.h"

namespace cap::regex {

/// Why an expression is refused, and where in its text.
struct Problem {
  bool too_large = false;  // else it is no expression of this language
  size_t offset = 0;       // in bytes
  size_t length = 1;       // 0: all of the text
  std::string message;
  std::string help;  // may be empty
};

/// The table of an expression. `steps` is what all expressions of a program may still cost to make;
/// what this one cost is taken from it, also where it is refused. Bounded in time and memory by the
/// limits of limits.h. Thread-safe.
std::expected<Table, Problem> Compile(std::string_view text, uint64_t& steps);

/// No text at all matches.
bool MatchesNothing(const Table& table);
/// Every text matches.
bool MatchesEverything(const Table& table);

}  // namespace cap::regex
