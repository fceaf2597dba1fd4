// The checker, end to end: what compiles becomes the expected code, and each mistake is reported
// once, where it stands.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "check_support.h"
#include "runtime/program/layout.h"
#include "runtime/program/verify.h"

using cap::diag::Code;
using namespace cap::test;

namespace {

const cap::Capability& CapabilityOf(const cap::Program& program, std::string_view name) {
  const auto at = std::ranges::find(program.capabilities, name, &cap::Capability::name);
  REQUIRE(at != program.capabilities.end());
  return *at;
}

std::string CodeOf(const cap::Program& program, uint32_t shape) {
  const cap::Shape& code = program.shapes[shape];
  std::string text;
  for (uint32_t i = 0; i < code.inst_count; ++i) {
    const cap::Inst& inst = program.insts[code.first_inst + i];
    text += (i == 0 ? "" : " ") + std::string(cap::InfoOf(inst.op).text);
  }
  return text;
}

constexpr std::string_view kRefund = R"(module t
import std.money
import std.approval
approver manager, user
context bound { customer: string }
context live { environment: string }
enum Status { "open", "delivered" }
record Order { owner: string, status: Status, total: money in "USD", note: string? }
action refund { order_id: string, amount: money in "USD"
  fact order: Order for order_id within 30s
  resource "order://customer:{order.owner}/{order_id}" }
)";

std::string Refund(std::string_view body) {
  return std::string(kRefund) +
         "policy p { capability refund on \"order://customer:{{customer}}/*\" {\n" +
         std::string(body) + "\n} }";
}

}  // namespace

TEST_CASE("a policy becomes tools, patterns and clauses") {
  const Outcome done(
      Refund("maxAmount(500.00 USD)\n"
             "require amount <= order.total\n"
             "requireApproval(by: manager) when amount > 100.00 USD"));
  REQUIRE(done.errors() == "");
  const cap::Program& program = done.program();
  const cap::Tool& tool = program.tools[0];
  std::vector<std::string> paths;
  for (const cap::SlotDesc& slot : tool.slots) paths.push_back(slot.path);
  CHECK(paths == std::vector<std::string>{"order_id", "amount", "order", "order.owner",
                                          "order.status", "order.total", "order.note",
                                          "environment"});
  CHECK(tool.facts[0].key_slots == std::vector<uint32_t>{0});
  CHECK(tool.facts[0].max_age_us == 30'000'000);
  const cap::Capability& refund = CapabilityOf(program, "refund");
  REQUIRE(refund.patterns.size() == 1);
  REQUIRE(refund.patterns[0].holes.size() == 1);
  CHECK(refund.patterns[0].holes[0].hole == 0);
  CHECK(refund.patterns[0].holes[0].value == cap::ConstSource{true, 0});
  CHECK(program.actions[0].skeletons == std::vector<uint8_t>{1});
  CHECK(program.policies[0].bound == std::vector<uint32_t>{0});
  CHECK(CodeOf(program, refund.shape) ==
        "const load money.lt not load load money.lt not "
        "const load money.lt acts not const approved or");
  REQUIRE(refund.clauses.size() == 3);
  CHECK(refund.clauses[0].name == "maxAmount");
  CHECK(refund.clauses[0].text.size() == 4);
  CHECK(refund.clauses[2].step_up == "approval");
  CHECK(refund.clauses[2].approvers == 1);
  const cap::Shape& shape = program.shapes[refund.shape];
  const cap::Clause* clauses = &program.clauses[shape.first_clause];
  CHECK(clauses[0].observed == 1);
  CHECK(clauses[0].limit == 0);
  CHECK(clauses[2].kind == cap::ClauseKind::kStepUp);
  CHECK(shape.required[0] == (1u << 1 | 1u << 5));
  CHECK(program.spans[refund.first_inst_span].line > 0);
}

TEST_CASE("capabilities that differ only in their constants share one shape") {
  const Outcome done(R"(module t
import std.money
context bound { word: string }
action pay { amount: money in "USD", note: string }
policy a { capability pay { maxAmount(5.00 USD) require note == "x" } }
policy b { capability pay { maxAmount(7.00 USD) require note == "yes" } }
policy c { capability pay { maxAmount(9.00 USD) require note == word } }
policy d { capability pay { maxAmount(5.00 USD) require note != "x" } }
)");
  REQUIRE(done.errors() == "");
  const cap::Program& program = done.program();
  CHECK(program.shapes.size() == 2);
  CHECK(program.capabilities[0].shape == program.capabilities[1].shape);
  CHECK(program.capabilities[0].shape == program.capabilities[2].shape);
  CHECK(program.capabilities[2].consts[1].bound);
  CHECK(program.capabilities[0].shape != program.capabilities[3].shape);
}

TEST_CASE("equal values of a clause are computed once; a clause ends with its result") {
  const Outcome done(R"(module t
action a { n: int, xs: list<int> }
policy p { capability a {
  let big = n > 5
  require big or n * n > 100 or big
  require big and any(x in xs: x > n)
} }
)");
  REQUIRE(done.errors() == "");
  const cap::Program& program = done.program();
  CHECK(CodeOf(program, 0) ==
        "const load word.lt const int.mul word.lt or or "
        "const load word.lt load any element word.lt and");
}

