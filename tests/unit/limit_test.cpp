// Limits in a Program: what the compiler makes of them, and that the verifier believes none that is
// damaged.
#include <doctest/doctest.h>

#include <functional>

#include "check_support.h"
#include "runtime/program/bundle.h"
#include "runtime/program/print.h"
#include "runtime/program/print_limits.h"
#include "runtime/program/verify.h"
#include "runtime/value/rate.h"

using namespace cap;
using namespace cap::test;

namespace {

constexpr std::string_view kActions = R"(module t
import std.quota
context bound { most: int, pause: duration }
record Order { owner: string, total: money in "USD" }
action verify { user_id: string, level: int }
action refund { order_id: string, user_id: string, amount: money in "USD", count: int, note: string?
  fact order: Order for order_id }
)";

Outcome Compiled(std::string_view rest) {
  return Outcome(std::string(kActions) + std::string(rest));
}

/// The lines of the only capability of `refund` that speak of limits.
std::string TermsOf(const Program& program, std::string_view policy = "p") {
  std::string text;
  for (const Capability& capability : program.capabilities) {
    if (program.policies[capability.policy].name != policy || capability.terms.empty()) continue;
    for (const LimitTerm& term : capability.terms) text += PrintTerm(program, term) + "\n";
  }
  return text;
}

std::string Refunds(std::string_view body) {
  return "policy p { capability verify capability refund { " + std::string(body) + " } }";
}

struct Row {
  std::string_view what;
  std::function<void(Program&)> edit;
};

LimitTerm& TermAt(Program& p, size_t i) { return p.capabilities[1].terms[i]; }

/// Operands and kinds.
std::vector<Row> OperandDamages() {
  using Source = LimitOperand::Source;
  return {
      {"two kinds", [](Program& p) { TermAt(p, 2).amount = TermAt(p, 0).amount; }},
      {"two kinds", [](Program& p) { TermAt(p, 1).amount.source = Source::kAbsent; }},
      {"two kinds", [](Program& p) { TermAt(p, 1).amount.index = 999; }},
      {"two kinds", [](Program& p) { TermAt(p, 1).amount.type = 9999; }},
      {"two kinds",
       [](Program& p) { TermAt(p, 2).limit = {Source::kSlot, 999, TermAt(p, 2).limit.type}; }},
      {"two kinds",
       [](Program& p) {
         TermAt(p, 2).amount = {Source::kInst, 0, TermAt(p, 2).amount.type};
       }},
      {"rate is no constant", [](Program& p) { TermAt(p, 0).limit = TermAt(p, 1).limit; }},
      {"does not have", [](Program& p) { TermAt(p, 0).burst = TermAt(p, 1).span; }},
      {"does not have", [](Program& p) { TermAt(p, 0).span = TermAt(p, 1).span; }},
      {"no span", [](Program& p) { TermAt(p, 1).span = {}; }},
      {"no span", [](Program& p) { TermAt(p, 2).span = {}; }},
      {"how long it is kept", [](Program& p) { TermAt(p, 3).span = TermAt(p, 1).span; }},
      {"period is no constant", [](Program& p) { TermAt(p, 2).period = TermAt(p, 1).limit; }},
      {"zone is no constant", [](Program& p) { TermAt(p, 2).zone = TermAt(p, 3).zone; }},
      {"zone is no constant", [](Program& p) { TermAt(p, 3).zone = TermAt(p, 3).period; }},
      {"another enum", [](Program& p) { p.enums[0].members[0] = "minute"; }},
      {"no such kind", [](Program& p) { TermAt(p, 0).kind = static_cast<LimitKind>(9); }},
      {"no such kind",
       [](Program& p) { TermAt(p, 0).on_store_error = static_cast<OnStoreError>(7); }},
      {"history is missing", [](Program& p) { TermAt(p, 0).kind = LimitKind::kAfter; }},
      {"history is missing", [](Program& p) { TermAt(p, 1).history = 0; }},
      {"no such history", [](Program& p) { TermAt(p, 5).history = 7; }},
      {"not its arguments", [](Program& p) { TermAt(p, 5).keys.clear(); }},
      {"argument is not given", [](Program& p) { TermAt(p, 5).keys[0] = {}; }},
      {"no such type", [](Program& p) { TermAt(p, 2).keys[0] = TermAt(p, 2).amount; }},
  };
}

