// Regular expressions against RE2: the same language, or a refusal.
#include "compiler/regex/regex.h"

#include <doctest/doctest.h>
#include <re2/re2.h>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/abi.h"
#include "runtime/program/verify.h"
#include "tests/support/random_regex.h"

namespace cap {
namespace {

using test::RandomRegex;

std::expected<Table, regex::Problem> Compiled(std::string_view text) {
  uint64_t steps = limits::kProgramRegexSteps;
  return regex::Compile(text, steps);
}

bool Matches(const Table& table, std::string_view text) {
  const Slot string = StringSlot(text);
  const Slot slot = SlotOf(table);
  return StandardCallOuts().str_matches(&string, &slot) != 0;
}

Table Made(std::string_view text) {
  auto table = Compiled(text);
  REQUIRE_MESSAGE(table.has_value(), text, ": ", table.error().message);
  return std::move(*table);
}

RE2::Options QuietOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(int64_t{256} << 20);
  return options;
}

TEST_CASE("an expression matches what it says, whole") {
  struct Row {
    std::string_view regex;
    std::vector<std::string> yes;
    std::vector<std::string> no;
  };
  const std::vector<Row> rows = {
      {"", {""}, {"a"}},
      {"a*b", {"b", "ab", "aaab"}, {"", "a", "ba", "abc"}},
      {"(a|aa)+$", {"a", "aaaa"}, {"", "ab"}},
      {"a|", {"a", ""}, {"aa"}},
      {"()", {""}, {"a"}},
      {"x{0}y", {"y"}, {"xy"}},
      {"(?:ab){2,3}", {"abab", "ababab"}, {"ab", "abababab"}},
      {".", {"a", "\xC3\xA9", "\xF0\x9F\x98\x80"}, {"", "\n", "ab", "\xFF", "\xED\xA0\x80"}},
      {"[^a]", {"b", "\n", "\xE2\x82\xAC"}, {"a", ""}},
      {"[\\x{7F}-\\x{80}]", {"\x7F", "\xC2\x80"}, {"\x7E", "\xC2\x81"}},
      {"[a\\]\\-^-]+", {"a]-^"}, {"b"}},
      {"\\s\\S\\w\\W\\d\\D", {" aa-1a", "\n\v_-0_"}, {" aa-11", "\vaa-1a"}},
      {"\\x41\\x{1F600}\\t", {"A\xF0\x9F\x98\x80\t"}, {"a"}},
  };
  for (const Row& row : rows) {
    const Table table = Made(row.regex);
    for (const std::string& text : row.yes) {
      CHECK_MESSAGE(Matches(table, text), row.regex, " / ", text);
    }
    for (const std::string& text : row.no) {
      CHECK_MESSAGE(!Matches(table, text), row.regex, " / ", text);
    }
  }
}

TEST_CASE("equal languages have equal tables, the smallest there are") {
  const auto same = [](std::string_view a, std::string_view b) {
    return Made(a).words == Made(b).words;
  };
  CHECK(same("a|b", "[ab]"));
  CHECK(same("(a*)*b", "a*b"));
  CHECK(same("(a|aa)+", "a+"));
  CHECK(same("\\d{3}", "[0-9][0-9]\\d"));
  CHECK(same("(?:x|xy)(?:z|yz)", "xy{0,2}z"));
  CHECK(same("[^\\d]", "\\D"));
  CHECK_FALSE(same("a*", "a+"));
  CHECK(Made("a*b").words.size() == dfa::kRows + 9);
}

TEST_CASE("what matches nothing or everything is known") {
  CHECK(regex::MatchesNothing(Made("[^\\x00-\\x{10FFFF}]")));
  CHECK(regex::MatchesNothing(Made("a[^\\s\\S]b")));
  CHECK(regex::MatchesNothing(Made("[^\\d\\D]+")));
  CHECK_FALSE(regex::MatchesNothing(Made("")));
  CHECK_FALSE(regex::MatchesNothing(Made("[^\\d\\D]*")));
  CHECK(regex::MatchesEverything(Made("(.|\\n)*")));
  CHECK(regex::MatchesEverything(Made("[\\w\\W]*")));
  CHECK(regex::MatchesEverything(Made("(.*\\n)*.*")));
  CHECK_FALSE(regex::MatchesEverything(Made(".*")));
  CHECK_FALSE(regex::MatchesEverything(Made("[\\s\\S]+")));
}

TEST_CASE("a problem stands at its place") {
  struct Row {
    std::string_view regex;
    size_t offset, length;
    std::string_view message;
  };
  const std::vector<Row> rows = {
      {"ab+?", 3, 1, "lazy"},          {"ab*+c", 3, 1, "possessive"},
      {"a{2}{3}", 4, 1, "repetition of a repetition"},
      {"a{02}", 2, 2, "begins with a zero"},
      {"a{1,000}", 4, 3, "begins with a zero"},
      {"x(ab", 1, 1, "without its `)`"}, {"ab)", 2, 1, "without its `(`"},
      {"a[bc", 1, 1, "without its `]`"}, {"[]a]", 1, 1, "must hold something"},
      {"[c-a]", 1, 3, "ends before it begins"}, {"[[:digit:]]", 1, 2, "named classes"},
      {"[a-c-e]", 4, 1, "joins nothing"}, {"[\\d-z]", 1, 3, "begins and ends"},
      {"a{3,2}", 1, 5, "larger count"}, {"a{,3}", 1, 1, "a count is written"},
      {"a}", 1, 1, "stands alone"},    {"+", 0, 1, "nothing stands before"},
      {"(a)\\1", 3, 2, "refer back"},  {"a(?!b)", 1, 3, "look ahead"},
      {"a(?i)", 1, 2, "flags"},        {"(?P<n>a)", 0, 3, "names"},
      {"a\\b", 1, 2, "places between"}, {"\\pL", 0, 2, "Unicode"},
      {"\\e", 0, 2, "no such escape"}, {"\\x{110000}", 0, 10, "this number"},
      {"\\x4", 0, 3, "this number"},   {"a\\", 1, 1, "at the end"},
      {"a^b", 1, 1, "nowhere"},        {"a$b", 1, 1, "nowhere"},
      {"^a|b", 0, 4, "beside a choice"}, {"\xFF", 0, 1, "UTF-8"},
  };
  for (const Row& row : rows) {
    const auto table = Compiled(row.regex);
    REQUIRE_MESSAGE(!table.has_value(), row.regex);
    const regex::Problem& problem = table.error();
    CHECK_FALSE(problem.too_large);
    CHECK_MESSAGE(problem.offset == row.offset, row.regex);
    CHECK_MESSAGE(problem.length == row.length, row.regex);
    CHECK_MESSAGE(problem.message.find(row.message) != std::string::npos, problem.message);
  }
}

TEST_CASE("an expression at each limit compiles, and one over it is too large") {
  const auto times = [](size_t count, std::string_view what) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += what;
    return text;
  };
  const auto too_large = [](const std::string& text) {
    const auto table = Compiled(text);
    return !table.has_value() && table.error().too_large;
  };
  const size_t depth = limits::kRegexDepth;
  const auto nested = [&](size_t groups) { return times(groups, "(") + "a" + times(groups, ")"); };
  CHECK(Compiled(times(limits::kRegexBytes, "a")).has_value());
  CHECK(too_large(times(limits::kRegexBytes + 1, "a")));
  CHECK(Compiled(nested(depth)).has_value());
  CHECK(too_large(nested(depth + 1)));
  CHECK(Compiled("a{1000}").has_value());
  CHECK(too_large("a{1001}"));
  CHECK(too_large("(((a{30}){30}){30}){30}"));      // parts
  CHECK(too_large("((){1000}){1000}"));             // parts that leave no state
  CHECK(too_large(".*a.{12}"));                     // states
  CHECK(too_large("(\\w+\\s?){1,200}"));            // steps
}

