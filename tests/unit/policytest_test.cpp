// The .capt format: what its parser takes, and what it refuses and where.
#include <doctest/doctest.h>

#include "compiler/policytest/capt_file.h"
#include "compiler/policytest/coverage.h"
#include "compiler/policytest/run.h"

namespace cap::policytest {
namespace {

constexpr const char* kWhole = R"(Prose, which nobody reads but people.

--- policy
module m
action read { id: string }   //~ CAP0301 CAP0302
policy p { capability read }
//~^ CAP0401

--- grant
{"policy": "p",
 "subject": "s"}

--- now: 2026-03-02T10:00:00Z

--- test: all there is
# a comment
call read {"id": "a",
           "more": [1, 2]}
fact order("o-1") by shop, 45s old = {"owner":
  "me"}
fact other({"a": 1, "b": 2}) = true
live {"environment": "x"}
resource "a://b"
now 2026-03-02T11:00:00Z
approved by manager
approved by user of "all there is"
=> deny constraint_failed maxAmount
   observed 5.00 USD
   at 3:7

--- !trace
anything
--- policy: other.cap
--- test: by file
request requests/one.json
=> permit
)";

std::string ErrorOf(std::string text) {
  const Result<CaptFile> file = ParseCapt("f.capt", std::move(text));
  return file.has_value() ? "" : file.error().message;
}

TEST_CASE("everything of a file is read, with its lines") {
  const Result<CaptFile> file = ParseCapt("f.capt", kWhole);
  REQUIRE_MESSAGE(file.has_value(), file.error().message);
  REQUIRE(file->cases.size() == 2);
  const Case& c = file->cases[0];
  CHECK(c.source.starts_with("module m\n"));
  const std::vector<Mark> marks = MarksOf(c.source);
  REQUIRE(marks.size() == 3);
  CHECK(marks[0].code == "CAP0301");
  CHECK(marks[1].line == 2);
  CHECK(marks[2].line == 3);
  CHECK(c.grant.find("\"subject\"") != std::string::npos);
  CHECK(c.now == "2026-03-02T10:00:00Z");
  REQUIRE(c.tests.size() == 1);
  const Test& test = c.tests[0];
  CHECK(test.tool == "read");
  CHECK(test.arguments == "{\"id\": \"a\",\n\"more\": [1, 2]}");
  REQUIRE(test.facts.size() == 2);
  CHECK(test.facts[0].keys == "\"o-1\"");
  CHECK(test.facts[0].attestor == "shop");
  CHECK(test.facts[0].age_us == 45'000'000);
  CHECK(test.facts[0].value == "{\"owner\":\n\"me\"}");
  CHECK(test.facts[1].keys == "{\"a\": 1, \"b\": 2}");
  CHECK(test.facts[1].attestor.empty());
  CHECK(test.live == "{\"environment\": \"x\"}");
  CHECK(test.now == "2026-03-02T11:00:00Z");
  REQUIRE(test.approvals.size() == 2);
  CHECK(test.approvals[1].of_test == "all there is");
  CHECK(test.expected.code == "constraint_failed");
  CHECK(test.expected.clause == "maxAmount");
  CHECK(test.expected.observed == "5.00 USD");
  CHECK(test.expected.at == "3:7");
  CHECK_FALSE(test.expected.limit.has_value());
  REQUIRE(c.machine.size() == 1);
  CHECK(c.machine[0].body == "anything\n");
  CHECK(file->cases[1].policy_file == "other.cap");
  CHECK(file->cases[1].tests[0].request_file == "requests/one.json");
}

TEST_CASE("what is no test file is refused at its line") {
  const std::string head = "--- policy\nmodule m\n--- test: t\n";
  CHECK(ErrorOf("").find("no test here") != std::string::npos);
  CHECK(ErrorOf("--- test: t\n").starts_with("f.capt:1: the first section must be"));
  CHECK(ErrorOf("--- policy\n--- polizy\n").starts_with("f.capt:2: no section `polizy`"));
  CHECK(ErrorOf(head).starts_with("f.capt:3: a test has one `call`"));
  CHECK(ErrorOf(head + "call read {}\n").starts_with("f.capt:3: a test ends in `=> verdict`"));
  CHECK(ErrorOf(head + "call read {}\nrequest {}\n=> permit\n").starts_with("f.capt:3"));
  CHECK(ErrorOf(head + "call read {}\n=> allow\n").starts_with("f.capt:5: a verdict is"));
  CHECK(ErrorOf(head + "cal read {}\n=> permit\n").starts_with("f.capt:4: expected call"));
  CHECK(ErrorOf(head + "fact order = 5\n").starts_with("f.capt:4: write `fact"));
  CHECK(ErrorOf(head + "fact order(1) by shop, 5x old = 5\n").starts_with("f.capt:4"));
  CHECK(ErrorOf(head + "approved manager\n").starts_with("f.capt:4: write `approved by"));
  CHECK(ErrorOf(head + "call read {}\n=> permit\ncall x\n").starts_with("f.capt:6: after `=>`"));
  CHECK(ErrorOf(head + "call r {}\n=> deny\n  obsrved 5\n").starts_with("f.capt:6: after `=>`"));
  CHECK(ErrorOf(head + "call r {}\n=> permit\n--- test: t\n").starts_with("f.capt:6: a second"));
  CHECK(ErrorOf("--- policy\n--- !irr\n").starts_with("f.capt:2: no machine section"));
  CHECK(ErrorOf("--- policy\n--- !ir\n--- !ir\n").starts_with("f.capt:3: a second `!ir`"));
  CHECK(ErrorOf("--- policy: a.cap\nmodule m\n").starts_with("f.capt:2: a section that names"));
}

constexpr const char* kSequence = R"(--- policy
module m
--- sequence: all there is
# a comment
later 1h 30m
id a
by root
call read {"id": "a",
  "more": 1}
fact order("o-1") by shop = {"owner":
  "me"}
approved by manager
=> permit
   remains maxPerDay: 3
   retry after 2h 30m
commit a actual 30.00 USD
commit a => already
release a => conflict
wait 5m
grant child of root {"subject":
  "c"}
=> refused widening
   reason "no"
grant other
revoke
revoke child
times 3
peek
call read {}
=> deny
   retry after never
)";

