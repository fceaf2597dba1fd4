// Leases: never more than the limit, few calls to the authority, and nothing lost but what a crash
// leaves unused.
#include "runtime/state/lease.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <thread>

#include "tests/state/conformance.h"
#include "tests/state/forwarding_store.h"
#include "tests/state/leased_world.h"

namespace cap::state::test {
namespace {

constexpr int64_t kHourUs = 3'600'000'000;
constexpr int64_t kDayUs = 24 * kHourUs;

/// An authority that can be away, forget, or do what it is asked and not say so.
class Fragile final : public ForwardingStore {
 public:
  Fragile() : ForwardingStore(NewMemoryStore(std::array<uint8_t, 16>{1})) {}

  enum class Mood { kWell, kAway, kMute, kRewound };
  Mood mood = Mood::kWell;

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override {
    if (mood == Mood::kAway) return {};
    if (mood == Mood::kRewound) return {ReserveStatus::kRewound};
    const ReserveResult result = inner_->Reserve(request, states);
    return mood == Mood::kMute ? ReserveResult() : result;
  }
  SettleStatus Commit(OperationId operation, std::optional<Actual> actual,
                      int64_t now_us) override {
    if (mood == Mood::kAway) return SettleStatus::kUnavailable;
    return inner_->Commit(operation, actual, now_us);
  }
  SettleStatus Release(OperationId operation, int64_t now_us) override {
    if (mood == Mood::kAway) return SettleStatus::kUnavailable;
    return inner_->Release(operation, now_us);
  }
  bool keeps_names() const override { return false; }

  int64_t Used(uint64_t id) {
    const auto views = inner_->Counters();
    for (const CounterView& view : *views) {
      if (view.id.low == id) return view.used;
    }
    return 0;
  }
};

Charge Quota(int64_t limit, int64_t amount = 1, uint64_t id = 1, int64_t day = 0) {
  return {.id = {1, id},
          .kind = CounterKind::kQuota,
          .amount = amount,
          .limit = limit,
          .begin_us = day * kDayUs,
          .end_us = (day + 1) * kDayUs};
}

ReserveStatus Try(Store& store, const Charge& charge, uint64_t operation, int64_t now_us = 0) {
  return store
      .Reserve({.now_us = now_us,
                .operation = {2, operation},
                .charges = {&charge, 1},
                .free = {},
                .stamps = {},
                .names = {}},
               {})
      .status;
}

uint64_t NextOperation() {
  static uint64_t next = 1;
  return next++;
}

/// As many as pass.
int64_t Admitted(Store& store, const Charge& charge, int64_t attempts, int64_t now_us = 0) {
  int64_t admitted = 0;
  for (int64_t i = 0; i < attempts; ++i) {
    admitted += Try(store, charge, NextOperation(), now_us) == ReserveStatus::kReserved;
  }
  return admitted;
}

}  // namespace

TEST_CASE("leases: traces") {
  for (const std::string& failure : RunTraces(WithLeases(MemoryMaker()))) FAIL_CHECK(failure);
}

TEST_CASE("leases: near a limit they answer as the memory store does") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    for (const std::string& failure : RunBesideMemory(WithLeases(MemoryMaker()), seed, 2000)) {
      FAIL_CHECK(failure);
    }
  }
}

