// The counters of a store in memory: a hash table that many threads use at once and that grows by
// one bucket at a time (linear hashing). A bucket is one line of the cache: its first counter, its
// lock, and where the others of the bucket lie. So a charge of one counter mostly touches one line,
// and calls that share no counter seldom meet. Nothing moves but the counters of a bucket that is
// split or erased from, under its lock.
//
//   const LockedCounter locked(table, id);
//   if (locked.cell() != nullptr) …
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>

#include "runtime/base/pages.h"
#include "runtime/state/counter.h"
#include "runtime/state/id_hash.h"

namespace cap::state {

struct alignas(64) CounterCell {
  CounterId id;
  Counter counter;
  bool used() const { return counter.of() != CounterClass::kNone; }
};
static_assert(sizeof(CounterCell) == 64);

/// Cells that never move, made one after another. Not thread-safe; a cell that is known to be made
/// may be read beside Make().
class CellArray {
 public:
  /// Of at most so many, of which the first ones are made at once.
  CellArray(uint64_t most, uint64_t made);
  ~CellArray();
  CellArray(const CellArray&) = delete;
  CellArray& operator=(const CellArray&) = delete;

  uint64_t size() const { return size_; }
  CounterCell& At(uint64_t index) const { return chunks_[index / kChunk][index % kChunk]; }
  /// One more. False: there is no memory, or no number for it.
  bool Make();

 private:
  static constexpr uint64_t kChunk = kLargePageBytes / sizeof(CounterCell);

  const uint64_t most_;
  uint64_t size_ = 0;
  std::unique_ptr<CounterCell*[]> chunks_;  // of all that there may be, so that it never moves
};

class CounterTable {
 public:
  /// Holds `most` counters, exactly.
  explicit CounterTable(uint64_t most);
  CounterTable(const CounterTable&) = delete;
  CounterTable& operator=(const CounterTable&) = delete;

  uint64_t size() const { return size_.load(std::memory_order_relaxed); }

  /// Locks the bucket of a hash, and returns it: its first cell.
  [[gnu::always_inline]] CounterCell& Lock(uint64_t hash) const {
    const uint64_t shape = shape_.load(std::memory_order_acquire);
    CounterCell& home = buckets_.At(BucketOf(hash, shape));
    home.counter.lock.lock();
    // The bucket may have been split meanwhile, and the hash be of the new one. A split holds the
    // lock while the shape changes, so that now it is seen, and later it waits.
    return shape_.load(std::memory_order_relaxed) == shape ? home : LockAgain(hash, home);
  }

  /// Lock() of a bucket that nobody has. False: somebody has it, or has just split one.
  [[gnu::always_inline]] bool TryLock(uint64_t hash, CounterCell*& home) const {
    const uint64_t shape = shape_.load(std::memory_order_acquire);
    home = &buckets_.At(BucketOf(hash, shape));
    if (!home->counter.lock.try_lock()) return false;
    if (shape_.load(std::memory_order_relaxed) == shape) return true;
    home->counter.lock.unlock();
    return false;
  }

  // INVARIANT of these: the bucket is locked.
  [[gnu::always_inline]] CounterCell* Find(CounterCell& home, const CounterId& id) const {
    for (CounterCell* cell = &home;; cell = &spill_.At(cell->counter.next)) {
      if (cell->id.low == id.low && cell->id.high == id.high && cell->used()) return cell;
      if (cell->counter.next == 0) return nullptr;
    }
  }
  /// … one that counts what is of that class. INVARIANT: not kNone.
  [[gnu::always_inline]] CounterCell* FindOf(CounterCell& home, const CounterId& id,
                                             CounterClass of) const {
    for (CounterCell* cell = &home;; cell = &spill_.At(cell->counter.next)) {
      const bool found = cell->id.low == id.low && cell->id.high == id.high;
      if (found && cell->counter.of() == of) return cell;
      if (cell->counter.next == 0) return nullptr;
    }
  }
  /// One that is not there yet. Null: there is no room. Grow() after the lock was given back.
  CounterCell* Make(CounterCell& home, const CounterId& id, CounterClass of, uint16_t unit);
  /// Another counter of the bucket may move to its place.
  void Erase(CounterCell& home, CounterCell& cell);

  /// Splits buckets until there are enough of them, or a few: what is missing is left to the next
  /// call. INVARIANT: the caller holds no bucket.
  void Grow();

  /// Asks for the memory in which the id will be sought.
  void Prefetch(uint64_t hash) const {
    __builtin_prefetch(&buckets_.At(BucketOf(hash, shape_.load(std::memory_order_acquire))));
  }

  /// Each counter that is there throughout, once. INVARIANT: the caller holds no bucket.
  template <typename Visit>
  void ForEach(Visit&& visit) {
    const std::lock_guard no_growth(growth_);
    ForEachBucket([&](CounterCell& home) {
      for (CounterCell* cell = &home; cell != nullptr; cell = NextOf(*cell)) {
        if (cell->used()) visit(*cell);
      }
    });
  }
  /// Erases those of which `gone` is true; the table may grow beside it. Returns how many.
  template <typename Gone>
  uint64_t EraseIf(Gone&& gone) {
    uint64_t erased = 0;
    ForEachBucket([&](CounterCell& home) {
      for (CounterCell* cell = &home; cell != nullptr;) {
        if (!cell->used() || !gone(*cell)) {
          cell = NextOf(*cell);
          continue;
        }
        CounterCell* const next = NextOf(*cell);
        // Of a bucket's first cell the next one takes the place, which is then looked at again.
        CounterCell* const then = cell == &home && next != nullptr ? cell : next;
        Erase(home, *cell);
        ++erased;
        cell = then;
      }
    });
    return erased;
  }