TEST_CASE("sets of literals are sorted, unique, and masks where they are of an enum") {
  const Outcome done(R"(module t
enum E { "z", "a", "m" }
action a { s: string, e: E, es: set<E>, ms: list<email> }
policy p { capability a {
  require s in ["b", "a", "b"]
  require e in ["m", "z"]
  require es subset ["a"]
  require all(m in ms: m.domain == "x.com")
} }
)");
  REQUIRE(done.errors() == "");
  const cap::Program& program = done.program();
  CHECK(CodeOf(program, 0) ==
        "load const str.in load const mask.in load const mask.subset "
        "load all element email.domain const str.eq");
  const auto& list =
      std::get<cap::Value::List>(program.values[program.capabilities[0].consts[0].index].v);
  REQUIRE(list.size() == 2);
  CHECK(std::get<std::string>(list[0].v) == "a");
}

TEST_CASE("optionals are understood through and, or, not, lets and guards") {
  const Outcome done(R"(module t
constraint atMost(most: int) of n: int { require n <= most }
record R { note: string? }
action a { n: int?, m: int?, r: R, rs: list<R> }
policy p { capability a {
  require n is absent or n > 5
  require not (n is present and m is present) or n < m
  require m is present and m > 1 or n is absent
  require r.note is absent or size(r.note) < 5
  require all(x in rs: x.note is absent or x.note == "a")
  let has = n is present
  require not has or n < 100
  atMost(7) when n is present and n > 1
} }
)");
  CHECK(done.errors() == "");
}

TEST_CASE("a forbid of every action becomes one for each, with the approvers that lift it") {
  const Outcome done(R"(module t
approver manager, user
context live { environment: string }
action a { id: string }
action b { id: string, n: int }
policy p {
  capability a
  capability b
  forbid * unless approved by user when environment == "production"
  forbid a
}
)");
  REQUIRE(done.errors() == "");
  const cap::Program& program = done.program();
  REQUIRE(program.forbids.size() == 3);
  CHECK(program.forbids[0].unless_approvers == 2);
  CHECK(program.forbids[0].shape != program.forbids[1].shape);
  CHECK(program.forbids[2].shape == cap::kNone);
  CHECK(program.forbids[2].patterns.empty());
}

TEST_CASE("a forbid of every action with a pattern is about the actions with such resources") {
  constexpr std::string_view kActions = R"(module t
action read { id: string
  resource "doc://{id}" }
action mail { to: email
  resource "email://{to}" }
action ping { id: string }
)";
  const Outcome done(std::string(kActions) + "policy p { forbid * on \"doc://secret\" }");
  REQUIRE(done.errors() == "");
  REQUIRE(done.program().forbids.size() == 1);
  CHECK(done.program().forbids[0].action == 0);
  CHECK(Outcome(std::string(kActions) + "policy p { forbid * on \"file://**\" }").errors() ==
        "CAP0605");
}

TEST_CASE("patterns leave only the holes they hold to a value") {
  const Outcome done(R"(module t
enum Kind { "doc", "mail" }
context bound { owners: set<string>, kind: Kind, number: int }
action a { k: Kind, n: int, who: string, to: list<email>
  resource each r in to "x://kind:{k}/{n}/fix/{r.domain}/{who}" }
policy p {
  capability one: a on "x://kind:doc/7/fix/x.com/*"
  capability two: a on "x://kind:{{kind}}/{{number}}/**"
  capability three: a on "x://*/*/*/*/{{owners}}", "x://**"
}
)");
  REQUIRE(done.errors() == "");
  const cap::Program& program = done.program();
  const auto& one = CapabilityOf(program, "one").patterns[0];
  REQUIRE(one.holes.size() == 3);
  CHECK(std::holds_alternative<cap::EnumMember>(program.values[one.holes[0].value.index].v));
  CHECK(std::get<int64_t>(program.values[one.holes[1].value.index].v) == 7);
  CHECK(program.actions[0].skeletons == std::vector<uint8_t>{7, 3, 8, 0});
  CHECK(program.policies[0].bound == std::vector<uint32_t>{0, 1, 2});
  CHECK(program.actions[0].resource.holes[2].email_domain);
}

TEST_CASE("a pattern may only insert what a call can have there") {
  const Outcome done(R"(module t
action mail { to: email, folder: string
  resource "mail://{to.domain}/{folder}" }
policy p { capability mail on "mail://x.com/inbox"
           forbid mail on "mail://*/secret" }
)");
  REQUIRE(done.errors() == "");
  const auto verifies = [&](std::string_view from, std::string_view to) {
    cap::Program program = done.program();
    for (cap::Value& value : program.values) {
      if (value.v == decltype(value.v)(std::string(from))) value.v = std::string(to);
    }
    return cap::Verify(program).has_value();
  };
  CHECK(verifies("secret", "hidden"));
  CHECK(verifies("x.com", "y.org"));
  for (const char* text : {"", "*", "a/b", "..", "%2f", "a\nb"}) {
    CAPTURE(text);
    CHECK(!verifies("secret", text));
    CHECK(!verifies("x.com", text));
  }
  CHECK(!verifies("x.com", "no domain"));
}