TEST_CASE("far from the limit the authority is hardly asked") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority);
  CHECK(Admitted(*store, Quota(1'000'000), 10'000) == 10'000);
  CHECK(store->trips() <= 10'000 / 50);
  MESSAGE("10000 decisions asked the authority " << store->trips() << " times");
  CHECK(authority->Used(1) >= 10'000);
  const uint64_t end = NextOperation();
  for (uint64_t operation = 1; operation < end; ++operation) {
    store->Commit({2, operation}, {}, 0);
  }
  store->GiveBack();
  CHECK(authority->Used(1) == 10'000);
}

TEST_CASE("two processes admit exactly the limit between them") {
  const auto authority = std::make_shared<Fragile>();
  const auto first = NewLeasedStore(authority), second = NewLeasedStore(authority);
  int64_t admitted = 0;
  for (int i = 0; i < 4000; ++i) {
    admitted += Admitted(*first, Quota(5000, 1, 2), 1) + Admitted(*second, Quota(5000, 1, 2), 2);
  }
  CHECK(admitted == 5000);
  CHECK(authority->Used(2) == 5000);
  MESSAGE("5000 decisions to the limit asked the authority " << first->trips() + second->trips()
                                                             << " times in all");
}

TEST_CASE("a slice that is not used goes back before anybody here is denied") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority);
  CHECK(Admitted(*store, Quota(10'000, 1, 3), 100) == 100);
  CHECK(authority->Used(3) > 100);
  // All that is left, in one call.
  CHECK(Try(*store, Quota(10'000, 9'900, 3), NextOperation()) == ReserveStatus::kReserved);
  CHECK(authority->Used(3) == 10'000);
  CHECK(Try(*store, Quota(10'000, 1, 3), NextOperation()) == ReserveStatus::kSpent);
}

TEST_CASE("a crash leaves what was not used charged, at most one slice") {
  const auto authority = std::make_shared<Fragile>();
  auto store = NewLeasedStore(authority);
  const int64_t admitted = Admitted(*store, Quota(100'000, 1, 4), 5'000);
  CHECK(admitted == 5'000);
  authority->mood = Fragile::Mood::kAway;
  store.reset();
  authority->mood = Fragile::Mood::kWell;
  const int64_t charged = authority->Used(4);
  CHECK(charged >= admitted);
  CHECK(charged - admitted <= 100'000 / 32);
  const auto next = NewLeasedStore(authority);
  CHECK(Admitted(*next, Quota(100'000, 1, 4), 100'000) == 100'000 - charged);
}

TEST_CASE("an answer that was lost strands no more than one slice") {
  const auto authority = std::make_shared<Fragile>();
  auto store = NewLeasedStore(authority);
  CHECK(Admitted(*store, Quota(100'000, 1, 5), 1) == 1);
  authority->mood = Fragile::Mood::kMute;
  CHECK(Admitted(*store, Quota(100'000, 1, 5), 20) == 0);
  authority->mood = Fragile::Mood::kWell;
  // The calls themselves were charged, as any lost answer of a store is; the slice once.
  CHECK(authority->Used(5) == 1 + 64 + 20);
  CHECK(Admitted(*store, Quota(100'000, 1, 5), 64) == 64);
  CHECK(authority->Used(5) == 1 + 64 + 20);
}

TEST_CASE("what is released or settled with less can be used again, and more is a debt") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority);
  const Charge ten = Quota(10'000, 10, 6);
  CHECK(Admitted(*store, ten, 1) == 1);
  const uint64_t a = NextOperation(), b = NextOperation(), c = NextOperation();
  for (const uint64_t operation : {a, b, c}) {
    REQUIRE(Try(*store, ten, operation) == ReserveStatus::kReserved);
  }
  CHECK(Try(*store, ten, a) == ReserveStatus::kReserved);
  CHECK(Try(*store, Quota(10'000, 9, 6), a) == ReserveStatus::kBadRequest);
  CHECK(store->Release({2, a}, 0) == SettleStatus::kSettled);
  CHECK(store->Release({2, a}, 0) == SettleStatus::kAlready);
  CHECK(store->Commit({2, a}, {}, 0) == SettleStatus::kConflict);
  CHECK(Try(*store, ten, a) == ReserveStatus::kBadRequest);
  CHECK(store->Commit({2, b}, Actual{1, 3}, 0) == SettleStatus::kBadRequest);
  CHECK(store->Commit({2, b}, Actual{0, 3}, 0) == SettleStatus::kSettled);
  CHECK(store->Commit({2, c}, Actual{0, 9'000}, 0) == SettleStatus::kSettled);
  CHECK(store->Commit({2, 999'999}, {}, 0) == SettleStatus::kUnknown);
  store->GiveBack();
  CHECK(authority->Used(6) == 10 + 3 + 9'000);
  CHECK(Admitted(*store, Quota(10'000, 1, 6), 10'000) == 987);
}

TEST_CASE("more than the limit is recorded, and denies everybody") {
  const auto authority = std::make_shared<Fragile>();
  const auto first = NewLeasedStore(authority), second = NewLeasedStore(authority);
  CHECK(Admitted(*first, Quota(10'000, 1, 7), 1) == 1);
  const uint64_t operation = NextOperation();
  REQUIRE(Try(*first, Quota(10'000, 1, 7), operation) == ReserveStatus::kReserved);
  CHECK(first->Commit({2, operation}, Actual{0, 20'000}, 0) == SettleStatus::kSettled);
  CHECK(Admitted(*first, Quota(10'000, 1, 7), 100) == 0);
  CHECK(Admitted(*second, Quota(10'000, 1, 7), 100) == 0);
  CHECK(authority->Used(7) >= 20'000);
}

TEST_CASE("a new day, an edited limit, a total that rests") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority);
  CHECK(Admitted(*store, Quota(10'000, 1, 8, 0), 9'000) == 9'000);
  CHECK(Admitted(*store, Quota(10'000, 1, 8, 1), 20'000, kDayUs) == 10'000);
  CHECK(Admitted(*store, Quota(10'000, 1, 9, 0), 3'000) == 3'000);
  store->GiveBack();
  CHECK(Admitted(*store, Quota(3'100, 1, 9, 0), 200) <= 100);
  CHECK(Admitted(*store, Quota(10'000, 1, 9, 0), 20'000) <= 7'000);
  CHECK(authority->Used(9) <= 10'000);

  Charge total{.id = {1, 10}, .kind = CounterKind::kTotal, .limit = 10'000, .span_us = kHourUs};
  int64_t now_us = 0, admitted = 0;
  // In use all the time it is never forgotten.
  for (int i = 0; i < 200; ++i, now_us += kHourUs / 10) {
    admitted += Admitted(*store, total, 50, now_us);
  }
  CHECK(admitted == 10'000);
  CHECK(Admitted(*store, total, 100, now_us) == 0);
  // It rests for longer than it is kept: it begins anew, once.
  now_us += 2 * kHourUs;
  CHECK(Admitted(*store, total, 20'000, now_us) == 10'000);
}

TEST_CASE("an authority that forgot takes the slices with it") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority, {.first = 8});
  CHECK(Admitted(*store, Quota(100'000, 1, 11), 5) == 5);
  authority->mood = Fragile::Mood::kRewound;
  CHECK(Admitted(*store, Quota(100'000, 1, 11), 100) <= 8);
  CHECK(Try(*store, Quota(100'000, 1, 11), NextOperation()) == ReserveStatus::kRewound);
  authority->mood = Fragile::Mood::kWell;
  CHECK(Try(*store, Quota(100'000, 1, 11), NextOperation()) == ReserveStatus::kReserved);
}

TEST_CASE("what is idle goes back by itself") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority, {.lease_us = 1'000'000});
  CHECK(Admitted(*store, Quota(100'000, 1, 12), 2) == 2);
  CHECK(authority->Used(12) == 1 + 64);
  for (uint64_t back = 1; back <= 2; ++back) store->Release({2, NextOperation() - back}, 0);
  store->Sweep(500'000);
  CHECK(authority->Used(12) > 2);
  store->Sweep(2'000'000);
  CHECK(authority->Used(12) <= 2);
}

TEST_CASE("random calls of three processes: nothing above the limit, and all of it accounted for") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto authority = std::make_shared<Fragile>();
    std::unique_ptr<LeasedStore> stores[3];
    for (auto& store : stores) store = NewLeasedStore(authority, {.share = 8, .first = 4});
    const int64_t limit = seed % 2 == 0 ? 2'000 : 200'000;
    struct Open {
      uint64_t store, operation;
      int64_t amount;
    };
    std::vector<Open> open;
    int64_t used = 0, most = 0, over = 0;
    for (int i = 0; i < 4'000; ++i) {
      const uint64_t at = random() % 3;
      if (random() % 3 != 0) {
        const auto amount = static_cast<int64_t>(random() % 4 + 1);
        const uint64_t operation = NextOperation();
        if (Try(*stores[at], Quota(limit, amount), operation) == ReserveStatus::kReserved) {
          // What a commit took above its reservation is nobody's admission.
          REQUIRE(used - over + amount <= limit);
          used += amount;
          open.push_back({at, operation, amount});
        }
      } else if (!open.empty()) {
        const size_t nth = random() % open.size();
        const Open call = open[nth];
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(nth));
        if (random() % 3 == 0) {
          REQUIRE(stores[call.store]->Release({2, call.operation}, 0) == SettleStatus::kSettled);
          used -= call.amount;
        } else {
          const auto actual = static_cast<int64_t>(random() % 5);
          REQUIRE(stores[call.store]->Commit({2, call.operation}, Actual{0, actual}, 0) ==
                  SettleStatus::kSettled);
          used += actual - call.amount;
          over += std::max<int64_t>(0, actual - call.amount);
        }
      }
      most = std::max(most, used);
    }
    for (const Open& call : open) stores[call.store]->Commit({2, call.operation}, {}, 0);
    for (auto& store : stores) store->GiveBack();
    if (limit > 10'000) {
      CHECK(authority->Used(1) == used);
    } else {
      // At the limit leases are settled early: what comes back later is used up here, not there.
      CHECK(most > limit / 2);
      CHECK(authority->Used(1) >= used - over);
      CHECK(authority->Used(1) <= limit + over);
    }
  }
}

TEST_CASE("many threads admit exactly the limit") {
  const auto authority = std::make_shared<Fragile>();
  const auto store = NewLeasedStore(authority);
  std::atomic<int64_t> admitted = 0;
  std::atomic<uint64_t> next = 1'000'000;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 10'000; ++i) {
          admitted += Try(*store, Quota(25'000), next++) == ReserveStatus::kReserved;
        }
      });
    }
  }
  CHECK(admitted == 25'000);
  CHECK(authority->Used(1) == 25'000);
}

}  // namespace cap::state::test
