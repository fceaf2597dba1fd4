#include "runtime/state/counter_table.h"

#include <algorithm>
#include <new>
#include <utility>

namespace cap::state {
namespace {

constexpr uint64_t kFirstBuckets = 64;
constexpr uint64_t kMostCells = uint64_t{1} << 31;  // a shape has 32 bits for their mask
// So that nine buckets of ten have at most one counter.
constexpr uint64_t kBucketsOfCounter = 2;
// More than one counter needs, so that a table that others kept from growing catches up.
constexpr int kSplitsAtOnce = 2 * kBucketsOfCounter;

/// What a counter says, and nothing of the bucket that it lies in.
void MoveCounter(CounterCell& from, CounterCell& to) {
  to.id = std::exchange(from.id, CounterId());
  to.counter = std::move(from.counter);
}

}  // namespace

CellArray::CellArray(uint64_t most, uint64_t made)
    : most_(std::min(most, kMostCells)),
      chunks_(std::make_unique<CounterCell*[]>(most_ / kChunk + 1)) {
  while (size_ < made) {
    if (!Make()) throw std::bad_alloc();
  }
}

CellArray::~CellArray() {
  for (uint64_t i = 0; i < size_; ++i) At(i).~CounterCell();
  for (uint64_t i = 0; i < size_; i += kChunk) DeletePage(chunks_[i / kChunk]);
}

bool CellArray::Make() {
  if (size_ >= most_) return false;
  CounterCell*& chunk = chunks_[size_ / kChunk];
  if (chunk == nullptr) {
    // The first one is no large page, so that a store of few counters stays small.
    chunk = static_cast<CounterCell*>(TryPages(kLargePageBytes, size_ != 0));
    if (chunk == nullptr) return false;
  }
  new (&At(size_)) CounterCell();
  ++size_;
  return true;
}

CounterTable::CounterTable(uint64_t most)
    : shape_(ShapeOf(kFirstBuckets)),
      most_(most),
      // Each counter may need a cell beside the buckets', and number 0 is none.
      buckets_(std::max(kFirstBuckets, std::min(most, kMostCells) * kBucketsOfCounter),
               kFirstBuckets),
      spill_(std::min(most, kMostCells) + 1, 1) {}

/// The shape was another one when the bucket was chosen.
CounterCell& CounterTable::LockAgain(uint64_t hash, CounterCell& locked) const {
  CounterCell* home = &locked;
  for (;;) {
    // No split of this bucket can come now; of others it may, and they do not matter.
    CounterCell& right = HomeOf(hash);
    if (&right == home) return right;
    home->counter.lock.unlock();
    home = &right;
    home->counter.lock.lock();
  }
}

CounterCell* CounterTable::Make(CounterCell& home, const CounterId& id, CounterClass of,
                                uint16_t unit) {
  // Never more than there may be, not even for a moment: another call would be denied for it.
  uint64_t size = size_.load(std::memory_order_relaxed);
  do {
    if (size >= most_) return nullptr;
  } while (!size_.compare_exchange_weak(size, size + 1, std::memory_order_relaxed));
  CounterCell* cell = &home;
  if (home.used()) {
    const uint32_t spill = TakeSpill();
    if (spill == 0) {
      size_.fetch_sub(1, std::memory_order_relaxed);
      return nullptr;
    }
    cell = &spill_.At(spill);
    cell->counter.next = std::exchange(home.counter.next, spill);
  }
  cell->id = id;
  cell->counter.Begin(of, unit);
  return cell;
}

void CounterTable::Erase(CounterCell& home, CounterCell& cell) {
  size_.fetch_sub(1, std::memory_order_relaxed);
  const uint32_t first = home.counter.next;
  if (&cell != &home) {
    CounterCell* before = &home;
    while (NextOf(*before) != &cell) before = NextOf(*before);
    const uint32_t spill = std::exchange(before->counter.next, cell.counter.next);
    cell.id = CounterId();
    cell.counter.Forget();
    GiveSpill(spill);
  } else if (first != 0) {
    // A bucket that has any counter has one in its first cell.
    CounterCell& moved = spill_.At(first);
    home.counter.next = moved.counter.next;
    MoveCounter(moved, home);
    GiveSpill(first);
  } else {
    home.id = CounterId();
    home.counter.Forget();
  }
}

uint32_t CounterTable::TakeSpill() {
  const std::lock_guard lock(spill_lock_);
  if (free_spill_ != 0) {
    return std::exchange(free_spill_, spill_.At(free_spill_).counter.next);
  }
  return spill_.Make() ? static_cast<uint32_t>(spill_.size() - 1) : 0;
}

void CounterTable::GiveSpill(uint32_t spill) {
  const std::lock_guard lock(spill_lock_);
  spill_.At(spill).counter.next = std::exchange(free_spill_, spill);
}

bool CounterTable::HasFewBuckets() const {
  return buckets_.size() < size() * kBucketsOfCounter;
}

void CounterTable::Grow() {
  // Whoever holds it grows for all, or looks at all.
  const std::unique_lock lock(growth_, std::try_to_lock);
  if (!lock) return;
  for (int i = 0; i < kSplitsAtOnce && HasFewBuckets(); ++i) {
    if (!Split()) return;
  }
}

/// The next bucket in turn gives the half of its counters that have one more bit of their hash set
/// to a new one. False: there is no memory, and buckets become longer.
bool CounterTable::Split() {
  const uint64_t number = buckets_.size();
  if (!buckets_.Make()) return false;
  CounterCell& old = buckets_.At(number - std::bit_floor(number));
  CounterCell& made = buckets_.At(number);
  const uint64_t shape = ShapeOf(number + 1);
  const std::scoped_lock unknown(made.counter.lock);
  const std::scoped_lock lock(old.counter.lock);
  shape_.store(shape, std::memory_order_release);
  const auto is_moved = [&](const CounterCell& cell) {
    return BucketOf(HashOf(cell.id), shape) == number;
  };
  uint32_t spill = std::exchange(old.counter.next, 0);
  if (old.used() && is_moved(old)) MoveCounter(old, made);
  while (spill != 0) {
    CounterCell& cell = spill_.At(spill);
    const uint32_t next = cell.counter.next;
    CounterCell& home = is_moved(cell) ? made : old;
    if (home.used()) {
      cell.counter.next = std::exchange(home.counter.next, spill);
    } else {
      MoveCounter(cell, home);
      GiveSpill(spill);
    }
    spill = next;
  }
  return true;
}

LockedCounters::~LockedCounters() {
  Unlock();
  if (made_) table_.Grow();
}

void LockedCounters::Lock() {
  while (!TryLock()) Unlock();
}

/// False: a bucket was split meanwhile, and a counter is in another one.
bool LockedCounters::TryLock() {
  const uint64_t shape = table_.shape_.load(std::memory_order_acquire);
  for (size_t i = 0; i < wanted_; ++i) {
    buckets_[i] = static_cast<uint32_t>(CounterTable::BucketOf(hashes_[i], shape));
  }
  count_ = wanted_;
  if (count_ > 1) {
    const auto begin = buckets_.begin(), end = begin + static_cast<ptrdiff_t>(count_);
    std::sort(begin, end);
    count_ = static_cast<size_t>(std::unique(begin, end) - begin);
  }
  for (size_t i = 0; i < count_; ++i) table_.buckets_.At(buckets_[i]).counter.lock.lock();
  const uint64_t now = table_.shape_.load(std::memory_order_relaxed);
  if (now == shape) return true;
  return std::all_of(hashes_.begin(), hashes_.begin() + wanted_, [&](uint64_t hash) {
    return CounterTable::BucketOf(hash, now) == CounterTable::BucketOf(hash, shape);
  });
}

void LockedCounters::Unlock() {
  for (size_t i = 0; i < count_; ++i) table_.buckets_.At(buckets_[i]).counter.lock.unlock();
  count_ = 0;
}

Counter* LockedCounters::FindOrMake(CounterId id, CounterClass of, uint16_t unit) {
  CounterCell& home = table_.HomeOf(HashOf(id));
  CounterCell* cell = table_.Find(home, id);
  if (cell == nullptr) {
    cell = table_.Make(home, id, of, unit);
    made_ |= cell != nullptr;
  }
  return cell == nullptr ? nullptr : &cell->counter;
}

bool LockedCounters::Erase(CounterId id) {
  CounterCell& home = table_.HomeOf(HashOf(id));
  CounterCell* const cell = table_.Find(home, id);
  if (cell != nullptr) table_.Erase(home, *cell);
  return cell != nullptr;
}

}  // namespace cap::state
