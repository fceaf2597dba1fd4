// Take() of the store in memory against Reserve() of another one, which never takes the quick way:
// random calls of both, and all that can be seen of them is the same.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <tuple>
#include <vector>

#include "runtime/state/store.h"
#include "tests/state/plain.h"

namespace cap::state::test {
namespace {

constexpr uint64_t kNumbers = 6;      // counters of each kind
constexpr uint64_t kOperations = 300;
constexpr uint64_t kStampOf = 100;    // the histories that kAfter and kNotAfter ask
constexpr CounterKind kKinds[] = {
    CounterKind::kRate,   CounterKind::kQuota, CounterKind::kTotal,    CounterKind::kGauge,
    CounterKind::kRecent, CounterKind::kAfter, CounterKind::kNotAfter, CounterKind::kBreaker};

auto Tuple(const ReserveResult& a) { return std::tuple(a.status, a.repeated, a.failed); }
auto Tuple(const ChargeState& a) {
  return std::tuple(a.taken, a.fits, a.remains, a.retry_after_us);
}
auto Tuple(const CounterView& a) {
  return std::tuple(a.id.high, a.id.low, a.kind, a.unit, a.used, a.limit_value, a.begin_us,
                    a.end_us, a.last_us);
}

std::vector<CounterView> ViewsOf(Store& store) {
  auto views = *store.Counters();
  std::ranges::sort(views, [](const auto& a, const auto& b) { return Tuple(a) < Tuple(b); });
  return views;
}

class Twins {
 public:
  explicit Twins(uint64_t seed) : random_(seed) {}

