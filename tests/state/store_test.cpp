// The conformance suite for the stores of this build.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "runtime/state/counter.h"
#include "tests/state/check_none.h"
#include "tests/state/conformance.h"
#include "tests/state/plain.h"

namespace cap::state::test {

TEST_CASE("memory: traces") { CheckNone(RunTraces(MemoryMaker())); }

// Under ThreadSanitizer too. What is right is looked at elsewhere: here all kinds of calls meet.
TEST_CASE("all kinds of calls at once") {
  const auto store = NewMemoryStore(std::nullopt, {.counters = 1000, .operations = 200});
  std::atomic<int64_t> reserved = 0;
  const auto call = [&](uint64_t number) {
    for (uint64_t i = 0; i < 3000; ++i) {
      const auto now = static_cast<int64_t>(i) * 5'000'000;
      Charge charges[3];
      for (uint64_t n = 0; n < 3; ++n) {
        charges[n].id = {1, (i * 7 + n * number) % 40};
        charges[n].kind = CounterKind::kGauge;
        charges[n].limit = 50;
        charges[n].span_us = 1'000'000;
      }
      const Stamp stamp{{2, i % 5}};
      const OperationId operation{number, i + 1};
      const ReserveResult result = store->Reserve({.now_us = now,
                                                   .operation = operation,
                                                   .charges = {charges, i % 3 + 1},
                                                   .free = {},
                                                   .stamps = {&stamp, i % 2},
                                                   .names = {}},
                                                  {});
      reserved += result.status == ReserveStatus::kReserved;
      Charge alone = charges[0];
      alone.id.high = 4;
      alone.kind = i % 2 == 0 ? CounterKind::kRate : CounterKind::kTotal;
      alone.id.low += 100 * (i % 2);
      const OperationId again{i % 2 * 9, i % 2 * (i % 100)};
      store->Expect(alone.id);
      store->Expect(again);
      const ReserveResult short_way = ReservePlain(*store, {&alone, 1}, again, now);
      reserved += short_way.status == ReserveStatus::kReserved;
      if (i % 4 != 0) store->Commit({number, i + 1 - i % 3}, std::nullopt, now);
      if (i % 5 == 0) store->Release({3 - number, i}, now);
      if (i % 50 == 0) store->Sweep(now);
      if (i % 70 == 0) CHECK(store->Counters().has_value());
      if (i % 90 == 0) static_cast<void>(store->Reset({1, i % 40}));
      store->CountViolation({3, i % 3}, 5, 1'000'000, 1'000'000, now);
    }
  };
  std::thread one(call, 1), two(call, 2), three([&] { call(3); });
  one.join();
  two.join();
  three.join();
  CHECK(reserved > 0);
}

TEST_CASE("whoever asked without states may ask again with them") {
  const auto store = NewMemoryStore();
  Charge charge;
  charge.id = {1, 1};
  charge.kind = CounterKind::kTotal;
  charge.limit = 9;
  const ReserveRequest request{.now_us = 1,
                               .operation = {2, 2},
                               .charges = {&charge, 1},
                               .free = {},
                               .stamps = {},
                               .names = {}};
  CHECK(store->Reserve(request, {}).status == ReserveStatus::kReserved);
  ChargeState state;
  CHECK(store->Reserve(request, {&state, 1}).repeated);
  CHECK(state.taken);
  CHECK(state.remains == 8);
}

TEST_CASE("groups that are out of order are refused") {
  Charge charges[2];
  for (Charge& charge : charges) charge.kind = CounterKind::kNotAfter;
  const auto store = NewMemoryStore();
  const auto ask = [&](uint16_t group, uint16_t alternative) {
    charges[0].group = 1;
    charges[0].alternative = 1;
    charges[1].group = group;
    charges[1].alternative = alternative;
    return store
        ->Reserve({.now_us = 1,
                   .operation = kNoOperation,
                   .charges = charges,
                   .free = {},
                   .stamps = {},
                   .names = {}},
                  {})
        .status;
  };
  CHECK(ask(1, 1) == ReserveStatus::kReserved);
  CHECK(ask(2, 0) == ReserveStatus::kReserved);
  CHECK(ask(1, 0) == ReserveStatus::kBadRequest);
  CHECK(ask(0, 3) == ReserveStatus::kBadRequest);
  CHECK(ask(2, 8) == ReserveStatus::kBadRequest);
}

TEST_CASE("a trace that is none is refused, with its line") {
  std::vector<Case> cases;
  CHECK(ReadTrace("at 0 reserve\n", cases)->line == 1);
  CHECK(ReadTrace("case x\n\nat soon reserve\n", cases)->line == 3);
  CHECK(ReadTrace("case x\nsizes counters=0\n", cases)->line == 2);
  CHECK(ReadTrace("case x\nat 0 => none\n", cases)->message == "a verb is missing");
  cases.clear();
  REQUIRE_FALSE(ReadTrace("case x\nat 1h reserve no => reserved\n", cases));
  CHECK(RunCase(cases[0], MemoryMaker())[0] == "2: expected the name of a charge, got no");
}

TEST_CASE("an interval is rounded up") {
  CHECK(RateInterval(200, 3'600'000'000) == 18'000'000);
  CHECK(RateInterval(7, 1'000'000) == 142'858);
  CHECK(RateInterval(1000, 1'000'000) == 1'000);
  CHECK(RateInterval(1001, 1'000'000) == 0);  // below a millisecond
  CHECK(RateInterval(0, 1'000'000) == 0);
  CHECK(RateInterval(-1, 1'000'000) == 0);
  CHECK(RateInterval(1, 0) == 0);
  CHECK(RateInterval(1, INT64_MAX) == 0);
  CHECK(RateInterval(INT64_MAX, 1'000'000) == 0);
}

}  // namespace cap::state::test