TEST_CASE("a let is a list of what its sources hold, not another thing that is read like one") {
  const Outcome done(R"(module t
action mail { to: list<email>, cc: list<email>, rest: json max 100
  let everyone = to ++ cc }
policy p { capability mail { require all(r in everyone: r.domain == "x.com") } }
)");
  REQUIRE(done.errors() == "");
  REQUIRE(cap::Verify(done.program()).has_value());
  for (const cap::TypeKind kind : {cap::TypeKind::kJson, cap::TypeKind::kEmail}) {
    cap::Program program = done.program();
    const auto type = std::ranges::find(program.types, kind, &cap::Type::kind);
    REQUIRE(type != program.types.end());
    const auto index = static_cast<cap::TypeIndex>(type - program.types.begin());
    cap::Tool& tool = program.tools[0];
    tool.slots[tool.lets[0].slot].type = index;
    CHECK(!cap::Verify(program).has_value());
  }
}

TEST_CASE("every mistake of the pages is reported once, at its place") {
  size_t cases = 0;
  for (const char* name : {"check_mistakes.cap", "rule_mistakes.cap", "policy_mistakes.cap"}) {
    std::ifstream file(std::string(CAPC_SOURCE_DIR "/tests/unit/") + name);
    std::stringstream all;
    all << file.rdbuf();
    for (const Mistake& mistake : ReadMistakes(all.str())) {
      INFO(mistake.code, " in\n", mistake.source);
      ++cases;
      CheckMistakes(mistake);
    }
  }
  CHECK(cases >= 110);
}

TEST_CASE("eight mistakes in one file are eight diagnostics, and nothing follows from them") {
  const Mistake mistake = Marked(R"(module t
import «std.mony»
approver manager
enum Status { "open", "delivered" }
record Order { owner: string, status: Status, total: money in "USD" }
action refund { order_id: string, amount: money in "USD", note: string?, kind: «strng»
  fact order: Order for order_id
  resource "order://customer:{order.«ownr»}/{order_id}" }
policy p {
  capability refund on "order://customer:*/*" {
    require «amonut» <= order.total
    require order.status == «"deliverd"»
    require «amount <= 500»
    require size(«note») <= 80 and kind == "x"
    require amount > 0.00 USD
  }
  forbid refund unless approved by «manger»
}
)");
  CheckMistakes(mistake);
  CHECK(mistake.places.size() == 8);
}

std::string Functions(int count, std::string_view expression) {
  std::string source = "module t\ndef f0(n: int): int = n\n";
  for (int i = 1; i < count; ++i) {
    std::string body(expression);
    for (size_t at = body.find('@'); at != std::string::npos; at = body.find('@')) {
      body.replace(at, 1, "f" + std::to_string(i - 1));
    }
    source += "def f" + std::to_string(i) + "(n: int): int = " + body + "\n";
  }
  return source + "action a { n: int }\npolicy p { capability a { require f" +
         std::to_string(count - 1) + "(n) < 5 } }\n";
}

TEST_CASE("functions are put in within bounds") {
  CHECK(Outcome(Functions(60, "@(n) + 1")).errors().empty());
  CHECK(Outcome(Functions(8, "@(n) + @(n + 1)")).errors().empty());
  // Each is twice as large as the one before it.
  CHECK(Outcome(Functions(40, "@(n) + @(n + 1)")).errors().starts_with("CAP0713"));
  CHECK(Outcome(Functions(600, "@(n) + 1")).errors().starts_with("CAP0713"));
  std::string chain = "module t\naction a { n: int }\n";
  for (int i = 0; i < 70; ++i) {
    const std::string next = i == 69 ? "n" : "g" + std::to_string(i + 1) + "(n)";
    chain += "def g" + std::to_string(i) + "(n: int): int = " + next + "\n";
  }
  CHECK(Outcome(chain + "policy p { capability a { require g0(n) < 5 } }\n").errors() == "CAP0713");
}

TEST_CASE("a program over a limit of its tables is refused") {
  std::string source = "module t\n";
  for (int i = 0; i < 65'537; ++i) source += "policy p" + std::to_string(i) + " {}\n";
  const Outcome done(source);
  CHECK(done.errors() == "CAP0712");
}

// A record keeps its action in 16 bits: one action more would be taken for the first.
TEST_CASE("more actions than a record can name are refused") {
  std::string source = "module t\n";
  for (int i = 0; i < 65'536; ++i) source += "action a" + std::to_string(i) + " {}\n";
  const Outcome done(source);
  CHECK(done.errors() == "CAP0712");
}

TEST_CASE("a result that the verifier refuses is an internal error, never a crash") {
  const cap::diag::Diagnostic d = cap::InternalError({"program-invalid", "shapes[0]: …"});
  CHECK(d.code == Code::kInternal);
  CHECK(d.message.find("shapes[0]") != std::string::npos);
}