  void Run(int steps) {
    for (int64_t i = 0; i < steps; ++i) {
      back_us_ = Once(20) ? Signed(20'000) : 0;
      now_us_ = std::max<int64_t>(0, later_us_ + i * 200 - back_us_);
      Call();
      Settle();
      if (Once(20)) Stamp();
      if (Once(40)) Violate();
      if (i % 1'000 == 999) {
        // What is known of operations but the last ones goes.
        later_us_ += limits::kOperationKeepUs - 20'000;
        now_us_ += limits::kOperationKeepUs - 20'000;
        CHECK(quick_->Sweep(now_us_) == slow_->Sweep(now_us_));
      }
      // The floor of a sweep is ahead of the clock.
      if (i % 700 == 699) {
        const int64_t ahead = now_us_ + limits::kSweepGraceUs + Signed(40'000);
        CHECK(quick_->Sweep(ahead) == slow_->Sweep(ahead));
      }
      if (Once(400)) {
        const CounterId id = Id(kKinds[Below(std::size(kKinds))]);
        CHECK(*quick_->Reset(id) == *slow_->Reset(id));
      }
      if (i % 500 == 0) CompareCounters();
    }
    CompareCounters();
  }

  uint64_t taken_alone() const { return taken_[1]; }
  uint64_t taken_several() const { return taken_[2] + taken_[3] + taken_[4]; }
  uint64_t left() const { return left_; }

 private:
  uint64_t Below(uint64_t most) { return random_() % most; }
  bool Once(uint64_t in) { return Below(in) == 0; }
  int64_t Signed(uint64_t most) { return static_cast<int64_t>(Below(most)); }

  CounterId Id(CounterKind kind) {
    const bool asks = kind == CounterKind::kAfter || kind == CounterKind::kNotAfter;
    return {asks ? kStampOf : static_cast<uint64_t>(kind), Below(kNumbers)};
  }

  /// Numbers that no kind, or not each, may have.
  void Spoil(Charge& charge) {
    constexpr int64_t kBad[] = {0,          -1,        INT64_MIN,           INT64_MAX,
                                INT64_MAX / 2, 1, limits::kQuantity + 1, limits::kTimeUs + 1};
    int64_t* const numbers[] = {&charge.amount, &charge.limit, &charge.span_us, &charge.begin_us,
                                &charge.end_us};
    *numbers[Below(std::size(numbers))] = kBad[Below(std::size(kBad))];
  }

  Charge NewCharge() {
    using enum CounterKind;
    Charge charge;
    charge.kind = kKinds[Below(std::size(kKinds))];
    charge.id = Id(charge.kind);
    if (Once(60)) charge.id.high = Below(4);
    charge.unit = Once(60) ? 1 : 0;
    charge.amount = 1 + Signed(5);
    charge.limit = Once(4) ? Signed(12) : 40 + static_cast<int64_t>(charge.id.low);
    charge.span_us = 2'000 + (Once(9) ? Signed(4) * 500 : 0);
    if (charge.kind == kQuota) charge.span_us = Once(9) ? 30'000 : 0;
    if (charge.kind == kTotal) charge.span_us = Once(3) ? 30'000 : 0;
    // A period that has not begun where the clock went back.
    charge.begin_us = (now_us_ + (Once(2) ? back_us_ : 0)) / 50'000 * 50'000;
    charge.end_us = charge.begin_us + (Once(30) ? 0 : Once(9) ? 100'000 : 50'000);
    if (Once(20)) Spoil(charge);
    return charge;
  }

  /// Mostly as a capability has them: of one group, or of none.
  std::vector<Charge> NewCharges() {
    const size_t count = Once(2) ? 1 : Once(50) ? Below(40) : 2 + Below(3);
    const bool grouped = !Once(3), several = Once(10);
    std::vector<Charge> charges(count);
    uint16_t group = 0;
    for (Charge& charge : charges) {
      charge = NewCharge();
      if (several) group = static_cast<uint16_t>(group + Below(2));
      if (grouped && !Once(20)) charge.group = group;
      if (Once(40)) charge.alternative = static_cast<uint16_t>(Below(10));
    }
    return charges;
  }

  void Call() {
    const bool again = Once(30);
    const std::vector<Charge> charges = again ? last_ : NewCharges();
    last_ = charges;
    // Some operations again, some of no number.
    const OperationId id =
        again && Once(2) ? last_id_ : OperationId{0, Once(3) ? 0 : Below(kOperations)};
    last_id_ = id;
    const bool none = id == kNoOperation && !Once(9);
    std::vector<ChargeState> one(charges.size()), other(charges.size());
    const bool tells = !Once(9);
    ReserveResult a{ReserveStatus::kReserved};
    const bool took =
        quick_->Take(charges, none ? nullptr : &id, now_us_, tells ? one.data() : nullptr);
    if (!took) a = Once(2) ? ReserveSlowly(*quick_, charges, id, tells, one)
                           : ReservePlain(*quick_, charges, id, now_us_, Room(tells, one));
    const ReserveResult b = ReserveSlowly(*slow_, charges, id, tells, other);
    CAPTURE(now_us_);
    CAPTURE(charges.size());
    CHECK(Tuple(a) == Tuple(b));
    for (size_t i = 0; i < charges.size(); ++i) CHECK(Tuple(one[i]) == Tuple(other[i]));
    if (took) ++taken_[std::min<size_t>(charges.size(), 4)];
    left_ += !took && a.status == ReserveStatus::kReserved && !a.repeated;
  }

  static std::span<ChargeState> Room(bool tells, std::vector<ChargeState>& states) {
    return tells ? std::span<ChargeState>(states) : std::span<ChargeState>();
  }
  ReserveResult ReserveSlowly(Store& store, const std::vector<Charge>& charges, OperationId id,
                              bool tells, std::vector<ChargeState>& states) {
    const uint16_t free = kNoFree;  // so that it is not plain
    return store.Reserve({.now_us = now_us_,
                          .operation = id,
                          .charges = charges,
                          .free = {&free, 1},
                          .stamps = {},
                          .names = {}},
                         Room(tells, states));
  }

  void Settle() {
    const OperationId ended{0, Below(kOperations)};
    if (Once(3)) {
      std::optional<Actual> actual;
      if (Once(3)) actual = Actual{static_cast<uint16_t>(Once(9) ? 1 : 0), Signed(9)};
      CHECK(quick_->Commit(ended, actual, now_us_) == slow_->Commit(ended, actual, now_us_));
    } else if (Once(2)) {
      CHECK(quick_->Release(ended, now_us_) == slow_->Release(ended, now_us_));
    }
  }

  /// What a history is asked about.
  void Stamp() {
    const state::Stamp stamp{.id = Id(CounterKind::kAfter), .keep_us = 10'000};
    const OperationId id{7, Below(kOperations)};
    for (Store* store : {quick_.get(), slow_.get()}) {
      const ReserveResult result = store->Reserve({.now_us = now_us_,
                                                   .operation = id,
                                                   .charges = {},
                                                   .free = {},
                                                   .stamps = {&stamp, 1},
                                                   .names = {}},
                                                  {});
      if (result.status == ReserveStatus::kReserved) store->Commit(id, std::nullopt, now_us_);
    }
  }
  void Violate() {
    const CounterId id = Id(CounterKind::kBreaker);
    CHECK(quick_->CountViolation(id, 2, 5'000, 20'000, now_us_) ==
          slow_->CountViolation(id, 2, 5'000, 20'000, now_us_));
  }

  void CompareCounters() {
    const auto a = ViewsOf(*quick_), b = ViewsOf(*slow_);
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) CHECK(Tuple(a[i]) == Tuple(b[i]));
  }

  static std::unique_ptr<Store> NewStore() {
    // Both become full: of some fifty counters, and of operations.
    return NewMemoryStore(std::array<uint8_t, 16>{}, {.counters = 44, .operations = 250});
  }

  std::mt19937_64 random_;
  const std::unique_ptr<Store> quick_ = NewStore(), slow_ = NewStore();
  int64_t now_us_ = 0, later_us_ = 0, back_us_ = 0;
  std::vector<Charge> last_;
  OperationId last_id_;
  std::array<uint64_t, 5> taken_ = {};
  uint64_t left_ = 0;
};

}  // namespace

TEST_CASE("what is taken quickly is what is reserved slowly") {
  Twins twins(1);
  twins.Run(300'000);
  MESSAGE("taken alone ", twins.taken_alone(), ", several ", twins.taken_several(), ", left ",
          twins.left());
  CHECK(twins.taken_alone() > 10'000);
  CHECK(twins.taken_several() > 5'000);
  CHECK(twins.left() > 1'000);
}

}  // namespace cap::state::test
