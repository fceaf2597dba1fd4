// The conformance suite for the stores of this build.
#include <doctest/doctest.h>

#include "runtime/state/counter.h"
#include "tests/state/conformance.h"

namespace cap::state::test {

void CheckNone(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) FAIL_CHECK(failure);
}

TEST_CASE("memory: traces") { CheckNone(RunTraces(MemoryMaker())); }

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
