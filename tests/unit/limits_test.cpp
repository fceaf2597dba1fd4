// Phase 6: what a permitted call is charged to, and what the answer says.
#include <optional>

#include "runtime/engine/period.h"
#include "runtime/value/calendar.h"
#include "runtime/value/zone.h"
#include "tests/unit/limit_world.h"

#pragma GCC diagnostic push
// What is written by hand names only the fields that matter here.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace cap::test {
namespace {

constexpr const char* kPay = R"(
module m
action pay { to: string, amount: money in "USD", n: int = 1 }
action look { to: string }
policy p {
  capability pay
  capability look
}
)";
constexpr const char* kCall = R"({"tool":"pay","arguments":{"to":"a","amount":8000.00}})";
constexpr const char* kLook = R"({"tool":"look","arguments":{"to":"a"}})";

std::string Pay(const char* amount, const char* to = "a") {
  return std::string(R"({"tool":"pay","arguments":{"to":")") + to + R"(","amount":)" + amount +
         "}}";
}

/// A store that is away.
class AwayStore : public state::Store {
 public:
  state::ReserveResult Reserve(const state::ReserveRequest&,
                               std::span<state::ChargeState>) override {
    ++asked;
    return {.status = status};
  }
  state::SettleStatus Commit(state::OperationId, std::optional<state::Actual>, int64_t) override {
    return state::SettleStatus::kUnavailable;
  }
  state::SettleStatus Release(state::OperationId, int64_t) override {
    ++released;
    return state::SettleStatus::kSettled;
  }
  state::SettleStatus CountViolation(state::CounterId, int64_t, int64_t, int64_t,
                                     int64_t) override {
    ++violations;
    return state::SettleStatus::kUnavailable;
  }
  uint64_t Sweep(int64_t) override { return 0; }
  Result<std::vector<state::CounterView>> Counters() override {
    return std::vector<state::CounterView>();
  }
  Result<bool> Reset(state::CounterId) override { return false; }
  const std::array<uint8_t, 16>& hash_key() const override { return key_; }
  bool keeps_names() const override { return false; }

  state::ReserveStatus status = state::ReserveStatus::kUnavailable;
  int asked = 0, released = 0, violations = 0;

 private:
  std::array<uint8_t, 16> key_ = {};
};

Limiter Counted(int64_t limit, Period period = Period::kDay) {
  Limiter limiter(kPay);
  limiter.Add(0, limiter.Count(0, period, limit));
  return limiter;
}

TEST_CASE("a quota permits what it has and says when there is more") {
  World world(Counted(2).Finish());
  const GrantId grant = world.Mint();
  const Decision first = world.Decide(grant, kCall);
  CHECK(first.code == DecisionCode::kPermit);
  CHECK(first.reserved());
  CHECK(world.Code(grant, kCall) == DecisionCode::kPermit);
  const Frame frame = world.Call(kCall);
  const Decision spent = world.reader().Authorize(grant, frame);
  CHECK(spent.code == DecisionCode::kLimitExceeded);
  CHECK_FALSE(spent.reserved());
  CHECK(world.Capability(spent) == "pay");
  CHECK(spent.retry_after_us == 14 * kHourUs);  // at midnight
  const DecisionReport report = world.reader().Report(spent, grant, frame);
  CHECK(report.clause == "maxPerDay");
  CHECK(report.limit == "2");
  REQUIRE(report.limits.size() == 1);
  CHECK(report.limits[0].name == "maxPerDay");
  CHECK(report.limits[0].remains == "0");
  const std::string text = ToText(world.reader().AgentReport(spent, grant, frame));
  INFO(text);
  CHECK(text.find("deny [limit_exceeded]") == 0);
  CHECK(text.find("0 left of 2, again in 14h") != std::string::npos);
  CHECK(ToJson(report).find("\"retry_after_us\":50400000000") != std::string::npos);
  // What no limit stands in is not counted, and tomorrow is another day.
  CHECK_FALSE(world.Decide(grant, kLook).reserved());
  const GrantId later = *world.engine().Mint(world.Spec(), kNowUs + 14 * kHourUs);
  CHECK(world.Code(later, kCall, kNowUs + 14 * kHourUs) == DecisionCode::kPermit);
}

TEST_CASE("what was not carried out is given back, and what was taken is settled") {
  Limiter limiter(kPay);
  const TypeIndex money = limiter.Slot(0, "amount").type;
  limiter.Add(0, limiter.Quota(0, Period::kDay, limiter.Slot(0, "amount"),
                               limiter.Const(0, money, {Money{10'000'00, 840}})));
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  const Decision released = world.Decide(grant, Pay("9000.00"));
  REQUIRE(released.permitted());
  CHECK(world.Code(grant, Pay("2000.00")) == DecisionCode::kLimitExceeded);
  CHECK(world.reader().Release(released, kNowUs) == state::SettleStatus::kSettled);
  CHECK(world.reader().Release(released, kNowUs) == state::SettleStatus::kAlready);
  const Decision taken = world.Decide(grant, Pay("2000.00"));
  REQUIRE(taken.permitted());
  CHECK(world.reader().Commit(taken, kNowUs, state::Actual{.unit = 840, .amount = 500'00}) ==
        state::SettleStatus::kSettled);
  CHECK(world.engine().Release(OperationOf(taken), kNowUs) == state::SettleStatus::kConflict);
  const Frame rest = world.Call(Pay("9500.00"));
  const Decision last = world.reader().Authorize(grant, rest);
  CHECK(last.code == DecisionCode::kPermit);
  CHECK(world.reader().Report(last, grant, rest).limits[0].remains == "0.00 USD");
  CHECK(world.reader().Commit(world.Decide(grant, kLook), kNowUs) ==
        state::SettleStatus::kSettled);
  CHECK(world.reader().Commit(world.Decide(grant, Pay("0.01")), kNowUs) ==
        state::SettleStatus::kBadRequest);
}

TEST_CASE("the next capability that permits is taken where the first one is spent") {
  Limiter limiter(R"(
module m
action pay { to: string }
policy p {
  capability b: pay
  capability a: pay
  capability c: pay
}
)");
  limiter.Add(0, limiter.Count(0, Period::kDay, 1));
  limiter.Add(1, limiter.Count(1, Period::kDay, 2));
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  const auto next = [&] {
    return world.Capability(world.Decide(grant, R"({"tool":"pay","arguments":{"to":"x"}})"));
  };
  CHECK(next() == "a");
  CHECK(next() == "a");
  CHECK(next() == "b");
  CHECK(next() == "c");
  CHECK(next() == "c");
}

TEST_CASE("a peek and a step-up charge nothing") {
  Limiter limiter(R"(
module m
import std.approval
approver boss
action pay { to: string }
policy p { capability pay { requireApproval(by: boss) when to == "big" } }
)");
  limiter.Add(0, limiter.Count(0, Period::kDay, 1));
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  const char* big = R"({"tool":"pay","arguments":{"to":"big"}})";
  const char* small = R"({"tool":"pay","arguments":{"to":"small"}})";
  for (int i = 0; i < 3; ++i) CHECK(world.Code(grant, big) == DecisionCode::kStepUp);
  const Frame frame = world.Call(small);
  for (int i = 0; i < 3; ++i) {
    const Decision peeked = world.reader().Peek(grant, frame);
    CHECK(peeked.code == DecisionCode::kPermit);
    CHECK_FALSE(peeked.reserved());
    CHECK(world.reader().Report(peeked, grant, frame).limits[0].remains == "1");
  }
  CHECK(world.Code(grant, small) == DecisionCode::kPermit);
  CHECK(world.Code(grant, big) == DecisionCode::kLimitExceeded);
  CHECK(world.reader().Peek(grant, frame).code == DecisionCode::kLimitExceeded);
}

TEST_CASE("an operation that is named twice is charged once") {
  World world(Counted(1).Finish());
  const GrantId grant = world.Mint();
  const AuthorizeOptions named{.operation = state::OperationId{7, 9}};
  const Frame frame = world.Call(kCall);
  const Decision first = world.reader().Authorize(grant, frame, named);
  const Decision again = world.reader().Authorize(grant, frame, named);
  CHECK(first.permitted());
  CHECK(again.permitted());
  CHECK(first.id == again.id);
  CHECK(world.reader().Authorize(grant, frame).code == DecisionCode::kLimitExceeded);
  // The name is of this call: under it another one is another operation.
  const Frame other = world.Call(Pay("1.00"));
  CHECK(world.reader().Authorize(grant, other, named).code == DecisionCode::kLimitExceeded);
  CHECK(world.reader().Release(first, kNowUs) == state::SettleStatus::kSettled);
  CHECK(world.reader().Authorize(grant, frame, named).code == DecisionCode::kOperationConflict);
}

TEST_CASE("a store that is away denies, but for limits that say otherwise") {
  for (const OnStoreError rule : {OnStoreError::kDeny, OnStoreError::kPermit}) {
    Limiter limiter(kPay);
    LimitTerm term = limiter.Count(0, Period::kDay, 1);
    term.on_store_error = rule;
    limiter.Add(0, term);
    auto store = std::make_shared<AwayStore>();
    auto engine = *Engine::Create({.store = store});
    const auto program = limiter.Finish();
    REQUIRE(engine->Load(program).has_value());
    Reader reader = engine->NewReader();
    const GrantId grant =
        *engine->Mint({.policy = "p", .subject = "s", .purpose = {}, .bound = {}, .ttl_us = 1000},
                      kNowUs);
    const Frame frame = ParseRequest(*program, kCall, "s", kNowUs);
    const Decision decision = reader.Authorize(grant, frame);
    CHECK(decision.code == (rule == OnStoreError::kPermit ? DecisionCode::kPermit
                                                          : DecisionCode::kStoreUnavailable));
    CHECK_FALSE(decision.reserved());
    CHECK(store->asked == 1);
    store->status = state::ReserveStatus::kRewound;
    CHECK(reader.Authorize(grant, frame).code == DecisionCode::kStoreRewound);
    store->status = state::ReserveStatus::kBadRequest;
    CHECK(reader.Authorize(grant, frame).code == DecisionCode::kConstraintFault);
    // Nothing is asked of what is not counted.
    CHECK(reader.Authorize(grant, ParseRequest(*program, kLook, "s", kNowUs)).permitted());
    CHECK(store->asked == 3);
  }
}

TEST_CASE("a breaker counts what rules deny and opens for all of the policy") {
  Limiter limiter(R"(
module m
action pay { to: string, n: int }
policy p { capability pay { require n <= 5 }  forbid pay when to == "x" }
)");
  limiter.program().policies[0].breaker = {
      .max_violations = 3, .window_us = kHourUs, .suspend_us = kHourUs / 2, .span = {0, 1, 1, 1}};
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  const char* good = R"({"tool":"pay","arguments":{"to":"a","n":5}})";
  CHECK(world.Code(grant, good) == DecisionCode::kPermit);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"a","n":6}})") ==
        DecisionCode::kConstraintFailed);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"x","n":1}})") ==
        DecisionCode::kForbidden);
  CHECK(world.Code(grant, good) == DecisionCode::kPermit);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"a"}})") ==
        DecisionCode::kMissingArgument);
  CHECK(world.Code(grant, good) == DecisionCode::kPermit);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"x","n":1}})") ==
        DecisionCode::kForbidden);
  const Decision open = world.Decide(grant, good);
  CHECK(open.code == DecisionCode::kCircuitOpen);
  CHECK(open.retry_after_us == kHourUs / 2);
  CHECK(world.Code(grant, good, kNowUs + kHourUs / 2 + 1) == DecisionCode::kPermit);
}