/// Clauses, names, histories, parameters, shared limits, breakers.
std::vector<Row> RuleDamages() {
  return {
      {"too many keys", [](Program& p) { TermAt(p, 2).keys.resize(5); }},
      {"no such clause", [](Program& p) { TermAt(p, 0).clause = 60; }},
      {"no such clause", [](Program& p) { TermAt(p, 0).clause = 2; }},
      {"clause of its operands", [](Program& p) { TermAt(p, 2).operands_clause = 0; }},
      {"belongs to another clause", [](Program& p) { TermAt(p, 0).clause = 1; }},
      {"no name", [](Program& p) { TermAt(p, 0).name = ""; }},
      {"no name", [](Program& p) { TermAt(p, 0).owner = "a\nb"; }},
      {"not plain", [](Program& p) { TermAt(p, 0).reset = "\xff"; }},
      {"one name", [](Program& p) { TermAt(p, 1).name = "rateLimit"; }},
      {"no such limit", [](Program& p) { p.capabilities[1].terms.pop_back(); }},
      {"limits are not those",
       [](Program& p) { p.capabilities[1].terms.push_back(TermAt(p, 0)); }},
      {"missing or unwanted", [](Program& p) { p.capabilities[1].clauses[0].limit_term = kNone; }},
      {"no such argument", [](Program& p) { p.histories[0].slots[0] = 1; }},
      {"no such argument", [](Program& p) { p.histories[0].arguments[0] = "level2"; }},
      {"no such action", [](Program& p) { p.histories[0].action = 99; }},
      {"stands there twice", [](Program& p) { p.histories.push_back(p.histories[0]); }},
      {"is empty, doubled", [](Program& p) { p.capabilities[1].parameters[0].name = ""; }},
      {"is no constant", [](Program& p) { p.capabilities[1].parameters[0].const_index = 999; }},
      {"there is no such order",
       [](Program& p) {
         p.capabilities[1].parameters[0].order = static_cast<ParameterOrder>(9);
       }},
      {"belongs to no policy", [](Program& p) { p.policies[0].limits.clear(); }},
      {"missing, doubled", [](Program& p) { p.policies[0].limits.push_back(5); }},
      {"another policy's", [](Program& p) { p.limits[0].policy = 9; }},
      {"only requires and counts",
       [](Program& p) {
         p.clauses[p.shapes[p.limits[0].shape].first_clause].kind = ClauseKind::kOblige;
       }},
      {"not positive", [](Program& p) { p.policies[0].breaker = {3, 5, 0, {}}; }},
      {"not positive", [](Program& p) { p.policies[0].breaker = {0, 5, 5, {}}; }},
  };
}