 private:
  friend class LockedCounters;

  // How many buckets there are and, above, the least mask that has a number for each.
  static uint64_t ShapeOf(uint64_t buckets) {
    return (~uint64_t{0} >> std::countl_zero(buckets)) << 32 | buckets;
  }
  static uint64_t BucketsOf(uint64_t shape) { return static_cast<uint32_t>(shape); }
  static uint64_t BucketOf(uint64_t hash, uint64_t shape) {
    const uint64_t mask = shape >> 32;
    const uint64_t bucket = hash & mask;
    return bucket < BucketsOf(shape) ? bucket : bucket & mask >> 1;
  }
  CounterCell& HomeOf(uint64_t hash) const {
    return buckets_.At(BucketOf(hash, shape_.load(std::memory_order_acquire)));
  }
  CounterCell* NextOf(const CounterCell& cell) const {
    return cell.counter.next == 0 ? nullptr : &spill_.At(cell.counter.next);
  }

  /// Those that are made meanwhile too. A bucket that is split while others are looked at goes on
  /// in one with a larger number, so that none is missed.
  template <typename Visit>
  void ForEachBucket(Visit&& visit) {
    for (uint64_t i = 0; i < BucketsOf(shape_.load(std::memory_order_acquire)); ++i) {
      CounterCell& home = buckets_.At(i);
      const std::lock_guard lock(home.counter.lock);
      visit(home);
    }
  }

  [[gnu::cold]] CounterCell& LockAgain(uint64_t hash, CounterCell& locked) const;
  bool HasFewBuckets() const;
  bool Split();
  uint32_t TakeSpill();
  void GiveSpill(uint32_t spill);

  // Read by every call, and written by growth alone.
  std::atomic<uint64_t> shape_;
  const uint64_t most_;
  CellArray buckets_;
  CellArray spill_;  // cells of buckets that have several; number 0 is none

  alignas(64) std::atomic<uint64_t> size_ = 0;
  std::mutex growth_;
  SpinLock spill_lock_;
  uint32_t free_spill_ = 0;
};

/// The bucket of one counter, locked for the length of a scope.
class LockedCounter {
 public:
  [[gnu::always_inline]] LockedCounter(const CounterTable& table, const CounterId& id)
      : home_(table.Lock(HashOf(id))), cell_(table.Find(home_, id)) {}
  LockedCounter(const LockedCounter&) = delete;
  LockedCounter& operator=(const LockedCounter&) = delete;
  ~LockedCounter() { home_.counter.lock.unlock(); }

  /// Null: there is none.
  CounterCell* cell() const { return cell_; }

 private:
  CounterCell& home_;
  CounterCell* const cell_;
};

/// The buckets of some counters, locked for the length of a scope: in order of their numbers, each
/// once, so that two calls never wait for each other.
class LockedCounters {
 public:
  explicit LockedCounters(CounterTable& table) : table_(table) {}
  LockedCounters(const LockedCounters&) = delete;
  LockedCounters& operator=(const LockedCounters&) = delete;
  ~LockedCounters();

  void Want(CounterId id) { hashes_[wanted_++] = HashOf(id); }
  void Lock();

  // INVARIANT of these: Lock() was called, and the counter wanted.
  CounterCell* Find(CounterId id) { return table_.Find(table_.HomeOf(HashOf(id)), id); }
  /// Null: there is no room.
  Counter* FindOrMake(CounterId id, CounterClass of, uint16_t unit);
  bool Erase(CounterId id);

 private:
  static constexpr size_t kMost = limits::kCharges + limits::kStamps;

  bool TryLock();
  void Unlock();

  CounterTable& table_;
  size_t wanted_ = 0, count_ = 0;
  bool made_ = false;
  std::array<uint64_t, kMost> hashes_;
  std::array<uint32_t, kMost> buckets_;
};

/// The cells of the counters of some charges, with their buckets locked for the length of a scope:
/// in any order, since nobody waits for one while he has another.
class LockedCells {
 public:
  explicit LockedCells(const CounterTable& table) : table_(table) {}
  LockedCells(const LockedCells&) = delete;
  LockedCells& operator=(const LockedCells&) = delete;
  ~LockedCells() {
    for (size_t i = 0; i < locked_; ++i) homes_[i]->counter.lock.unlock();
  }

  /// Once, of at most limits::kCharges. False: somebody else has the bucket `busy`, or has just
  /// split it.
  [[gnu::always_inline]] bool Lock(std::span<const Charge> charges, const CounterCell*& busy) {
    for (size_t i = 0; i < charges.size(); ++i) {
      CounterCell* home;
      if (table_.TryLock(HashOf(charges[i].id), home)) {
        homes_[locked_++] = home;
      } else if (Has(*home)) {
        has_shared_ = true;
      } else {
        busy = home;
        return false;
      }
      cells_[i] = table_.Find(*home, charges[i].id);
    }
    return true;
  }

  /// Of one of the charges. Null: there is no such counter.
  CounterCell* At(size_t nth) const { return cells_[nth]; }
  /// Whether a bucket has the counters of several of them.
  bool has_shared() const { return has_shared_; }

 private:
  [[gnu::noinline]] bool Has(const CounterCell& home) const {
    return std::find(homes_.begin(), homes_.begin() + locked_, &home) != homes_.begin() + locked_;
  }

  const CounterTable& table_;
  size_t locked_ = 0;
  bool has_shared_ = false;
  std::array<CounterCell*, limits::kCharges> homes_;  // that are locked
  std::array<CounterCell*, limits::kCharges> cells_;
};

}  // namespace cap::state
