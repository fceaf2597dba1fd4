#include "compiler/regex/regex.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/regex/automaton.h"
#include "runtime/base/limits.h"

namespace cap::regex {
namespace {

constexpr uint64_t kStepsOfPart = 16;  // it takes memory of its own

}  // namespace

std::expected<Table, Problem> Compile(std::string_view text, uint64_t& steps) {
  const std::expected<Syntax, Problem> syntax = Parse(text);
  if (!syntax) return std::unexpected(syntax.error());
  if (steps == 0) {
    return std::unexpected(Problem{
        .too_large = true,
        .offset = 0,
        .length = 0,
        .message = "the regular expressions of the program together take too long to compile",
        .help = "use smaller counts, and fewer expressions"});
  }
  const std::expected<Automaton, Problem> automaton = MakeAutomaton(*syntax);
  const uint64_t parts = automaton ? automaton->parts : limits::kRegexSize;
  steps -= std::min(parts * kStepsOfPart, steps);
  if (!automaton) return std::unexpected(automaton.error());
  std::expected<Subsets, Problem> subsets = MakeSubsets(*automaton, steps);
  if (!subsets) {
    return std::unexpected(subsets.error());
  }
  Table table{.kind = TableKind::kDfa, .name = std::string(text), .words = Minimise(*subsets)};
  if (table.words.size() <= limits::kTableWords) return table;
  return std::unexpected(Problem{
      .too_large = true,
      .offset = 0,
      .length = 0,
      .message = fmt::format("the expression takes {} words; at most {} are allowed",
                             table.words.size(), limits::kTableWords),
      .help = "use smaller counts"});
}

bool MatchesNothing(const Table& table) { return table.words[dfa::kStart] == 0; }

bool MatchesEverything(const Table& table) {
  static const std::vector<uint32_t> kEverything = [] {
    uint64_t steps = limits::kRegexSteps;
    return Compile("(?:.|\\n)*", steps)->words;
  }();
  return table.words == kEverything;  // equal languages have equal tables
}

}  // namespace cap::regex
