// Attacks by regular expressions: those that make other engines hang, and tables that no compiler
// made.
#include <chrono>

#include "compiler/regex/regex.h"
#include "runtime/base/limits.h"
#include "runtime/program/abi.h"
#include "runtime/program/bundle.h"
#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

bool Walk(const Table& table, std::string_view text) {
  const Slot string = StringSlot(text);
  const Slot slot = SlotOf(table);
  return StandardCallOuts().str_matches(&string, &slot) != 0;
}

TEST_CASE("expressions that backtrack for ever elsewhere take one step a byte") {
  const std::string as(1u << 20, 'a');
  for (std::string_view regex :
       {"(a*)*b", "(a|aa)+$", "(a+)+b", "(a|a)*b", "(a|b|ab)*c", "(.*)(.*)(.*)(.*)(.*)b",
        "(\\w+\\s?)+!", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
    uint64_t steps = limits::kProgramRegexSteps;
    const auto table = regex::Compile(regex, steps);
    REQUIRE_MESSAGE(table.has_value(), regex);
    CHECK_MESSAGE(table->words[dfa::kStates] < 20, regex);
    const auto start = Clock::now();
    const bool matched = Walk(*table, as);
    CHECK_MESSAGE(matched == (regex == "(a|aa)+$"), regex);
    CHECK_MESSAGE(MillisecondsSince(start) < 1'000, regex);
  }
}

TEST_CASE("expressions that grow without bound are refused, soon") {
  for (std::string_view regex :
       {"(((a{30}){30}){30}){30}", "((((((a{1000}){1000}){1000}){1000}){1000}){1000}){1000}",
        "((((((){1000}){1000}){1000}){1000}){1000}){1000}", ".*a.{20}", "(.*){20}[^a].{18}",
        "(\\w?){1000}(\\d?){1000}(\\w?){1000}", "[ab]*a[ab]{15}"}) {
    uint64_t steps = limits::kProgramRegexSteps;
    const auto start = Clock::now();
    const auto table = regex::Compile(regex, steps);
    REQUIRE_MESSAGE(!table.has_value(), regex);
    CHECK_MESSAGE(table.error().too_large, table.error().message);
    CHECK_MESSAGE(MillisecondsSince(start) < 5'000, regex);
  }
  // Nested counts that still fit are a long chain, no explosion.
  uint64_t steps = limits::kProgramRegexSteps;
  const auto chain = regex::Compile("((a{20}){20}){20}", steps);
  REQUIRE(chain.has_value());
  CHECK(Walk(*chain, std::string(8'000, 'a')));
  CHECK_FALSE(Walk(*chain, std::string(7'999, 'a')));
}

TEST_CASE("a policy of expressions that each cost much ends with a diagnostic") {
  std::string source = "module m\naction read { s: string }\npolicy p { capability read {\n";
  for (int i = 0; i < 300; ++i) {
    source += "require s matches \"x" + std::to_string(i) + "(\\\\w+\\\\s?){1,200}\"\n";
  }
  const auto start = Clock::now();
  const Compilation compilation = Compile({"test.cap", source + "} }\n"});
  CHECK(compilation.program == nullptr);
  CHECK(MillisecondsSince(start) < 60'000);
  CHECK(compilation.diagnostics.size() >= 100);
}

TEST_CASE("a table that no compiler made is refused with its bundle") {
  const Compilation compilation = Compile({"test.cap", R"(module m
action read { s: string }
policy p { capability read { require s matches "(?:a|b)*c" } }
)"});
  REQUIRE(compilation.program != nullptr);
  REQUIRE(compilation.program->tables.size() == 1);
  CHECK(ReadBundle(WriteBundle(*compilation.program)).has_value());
  const std::vector<uint32_t>& good = compilation.program->tables[0].words;
  // Every word, made to lead out of the table or to claim another size.
  for (size_t i = 0; i < good.size(); ++i) {
    for (const uint32_t bad : {good[i] + 1, good[i] + 0x8000'0000u, 0xFFFF'FFFFu}) {
      Program forged = *compilation.program;
      forged.tables[0].words[i] = bad;
      const auto read = ReadBundle(WriteBundle(forged));
      if (read.has_value()) {
        // Another automaton, but one that stays inside of itself.
        CHECK(i >= dfa::kClassOf);
        Walk((*read)->tables[0], std::string(1'000, 'c') + "abc\xFF\x80");
      } else {
        CHECK(read.error().code == "bundle-verify");
      }
    }
  }
  Program other = *compilation.program;
  other.tables[0].kind = TableKind::kZone;
  CHECK(ReadBundle(WriteBundle(other)).error().code == "bundle-verify");
  other.tables.clear();
  CHECK(ReadBundle(WriteBundle(other)).error().code == "bundle-verify");
}

}  // namespace
}  // namespace cap::test