std::vector<Row> Damages() {
  std::vector<Row> rows = OperandDamages();
  for (Row& row : RuleDamages()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

TEST_CASE("rates are read and compared exactly") {
  CHECK(ParseRate("200/hour").value() == Rate{200, 3'600'000'000});
  CHECK(ParseRate("x/hour").error().code == "rate-malformed");
  CHECK(ParseRate("5/week").error().code == "rate-malformed");
  CHECK(ParseRate("5").error().code == "rate-malformed");
  CHECK(ParseRate("99999999999999999999/day").error().code == "rate-overflow");
  CHECK(FormatRate({200, 3'600'000'000}) == "200/hour");
  CHECK(FormatRate({1, 30'000'000}) == "1 in 30s");
  CHECK(SameRate({60, 60'000'000}, {3600, 3'600'000'000}));
  CHECK(SlowerRate({59, 60'000'000}, {3600, 3'600'000'000}));
  CHECK_FALSE(SlowerRate({60, 60'000'000}, {3600, 3'600'000'000}));
  CHECK(IsUsableRate({1000, 1'000'000}));
  CHECK_FALSE(IsUsableRate({1001, 1'000'000}));
  CHECK_FALSE(IsUsableRate({0, 1'000'000}));
  CHECK_FALSE(IsUsableRate({INT64_MAX, INT64_MAX}));
}

TEST_CASE("each statement is one counter, named by where it stands") {
  const Outcome done = Compiled(Refunds(
      "rateLimit(5/hour, burst: 3) spacing(30s) maxPerHour(20)\n"
      "maxPerDay(10, zone: \"Europe/Berlin\")\n"
      "budget(order.total, every: \"total\", per: order_id, retain: 400d)\n"
      "consume count of quota(most, every: \"week\", reset: \"2026\", on_store_error: \"permit\")\n"
      "  per [user_id, subject]\n"
      "hold 1 of gauge(3, expires: pause) maxPerHour(4)\n"
      "require after verify(user_id: user_id) within 1h require not after refund() within 1h"));
  REQUIRE(done.errors() == "");
  CHECK(TermsOf(done.program()) ==
        "limit rate of (p, refund, rateLimit) clause 0 amount const 1 limit const 0 burst const 2\n"
        "limit rate of (p, refund, spacing) clause 1 amount const 4 limit const 5\n"
        "limit recent of (p, refund, maxPerHour) clause 2 amount const 8 limit const 7 span const "
        "9\n"
        "limit quota of (p, refund, maxPerDay) clause 3 amount const 12 limit const 11 period "
        "const 13 zone const 14\n"
        "limit quota of (p, refund, budget) clause 5 operands 4 amount slot 2 limit slot 7 period "
        "const 16 span const 17 per slot 0\n"
        "limit quota of (p, refund, consume) clause 7 operands 6 amount slot 3 limit const 19 "
        "period const 20 per slot 1 per subject reset \"2026\" on store error permit\n"
        "limit gauge of (p, refund, hold) clause 9 operands 8 amount const 24 limit const 25 span "
        "const 23\n"
        "limit recent of (p, refund, maxPerHour#2) clause 10 amount const 28 limit const 27 span "
        "const 29\n"
        "limit after of (p, refund, after) clause 11 span const 31 of history verify(user_id) per "
        "slot 1\n"
        "limit not after of (p, refund, after#2) clause 12 span const 33 of history refund()\n");
}

TEST_CASE("what is computed is an instruction of the operands' clause") {
  const Outcome done = Compiled(Refunds("consume count + 1 of quota(count * 2, every: \"day\")"));
  REQUIRE(done.errors() == "");
  const LimitTerm& term = done.program().capabilities[1].terms[0];
  CHECK(term.amount.source == LimitOperand::Source::kInst);
  CHECK(term.limit.source == LimitOperand::Source::kInst);
  CHECK(term.operands_clause == 0);
}

TEST_CASE("a child counts with its parent's counters, and with its own beside them") {
  const Outcome done = Compiled(
      "policy p { capability refund { maxPerDay(10) } limit whole on refund { maxPerMonth(50) }\n"
      "  circuit_breaker { maxViolations(3) window(5m) suspendDuration(30m) } }\n"
      "policy q extends p { capability refund { maxPerDay(5) } }\n"
      "policy r { include p }\n");
  REQUIRE(done.errors() == "");
  const Program& program = done.program();
  const auto names = [&](std::string_view policy) {
    std::string text;
    for (const Capability& capability : program.capabilities) {
      if (program.policies[capability.policy].name != policy) continue;
      for (const LimitTerm& term : capability.terms) text += term.policy + "." + term.name + " ";
    }
    for (const SharedLimit& limit : program.limits) {
      if (program.policies[limit.policy].name != policy) continue;
      for (const LimitTerm& term : limit.terms) {
        text += term.policy + "." + term.owner + "." + term.name + " ";
      }
    }
    return text;
  };
  CHECK(names("p") == "p.maxPerDay p.whole.maxPerMonth ");
  CHECK(names("q") == "p.maxPerDay q.maxPerDay p.whole.maxPerMonth ");
  CHECK(names("r") == "p.maxPerDay p.whole.maxPerMonth ");
  for (const Policy& policy : program.policies) CHECK(policy.breaker.max_violations == 3);
}

TEST_CASE("a limit of the top level binds every policy that permits its action") {
  const Outcome done = Compiled(
      "limit orders on refund, verify { maxPerDay(3, per: user_id) }\n"
      "policy p { capability refund } policy q { capability verify } policy r { }");
  REQUIRE(done.errors() == "");
  std::string text;
  for (const SharedLimit& limit : done.program().limits) {
    text += done.program().policies[limit.policy].name + ":" +
            done.program().actions[limit.action].name + ":" + limit.terms[0].policy + " ";
  }
  CHECK(text == "p:refund: q:verify: ");
}

TEST_CASE("the parameters that a delegation may narrow") {
  const Outcome done = Compiled(Refunds(
      "rateLimit(5/hour) rateLimit(3/hour, burst: 2) spacing(30s)\n"
      "budget(5.00 USD, every: \"day\")"));
  REQUIRE(done.errors() == "");
  std::string text;
  for (const CapabilityParameter& each : done.program().capabilities[1].parameters) {
    text += PrintParameter(each) + "\n";
  }
  CHECK(text ==
        "parameter rateLimit.quota = const 0 narrows <=\n"
        "parameter rateLimit.burst = const 2 narrows <=\n"
        "parameter rateLimit#2.quota = const 4 narrows <=\n"
        "parameter rateLimit#2.burst = const 6 narrows <=\n"
        "parameter spacing.interval = const 9 narrows >=\n"
        "parameter budget.limit = const 11 narrows <=\n"
        "parameter budget.every = const 12\n");
}

TEST_CASE("consent says the worst case, and not the average") {
  const Outcome done = Compiled(Refunds(
      "rateLimit(200/hour, burst: 200) maxPerDay(10, zone: \"Europe/Berlin\", per: order_id)\n"
      "consume 1 of 5/minute\nrequire after verify(user_id: user_id) within 1h\n"
      "require not after verify(user_id: order_id) within 2h\n"
      "require not after verify() within 3h\nrequire not after verify(user_id: \"x\") within 4h"));
  REQUIRE(done.errors() == "");
  std::string text;
  const Capability& capability = done.program().capabilities[1];
  for (const ClauseInfo& info : capability.clauses) {
    for (const TextPiece& piece : info.consent) {
      text += piece.kind == TextPiece::Kind::kLiteral
                  ? piece.literal
                  : PrintValue(done.program(),
                               done.program().values[capability.consts[piece.index].index]);
    }
    if (!info.consent.empty()) text += "\n";
  }
  CHECK(text ==
        "200/hour, and up to 200 more at once\n"
        "at most 10 each day of Europe/Berlin, and up to twice that where two days meet, for each "
        "order_id\n"
        "5/minute, one at a time\n"
        "only within 1h after `verify` with the same `user_id`\n"
        "not within 2h after `verify` with `user_id` equal to `order_id`\n"
        "not within 3h after any `verify`\n"
        "not within 4h after `verify` with `user_id` equal to \"x\"\n");
}

TEST_CASE("a bundle gives limits back, and the verifier believes none that is damaged") {
  const Outcome done = Compiled(
      Refunds("rateLimit(5/hour, burst: 3) maxPerHour(20)\n"
             "budget(order.total, every: \"total\", per: order_id, retain: 400d)\n"
             "maxPerDay(10, zone: \"Europe/Berlin\") hold 1 of gauge(3, expires: pause)\n"
             "require after verify(user_id: user_id) within 1h") +
      "limit orders on refund { maxPerDay(3, per: user_id) }");
  REQUIRE(done.errors() == "");
  const Program& good = done.program();
  const auto read = ReadBundle(WriteBundle(good));
  REQUIRE(read.has_value());
  CHECK(**read == good);
  for (const Row& row : Damages()) {
    Program damaged = good;
    row.edit(damaged);
    const Result<void> verified = Verify(damaged);
    const std::string error = verified ? "accepted" : verified.error().message;
    CHECK_MESSAGE(error.find(row.what) != std::string::npos, row.what, " / ", error);
  }
}
