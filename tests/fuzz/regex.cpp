// A regular expression, a line feed, and a text: what is accepted here, RE2 accepts, and the two
// languages are one. What RE2 refuses may only be a repetition that it finds too large.
#include "compiler/regex/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/abi.h"
#include "runtime/program/verify.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

bool Matches(const Table& table, std::string_view text) {
  const Slot string = StringSlot(text);
  const Slot slot = SlotOf(table);
  return StandardCallOuts().str_matches(&string, &slot) != 0;
}

void CheckTable(const Table& table, std::string_view regex) {
  Program program;
  program.tables = {table};
  const auto verified = Verify(program);
  Require(verified.has_value(), "a table that the verifier refuses", regex);
  Require(table.words[dfa::kStates] <= limits::kRegexStates + 1, "too many states", regex);
}

void CheckProblem(const regex::Problem& problem, std::string_view regex) {
  Require(!problem.message.empty(), "a problem without words", regex);
  Require(problem.offset <= regex.size(), "a problem outside of the text", regex);
  Require(IsUtf8(problem.message) && IsUtf8(problem.help), "words that are not UTF-8", regex);
}

void CheckText(const Table& table, const RE2& other, std::string_view text,
               std::string_view input) {
  const bool own = Matches(table, text);
  if (!IsUtf8(text)) return Require(!own, "bytes that are no text match", input);
  const bool theirs = RE2::FullMatch(re2::StringPiece(text.data(), text.size()), other);
  Require(own == theirs, "RE2 reads it otherwise", input);
}

/// The characters that stand in the expression and those next to them, where its sets have their
/// ends, alone and behind the text.
void CheckNeighbours(const Table& table, const RE2& other, std::string_view regex,
                     std::string_view text, std::string_view input) {
  constexpr size_t kCharacters = 24;
  size_t characters = 0;
  for (size_t at = 0; at < regex.size() && characters < kCharacters; ++characters) {
    const size_t length = std::max<size_t>(1, Utf8Length(regex, at));
    for (const int step : {-1, 0, 1}) {
      std::string character(regex.substr(at, length));
      character.back() = static_cast<char>(character.back() + step);
      CheckText(table, other, character, input);
      CheckText(table, other, std::string(text.substr(0, 64)) + character, input);
    }
    at += length;
  }
}

}  // namespace

CAPC_FUZZ_TARGET(regex) {
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string_view regex = input.substr(0, end);
  const std::string_view text = input.substr(std::min(end + 1, input.size()));
  uint64_t steps = limits::kRegexSteps / 16;
  const auto table = regex::Compile(regex, steps);
  if (!table) return CheckProblem(table.error(), regex);
  CheckTable(*table, regex);
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(int64_t{256} << 20);
  const RE2 other(re2::StringPiece(regex.data(), regex.size()), options);
  if (!other.ok()) {
    return Require(other.error_code() == RE2::ErrorRepeatSize, "RE2 refuses it", regex);
  }
  // The text and its beginnings, so that one input asks about many.
  for (size_t length = 0; length <= std::min<size_t>(text.size(), 64); ++length) {
    CheckText(*table, other, text.substr(0, length == 64 ? text.size() : length), input);
  }
  CheckNeighbours(*table, other, regex, text, input);
}

}  // namespace cap::fuzz