TEST_CASE("a call is asked for the calls before it that were carried out") {
  Limiter limiter(R"(
module m
action verify { who: string }
action pay { to: string }
policy p { capability verify  capability pay }
)");
  limiter.program().histories = {{.action = 0, .arguments = {"who"}, .slots = {0}}};
  LimitTerm after{.kind = LimitKind::kAfter, .name = "require"};
  after.history = 0;
  after.keys = {limiter.Slot(1, "to")};
  after.span = limiter.Const(1, limiter.TypeOf(TypeKind::kDuration), {Duration{kHourUs / 2}});
  limiter.Add(1, after);
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  const char* pay = R"({"tool":"pay","arguments":{"to":"ann"}})";
  const char* verify = R"({"tool":"verify","arguments":{"who":"ann"}})";
  CHECK(world.Code(grant, pay) == DecisionCode::kConstraintFailed);
  const Decision asked = world.Decide(grant, verify);
  CHECK(asked.reserved());
  CHECK(world.Code(grant, pay) == DecisionCode::kConstraintFailed);  // permitted, not carried out
  CHECK(world.reader().Commit(asked, kNowUs) == state::SettleStatus::kSettled);
  CHECK(world.Code(grant, pay) == DecisionCode::kPermit);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"bob"}})") ==
        DecisionCode::kConstraintFailed);
  CHECK(world.Code(grant, pay, kNowUs + kHourUs / 2 + 1) == DecisionCode::kConstraintFailed);
}