TEST_CASE("all expressions of a program share what they may cost") {
  uint64_t steps = limits::kProgramRegexSteps;
  std::string message;
  for (int i = 0; i < 200 && message.find("of the program") == std::string::npos; ++i) {
    message = regex::Compile("(((a{30}){30}){30}){30}", steps).error().message;
  }
  CHECK(steps == 0);
  CHECK(message.find("of the program together") != std::string::npos);
  CHECK_FALSE(regex::Compile("a", steps).has_value());
}

struct Totals {
  uint64_t expressions = 0;
  uint64_t refused_by_re2 = 0;
  uint64_t too_large = 0;
  uint64_t texts = 0;
  uint64_t matched = 0;
  uint64_t disagreements = 0;
};

void Compare(const Table& table, const RE2& other, const std::string& text, Totals& totals) {
  const bool own = Matches(table, text);
  ++totals.texts;
  totals.matched += own ? 1 : 0;
  if (own == RE2::FullMatch(text, other)) return;
  ++totals.disagreements;
  MESSAGE(table.name, " / ", text, " / own: ", own);
}

void CompareOne(RandomRegex& random, unsigned depth, Totals& totals) {
  const test::RegexTree tree = random.Make(depth);
  const std::string text = random.Write(tree);
  const auto table = Compiled(text);
  if (!table) {
    REQUIRE_MESSAGE(table.error().too_large, text, ": ", table.error().message);
    ++totals.too_large;
    return;
  }
  ++totals.expressions;
  Program program;
  program.tables = {*table};
  REQUIRE_MESSAGE(Verify(program).has_value(), text);
  const RE2 other(text, QuietOptions());
  if (!other.ok()) {
    // Repetitions in each other beyond a thousand; RE2 has a limit of its own.
    REQUIRE_MESSAGE(other.error_code() == RE2::ErrorRepeatSize, text, ": ", other.error());
    ++totals.refused_by_re2;
    return;
  }
  for (int i = 0; i < 24; ++i) Compare(*table, other, random.Near(tree), totals);
  for (int i = 0; i < 8; ++i) Compare(*table, other, random.AnyText(), totals);
  for (int i = 0; i < 4; ++i) {
    const std::string broken = random.BrokenText();
    REQUIRE_FALSE(IsUtf8(broken));
    CHECK_MESSAGE(!Matches(*table, broken), text);
  }
}

TEST_CASE("thousands of random expressions mean what RE2 says") {
  RandomRegex random(20'261'127);
  Totals totals;
  for (unsigned i = 0; i < 6'000; ++i) CompareOne(random, i % 6, totals);
  MESSAGE(totals.expressions, " expressions (", totals.refused_by_re2, " refused by RE2, ",
          totals.too_large, " too large), ", totals.texts, " texts, ", totals.matched,
          " matched, ", totals.disagreements, " disagreements");
  CHECK(totals.disagreements == 0);
  CHECK(totals.expressions > 5'000);
  CHECK(totals.refused_by_re2 * 50 < totals.expressions);
  CHECK(totals.matched * 5 > totals.texts);       // both answers are common
  CHECK(totals.matched * 5 < totals.texts * 4);
}

}  // namespace
}  // namespace cap