TEST_CASE("every line of a sequence is read") {
  const Result<CaptFile> file = ParseCapt("f.capt", kSequence);
  REQUIRE_MESSAGE(file.has_value(), file.error().message);
  REQUIRE(file->cases[0].sequences.size() == 1);
  const Sequence& sequence = file->cases[0].sequences[0];
  CHECK(sequence.title == "all there is");
  REQUIRE(sequence.steps.size() == 10);
  const Step& call = sequence.steps[0];
  CHECK(call.line == 5);
  CHECK(call.later_us == 5'400'000'000);
  CHECK(call.name == "a");
  CHECK(call.by == "root");
  CHECK(call.call.arguments == "{\"id\": \"a\",\n\"more\": 1}");
  CHECK(call.call.facts[0].value == "{\"owner\":\n\"me\"}");
  REQUIRE(call.call.expected.remains.size() == 1);
  CHECK(call.call.expected.remains[0].limit == "maxPerDay");
  CHECK(call.call.expected.remains[0].value == "3");
  CHECK(call.call.expected.retry_after_us == 9'000'000'000);
  CHECK(sequence.steps[1].kind == Step::Kind::kCommit);
  CHECK(sequence.steps[1].actual == "30.00 USD");
  CHECK(sequence.steps[1].settled == "settled");
  CHECK(sequence.steps[2].settled == "already");
  CHECK(sequence.steps[3].kind == Step::Kind::kRelease);
  CHECK(sequence.steps[4].later_us == 300'000'000);
  const Step& grant = sequence.steps[5];
  CHECK(grant.kind == Step::Kind::kGrant);
  CHECK(grant.name == "child");
  CHECK(grant.by == "root");
  CHECK(grant.json == "{\"subject\":\n\"c\"}");
  CHECK(grant.call.expected.code == "widening");
  CHECK(grant.call.expected.reason == "\"no\"");
  CHECK(sequence.steps[6].json.empty());
  CHECK(sequence.steps[7].name.empty());
  CHECK(sequence.steps[8].name == "child");
  CHECK(sequence.steps[9].times == 3);
  CHECK(sequence.steps[9].peek);
  CHECK(sequence.steps[9].call.expected.retry_after_us == INT64_MAX);
}

TEST_CASE("what is no sequence is refused at its line") {
  const std::string head = "--- policy\nmodule m\n--- sequence: t\n";
  const std::string call = "id a\ncall read {}\n=> permit\n";
  CHECK(ErrorOf(head).starts_with("f.capt:3: a sequence has at least one step"));
  CHECK(ErrorOf(head + "call read {}\n").starts_with("f.capt:4: a test ends in `=> verdict`"));
  CHECK(ErrorOf(head + "id a\n=> permit\n").starts_with("f.capt:4: a test has one `call`"));
  CHECK(ErrorOf(head + "commit a\n").starts_with("f.capt:4: no call before this has the id `a`"));
  CHECK(ErrorOf(head + "call read {}\nwait 5m\n").starts_with("f.capt:5: the step that begins"));
  CHECK(ErrorOf(head + call + "commit a => done\n").starts_with("f.capt:7: a settlement is"));
  CHECK(ErrorOf(head + call + "commit a 5\n").starts_with("f.capt:7: write `commit"));
  CHECK(ErrorOf(head + call + "release a actual 5\n").starts_with("f.capt:7: write `release"));
  CHECK(ErrorOf(head + call + "wait long\n").starts_with("f.capt:7: write `wait"));
  CHECK(ErrorOf(head + call + "grant a b\n").starts_with("f.capt:7: write `grant"));
  CHECK(ErrorOf(head + call + "grant a\n=> permit\n").starts_with("f.capt:8: below a grant"));
  CHECK(ErrorOf(head + call + "go on\n").starts_with("f.capt:7: a step is a call"));
  CHECK(ErrorOf(head + call + "  remains 5\n").starts_with("f.capt:7: write `remains"));
  CHECK(ErrorOf(head + call + "  retry after 5x\n").starts_with("f.capt:7: write `retry"));
  CHECK(ErrorOf(head + "times 0\n" + call).starts_with("f.capt:4: write `times"));
  CHECK(ErrorOf(head + "times 2\n" + call).starts_with("f.capt:4: a call with an id"));
  CHECK(ErrorOf(head + call + "--- test: t\n").starts_with("f.capt:7: a second"));
}

TEST_CASE("a mark on the first line cannot point above it") {
  const std::vector<Mark> marks = MarksOf("//~^^ CAP0101\n");
  REQUIRE(marks.size() == 1);
  CHECK(marks[0].line == 1);
}

constexpr const char* kCovered = R"(
--- policy
module m
action read { rows: int, wide: bool = false }
policy p {
  capability read { require rows <= 5  require rows >= 0  require not wide }
  forbid read when rows == 3
  forbid read when rows >= 3 and rows < 5
}
--- test: neither too many
call read {"rows": 6}
=> deny
--- test: nor two faults of one call, which show neither clause
call read {"rows": -1, "wide": true}
=> deny
--- test: one forbid alone
call read {"rows": 4}
=> deny
--- test: two forbids at once
call read {"rows": 3}
=> deny
)";

TEST_CASE("coverage names what decides no test alone") {
  Result<CaptFile> file = ParseCapt("f.capt", kCovered);
  REQUIRE(file.has_value());
  Coverage coverage;
  RunOptions options;
  options.engines = {{"interp", [](const auto&) { return Result<NativeCode>(NativeCode{}); }}};
  options.coverage = &coverage;
  const RunResult result = RunCapt(*file, options);
  REQUIRE(result.failures.empty());
  const auto sources = coverage.Result();
  REQUIRE(sources.size() == 1);
  std::string decisive;
  for (const Coverage::Part& part : sources[0].second) {
    decisive += part.decisive ? "yes " : "no ";
  }
  // rows <= 5; rows >= 0; not wide; the forbid of 3, which the other covers; the other.
  CHECK(decisive == "yes no no no yes ");
}

}  // namespace
}  // namespace cap::policytest