TEST_CASE("a limit of a policy is shared by its actions, and may be the mint's") {
  World world(R"(
module m
context bound { most: money in "USD" }
action pay { to: string, amount: money in "USD" }
action wire { to: string, amount: money in "USD" }
limit payees on pay { consume 1 of quota(3, every: "total", retain: 400d) per to }
policy p {
  expires after 8h
  capability pay
  capability wire
  limit daily on pay, wire { consume amount of quota(most, every: "day") }
}
)");
  const GrantId grant = world.Mint({{"most", {Money{100'00, 840}}}});
  const auto code = [&](const char* tool, const char* amount, const char* to = "a") {
    return world.Code(grant, std::string(R"({"tool":")") + tool + R"(","arguments":{"to":")" + to +
                                 R"(","amount":)" + amount + "}}");
  };
  CHECK(code("pay", "60.00") == DecisionCode::kPermit);
  CHECK(code("wire", "40.01") == DecisionCode::kLimitExceeded);
  CHECK(code("wire", "30.00") == DecisionCode::kPermit);
  const std::string call = R"({"tool":"pay","arguments":{"to":"a","amount":11.00}})";
  const DecisionReport report = world.Report(grant, call);
  CHECK(report.code == DecisionCode::kLimitExceeded);
  CHECK(report.clause == "daily.consume");
  CHECK(report.capability.empty());
  CHECK(report.observed == "11.00 USD");
  CHECK(report.limit == "100.00 USD");
  // What the mint bound is not the agent's to know.
  const AgentDecisionReport agent = world.AgentReport(grant, call);
  CHECK(agent.limit.empty());
  CHECK(ToText(agent).find("100.00") == std::string::npos);
  CHECK(ToText(agent).find("10.00 USD left") == std::string::npos);
  CHECK(agent.retry_after_us == 14 * kHourUs);
  CHECK(code("pay", "1.00") == DecisionCode::kPermit);
  CHECK(code("pay", "1.00") == DecisionCode::kPermit);
  CHECK(code("pay", "1.00") == DecisionCode::kLimitExceeded);
  CHECK(code("pay", "1.00", "b") == DecisionCode::kPermit);
  CHECK(code("wire", "1.00") == DecisionCode::kPermit);
  // The limit of another grant may be another one; what was counted is the subject's.
  const GrantId more = world.Mint({{"most", {Money{200'00, 840}}}});
  CHECK(world.Code(more, R"({"tool":"wire","arguments":{"to":"c","amount":100.00}})") ==
        DecisionCode::kPermit);
}

TEST_CASE("a call of two actions is charged for both, or for none") {
  World world(R"(
module m
action pay of "do" { to: string, n: int }
action note of "do" when n > 5 { to: string, n: int }
policy p {
  expires after 8h
  capability pay { consume 1 of quota(3, every: "day") }
  capability note { consume 1 of quota(1, every: "day") }
}
)");
  const GrantId grant = world.Mint();
  const auto call = [&](int n) {
    return world.Code(grant, R"({"tool":"do","arguments":{"to":"a","n":)" + std::to_string(n) +
                                 "}}");
  };
  CHECK(call(9) == DecisionCode::kPermit);
  for (int i = 0; i < 3; ++i) CHECK(call(9) == DecisionCode::kLimitExceeded);
  CHECK(call(1) == DecisionCode::kPermit);
  CHECK(call(1) == DecisionCode::kPermit);
  CHECK(call(1) == DecisionCode::kLimitExceeded);
}

TEST_CASE("what a limit counts may be computed, and a limit may have a guard") {
  World world(R"(
module m
import std.quota
record Order { total: int }
action pay { id: string, n: int
  fact order: Order for id within 30s }
policy p {
  expires after 8h
  capability pay {
    consume n + 1 of quota(order.total - 10, every: "total", retain: 400d) per id
    rateLimit(1/hour) when n > 5
  }
}
)");
  const GrantId grant = world.Mint();
  const auto call = [&](int n, int total) {
    return R"({"tool":"pay","arguments":{"id":"o1","n":)" + std::to_string(n) +
           R"(},"facts":[{"name":"order","key":"o1","value":{"total":)" + std::to_string(total) +
           R"(},"as_of":"2026-03-02T10:00:00Z","by":"shop"}]})";
  };
  CHECK(world.Code(grant, call(4, 20)) == DecisionCode::kPermit);          // 5 of 10
  CHECK(world.Code(grant, call(5, 20)) == DecisionCode::kLimitExceeded);
  CHECK(world.Code(grant, call(4, 20)) == DecisionCode::kPermit);
  CHECK(world.Code(grant, call(9, 40)) == DecisionCode::kPermit);          // 20 of 30
  CHECK(world.Code(grant, call(6, 40)) == DecisionCode::kLimitExceeded);   // the rate
  CHECK(world.Code(grant, call(1, 5)) == DecisionCode::kConstraintFailed);  // below zero
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"id":"o1","n":1}})") ==
        DecisionCode::kConstraintFault);
}

TEST_CASE("a store that keeps names is told them") {
  class Names : public AwayStore {
   public:
    state::ReserveResult Reserve(const state::ReserveRequest& request,
                                 std::span<state::ChargeState>) override {
      REQUIRE(request.names.size() == request.charges.size());
      for (const state::CounterName& name : request.names) {
        seen += std::string(name.policy) + "/" + std::string(name.limit) + "/" +
                std::string(name.constraint) + "/" + std::string(name.key) + "\n";
      }
      return {.status = state::ReserveStatus::kUnavailable};
    }
    bool keeps_names() const override { return true; }
    std::string seen;
  };
  const auto program = MustCompile(R"(
module m
import std.quota
action pay { to: string }
policy p {
  expires after 8h
  capability pay { maxPerDay(3) maxPerDay(9, per: to) }
  circuit_breaker { maxViolations(3) window(5m) suspendDuration(30m) }
}
)");
  auto store = std::make_shared<Names>();
  auto engine = *Engine::Create({.store = store});
  REQUIRE(engine->Load(program).has_value());
  Reader reader = engine->NewReader();
  const GrantId grant = *engine->Mint(
      {.policy = "p", .subject = "s", .purpose = {}, .bound = {}, .ttl_us = 1000}, kNowUs);
  CHECK(reader.Authorize(grant, ParseRequest(*program, R"({"tool":"pay","arguments":{"to":"a"}})",
                                             "s", kNowUs))
            .code == DecisionCode::kStoreUnavailable);
  CHECK(store->seen == "p//circuit_breaker/\"s\"\n"
                       "p/pay/maxPerDay/\"s\"\n"
                       "p/pay/maxPerDay#2/\"a\"\n");
}

TEST_CASE("the codes of what is counted keep their texts") {
  CHECK(NameOf(DecisionCode::kNotDelegated) == "not_delegated");
  CHECK(NameOf(DecisionCode::kLimitExceeded) == "limit_exceeded");
  CHECK(NameOf(DecisionCode::kCircuitOpen) == "circuit_open");
  CHECK(NameOf(DecisionCode::kStoreUnavailable) == "store_unavailable");
  CHECK(NameOf(DecisionCode::kStoreRewound) == "store_rewound");
  CHECK(NameOf(DecisionCode::kOperationConflict) == "operation_conflict");
}

int64_t Us(int64_t year, int64_t month, int64_t day, int64_t hour = 0) {
  return DaysOf({year, month, day}) * kDayUs + hour * kHourUs;
}

TEST_CASE("periods follow the clock on the wall") {
  using engine::BoundsOf;
  std::vector<uint32_t> berlin;  // 2026: forward on 29 March 01:00 UTC, back on 25 October 01:00
  zone::Append(Us(2025, 12, 1) / kSecondUs, 3600, berlin);
  zone::Append(Us(2026, 3, 29, 1) / kSecondUs, 7200, berlin);
  zone::Append(Us(2026, 10, 25, 1) / kSecondUs, 3600, berlin);
  zone::Append(Us(2027, 1, 10) / kSecondUs, 0, berlin);
  const auto length = [&](Period period, int64_t us) {
    const auto bounds = BoundsOf(period, berlin, us);
    REQUIRE(bounds.has_value());
    CHECK(bounds->begin_us <= us);
    CHECK(us < bounds->end_us);
    return (bounds->end_us - bounds->begin_us) / kHourUs;
  };
  CHECK(length(Period::kDay, Us(2026, 3, 29, 12)) == 23);
  CHECK(length(Period::kDay, Us(2026, 10, 25, 12)) == 25);
  CHECK(length(Period::kDay, Us(2026, 7, 1)) == 24);
  CHECK(length(Period::kWeek, Us(2026, 3, 29, 12)) == 7 * 24 - 1);
  CHECK(length(Period::kMonth, Us(2026, 3, 1)) == 31 * 24 - 1);
  CHECK(BoundsOf(Period::kWeek, {}, Us(2026, 3, 2))->begin_us == Us(2026, 3, 2));  // a Monday
  CHECK(BoundsOf(Period::kWeek, {}, Us(2026, 3, 2) - 1)->end_us == Us(2026, 3, 2));
  CHECK(BoundsOf(Period::kMonth, {}, Us(2026, 12, 31, 23))->end_us == Us(2027, 1, 1));
  CHECK(BoundsOf(Period::kHour, {}, -1)->begin_us == -kHourUs);
  CHECK_FALSE(BoundsOf(Period::kDay, berlin, Us(2030, 1, 1)).has_value());
  CHECK_FALSE(BoundsOf(Period::kTotal, {}, 0).has_value());
}

TEST_CASE("days whose midnight is skipped or doubled leave no gap and do not overlap") {
  std::vector<uint32_t> odd;  // forward over midnight, later back over it by an hour from 00:30
  zone::Append(Us(2026, 1, 1) / kSecondUs, 0, odd);
  zone::Append(Us(2026, 3, 1) / kSecondUs, 3600, odd);                  // 00:00 → 01:00
  zone::Append((Us(2026, 9, 30, 23) + kHourUs / 2) / kSecondUs, 0, odd);  // 00:30 → 23:30
  zone::Append(Us(2026, 12, 1) / kSecondUs, 0, odd);
  int64_t end = 0;
  for (int64_t us = Us(2026, 2, 25); us < Us(2026, 10, 5); us += kHourUs / 4) {
    const auto bounds = engine::BoundsOf(Period::kDay, odd, us);
    REQUIRE(bounds.has_value());
    CHECK(bounds->begin_us <= us);
    CHECK(us < bounds->end_us);
    if (end != 0 && us >= end) CHECK(bounds->begin_us == end);
    end = bounds->end_us;
  }
}

}  // namespace
}  // namespace cap::test

#pragma GCC diagnostic pop
