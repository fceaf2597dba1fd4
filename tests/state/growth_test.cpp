// The table of counters grows, bucket by bucket, while threads charge what is in it: no charge is
// lost, none is counted twice, and nobody who looks at all counters misses one.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "runtime/state/counter_table.h"
#include "runtime/state/store.h"
#include "tests/state/plain.h"

namespace cap::state::test {
namespace {

constexpr uint64_t kThreads = 4;
constexpr uint64_t kEach = 26'000;  // counters that each thread makes and that stay
constexpr uint64_t kMost = 3 * kThreads * kEach;
constexpr int64_t kBeginUs = 1'700'000'000'000'000;
// Identities of those that stay are {thread, number}; of those that end, and of those that somebody
// resets, have these beginnings.
constexpr uint64_t kEnding = 100, kReset = 200, kMore = 300;

Charge ChargeOf(CounterKind kind, CounterId id, int64_t amount) {
  Charge charge;
  charge.id = id;
  charge.kind = kind;
  charge.amount = amount;
  charge.limit = 1'000'000;
  charge.span_us = kind == CounterKind::kRate ? 1'000 : 0;
  return charge;
}

class World {
 public:
  World() : store_(NewMemoryStore(std::nullopt, {.counters = kMost, .operations = 4'096})) {}

  /// What one thread does. Doctest's checks are slow in many threads: what is wrong is counted.
  void Work(uint64_t self) {
    std::mt19937_64 random(self);
    for (uint64_t i = 0; i < kEach; ++i) {
      const int64_t now = now_us_.fetch_add(10) + kBeginUs;
      Alone({self, i}, 1, self, now);
      made_[self].store(i + 1, std::memory_order_release);
      Alone(Random(random, self), 1 + static_cast<int64_t>(random() % 5), self, now);
      if (i % 4 == 0) Several(random, self, now);
      const Charge ends = ChargeOf(CounterKind::kRate, {kEnding + self, i}, 1);
      Expect(ends, kNoOperation, now);
      const OperationId operation = NewOperation(self);
      Expect(ChargeOf(CounterKind::kTotal, {kReset, i % 64}, 1), operation, now);
      Settle(operation, random() % 2 == 0, now);
    }
    ++ended_;
  }

  /// Beside them.
  void Sweep() {
    while (ended_ < kThreads) {
      swept_ += store_->Sweep(now_us_ + kBeginUs + limits::kSweepGraceUs - 1'000);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void Reset() {
    for (uint64_t i = 0; ended_ < kThreads; ++i) {
      reset_ += *store_->Reset({kReset, i % 64});
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  void Look() {
    while (ended_ < kThreads) {
      std::array<uint64_t, kThreads> before;
      for (uint64_t i = 0; i < kThreads; ++i) before[i] = made_[i].load(std::memory_order_acquire);
      const auto seen = Seen();
      for (uint64_t thread = 0; thread < kThreads; ++thread) {
        for (uint64_t i = 0; i < kEach; ++i) {
          wrong_ += i < before[thread] ? seen[thread][i] < 1 : false;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void CheckAll() {
    CHECK(wrong_ == 0);
    CHECK(swept_ > 0);
    CHECK(reset_ > 0);
    const auto seen = Seen();
    uint64_t wrong = 0;
    for (uint64_t thread = 0; thread < kThreads; ++thread) {
      for (uint64_t i = 0; i < kEach; ++i) {
        wrong += seen[thread][i] != charged_[thread][i].load();
      }
    }
    CHECK(wrong == 0);
    CHECK(wrong_ == 0);
    // What ended goes, and room is for as many as it says.
    for (uint64_t i = 0; i < 64; ++i) static_cast<void>(store_->Reset({kReset, i}));
    store_->Sweep(now_us_ + kBeginUs + 2 * limits::kSweepGraceUs);
    CHECK(store_->Counters()->size() == kThreads * kEach);
    uint64_t more = 0;
    const int64_t now = now_us_ + kBeginUs + 2 * limits::kSweepGraceUs;
    const auto has_room = [&] {
      const Charge charge = ChargeOf(CounterKind::kRate, {kMore, more}, 1);
      return ReservePlain(*store_, {&charge, 1}, {}, now).status == ReserveStatus::kReserved;
    };
    while (has_room()) ++more;
    CHECK(more == kMost - kThreads * kEach);
  }

 private:
  using Sums = std::vector<std::vector<int64_t>>;

  /// What is counted of those that stay. One that is seen twice is wrong.
  Sums Seen() {
    Sums sums(kThreads, std::vector<int64_t>(kEach));
    const auto views = *store_->Counters();
    for (const CounterView& view : views) {
      if (view.id.high >= kThreads) continue;
      int64_t& sum = sums[view.id.high][view.id.low];
      wrong_ += sum != 0;
      sum = view.used;
    }
    return sums;
  }
  OperationId NewOperation(uint64_t self) { return {self + 1, ++operations_[self].number}; }
  CounterId Random(std::mt19937_64& random, uint64_t self) {
    const uint64_t other = random() % kThreads;
    const uint64_t made = made_[other].load(std::memory_order_acquire);
    return made == 0 ? CounterId{self, 0} : CounterId{other, random() % made};
  }
  void Expect(const Charge& charge, OperationId operation, int64_t now) {
    store_->Expect(charge.id);
    const auto result = ReservePlain(*store_, {&charge, 1}, operation, now);
    wrong_ += result.status != ReserveStatus::kReserved;
  }
  void Settle(OperationId operation, bool commits, int64_t now) {
    const SettleStatus status =
        commits ? store_->Commit(operation, std::nullopt, now) : store_->Release(operation, now);
    wrong_ += status != SettleStatus::kSettled;
  }
  void Alone(CounterId id, int64_t amount, uint64_t self, int64_t now) {
    const OperationId operation = NewOperation(self);
    Expect(ChargeOf(CounterKind::kTotal, id, amount), operation, now);
    const bool commits = amount != 5;
    Settle(operation, commits, now);
    if (commits) charged_[id.high][id.low] += amount;
  }
  void Several(std::mt19937_64& random, uint64_t self, int64_t now) {
    std::array<Charge, 5> charges;
    for (size_t i = 0; i < charges.size(); ++i) {
      charges[i] = ChargeOf(CounterKind::kTotal, Random(random, self), static_cast<int64_t>(i) + 1);
    }
    const OperationId operation = NewOperation(self);
    const auto result = store_->Reserve({.now_us = now,
                                         .operation = operation,
                                         .charges = charges,
                                         .free = {},
                                         .stamps = {},
                                         .names = {}},
                                        {});
    wrong_ += result.status != ReserveStatus::kReserved;
    const bool commits = random() % 2 == 0;
    Settle(operation, commits, now);
    if (!commits) return;
    for (const Charge& charge : charges) charged_[charge.id.high][charge.id.low] += charge.amount;
  }

  struct alignas(64) Number {
    uint64_t number = 0;
  };

  std::unique_ptr<Store> store_;
  std::array<std::atomic<uint64_t>, kThreads> made_ = {};
  std::array<Number, kThreads> operations_;
  std::vector<std::vector<std::atomic<int64_t>>> charged_ = [] {
    std::vector<std::vector<std::atomic<int64_t>>> all;
    for (uint64_t i = 0; i < kThreads; ++i) all.emplace_back(kEach);
    return all;
  }();
  std::atomic<int64_t> now_us_ = 0;
  std::atomic<uint64_t> ended_ = 0, wrong_ = 0, swept_ = 0, reset_ = 0;
};

}  // namespace

// Under ThreadSanitizer too.
TEST_CASE("from no counter to a hundred thousand, charged, swept, reset and shown meanwhile") {
  World world;
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) threads.emplace_back([&world, i] { world.Work(i); });
  threads.emplace_back([&] { world.Sweep(); });
  threads.emplace_back([&] { world.Reset(); });
  threads.emplace_back([&] { world.Look(); });
  for (std::thread& thread : threads) thread.join();
  world.CheckAll();
}

namespace {

/// An identity, at least so large a one, whose hash ends in `low` under the mask.
CounterId IdOf(uint64_t& number, uint64_t mask, uint64_t low) {
  CounterId id{9, ++number};
  for (; (HashOf(id) & mask) != low; id.low = ++number) {
  }
  return id;
}

void MakeOne(CounterTable& table, CounterId id) {
  LockedCounters locked(table);
  locked.Want(id);
  locked.Lock();
  CHECK(locked.FindOrMake(id, CounterClass::kTotal, 0) != nullptr);
}

/// Adds one, so slowly that whatever anybody else adds meanwhile is lost.
void AddSlowly(CounterCell* cell) {
  if (cell == nullptr) return;
  const int64_t before = cell->counter.value;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  cell->counter.value = before + 1;
}

/// One thread waits for a bucket to split it, the other for the same bucket to look into it for a
/// counter that the split moves. Whether the second one found it, and had it for itself.
bool IsFoundBesideSplit(bool several) {
  CounterTable table(1'000);
  uint64_t number = 0;
  const CounterId moves = IdOf(number, 127, 64), stays = IdOf(number, 127, 0);
  MakeOne(table, moves);
  MakeOne(table, stays);
  while (table.size() < 32) MakeOne(table, IdOf(number, 63, 5));
  auto held = std::make_unique<LockedCounter>(table, stays);
  std::thread splits([&] { MakeOne(table, IdOf(number, 63, 5)); });  // the 33rd asks for 66 buckets
  std::atomic<bool> has_looked = false;
  std::thread looks([&] {
    if (several) {
      LockedCounters locked(table);
      locked.Want(stays);
      locked.Want(moves);
      locked.Lock();
      if (locked.Find(stays) != nullptr) AddSlowly(locked.Find(moves));
    } else {
      AddSlowly(LockedCounter(table, moves).cell());
    }
    has_looked = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  held.reset();
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  int64_t added = 1;
  while (!has_looked) {
    const LockedCounter locked(table, moves);
    if (locked.cell() == nullptr) continue;
    ++locked.cell()->counter.value;
    ++added;
  }
  splits.join();
  looks.join();
  const LockedCounter locked(table, moves);
  return locked.cell() != nullptr && locked.cell()->counter.value == added;
}

}  // namespace

TEST_CASE("nobody misses a counter whose bucket is split meanwhile") {
  // Which of the two comes first is chance: of sixty times the split is it often enough.
  uint64_t missed = 0;
  for (int i = 0; i < 120; ++i) missed += !IsFoundBesideSplit(i % 2 == 0);
  CHECK(missed == 0);
}

TEST_CASE("a table of counters has what a map has") {
  CounterTable table(3'000);
  std::unordered_map<uint64_t, int64_t> map;
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t number = random() % 4'000;
    LockedCounters locked(table);
    locked.Want({7, number});
    locked.Lock();
    const bool known = map.contains(number);
    CHECK((locked.Find({7, number}) != nullptr) == known);
    if (i % 60'000 < 40'000 ? random() % 3 == 0 : random() % 3 != 0) {
      CHECK(locked.Erase({7, number}) == known);
      map.erase(number);
    } else {
      Counter* counter = locked.FindOrMake({7, number}, CounterClass::kTotal, 0);
      const bool has_room = known || map.size() < 3'000;
      CHECK((counter != nullptr) == has_room);
      if (counter == nullptr) continue;
      CHECK(counter->value == map[number]);
      counter->value = map[number] = i;
    }
    CHECK(table.size() == map.size());
  }
  CHECK(map.size() > 100);
  const size_t before = map.size();
  const uint64_t odd = table.EraseIf([](const CounterCell& cell) { return cell.id.low % 2 == 1; });
  CHECK(std::erase_if(map, [](const auto& row) { return row.first % 2 == 1; }) == odd);
  CHECK(table.size() == before - odd);
  size_t seen = 0;
  table.ForEach([&](const CounterCell& cell) {
    ++seen;
    CHECK(map.at(cell.id.low) == cell.counter.value);
  });
  CHECK(seen == map.size());
}

TEST_CASE("of the counters of a bucket the right one is found") {
  CounterTable table(10);
  const CounterId first{1, 7};
  CounterId second{2, 7};  // in the same bucket, since there are 64
  while ((HashOf(second) & 63) != (HashOf(first) & 63)) ++second.high;
  CounterId third{1, 8};
  while ((HashOf(third) & 63) != (HashOf(first) & 63)) ++third.low;
  const CounterId ids[] = {first, second, third};
  for (const CounterId& id : ids) MakeOne(table, id);
  CounterCell* home;
  REQUIRE(table.TryLock(HashOf(first), home));
  for (const CounterId& id : ids) {
    CounterCell* const cell = table.FindOf(*home, id, CounterClass::kTotal);
    REQUIRE(cell != nullptr);
    CHECK(cell->id == id);
    CHECK(table.Find(*home, id) == cell);
    CHECK(table.FindOf(*home, id, CounterClass::kRate) == nullptr);
  }
  CounterCell* again;
  CHECK_FALSE(table.TryLock(HashOf(first), again));
  CHECK(again == home);
  home->counter.lock.unlock();
}

TEST_CASE("identity zero is one as any other") {
  CounterTable table(10);
  LockedCounters locked(table);
  locked.Want({});
  locked.Lock();
  CHECK(locked.Find({}) == nullptr);
  Counter* made = locked.FindOrMake({}, CounterClass::kRate, 3);
  REQUIRE(made != nullptr);
  CHECK(&locked.Find({})->counter == made);
  CHECK(locked.Erase({}));
  CHECK(locked.Find({}) == nullptr);
}

TEST_CASE("a store has room for as many counters as it says, whoever comes first") {
  for (const uint64_t most : {uint64_t{1}, uint64_t{70}, uint64_t{1'000}}) {
    const auto store = NewMemoryStore(std::nullopt, {.counters = most, .operations = 10});
    std::atomic<uint64_t> made = 0;
    const auto fill = [&](uint64_t self) {
      for (uint64_t i = 0; i < most; ++i) {
        const Charge charge = ChargeOf(CounterKind::kRate, {self, i}, 1);
        const auto result = ReservePlain(*store, {&charge, 1}, {}, kBeginUs);
        made += result.status == ReserveStatus::kReserved;
      }
    };
    std::thread one(fill, 1), two(fill, 2), three([&] { fill(3); });
    one.join();
    two.join();
    three.join();
    CHECK(made == most);
    CHECK(store->Counters()->size() == most);
  }
}

}  // namespace cap::state::test
