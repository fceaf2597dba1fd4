// A hash table whose cells lie in one array: a look-up touches one line of the cache. A cell has an
// `id` of two words and says by `used()` whether it holds anything. Cells move when the table grows
// and when one is erased, so that a pointer to one lasts until then. Not thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace cap::state {

/// Random, of this process: nobody who chooses ids can make them collide.
extern const std::array<uint64_t, 2> kIdSeed;

template <typename Id>
uint64_t HashOf(const Id& id) {
  const auto product = static_cast<unsigned __int128>(id.high ^ kIdSeed[0]) * (id.low ^ kIdSeed[1]);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

template <typename Cell>
class FlatTable {
 public:
  size_t size() const { return size_; }

  template <typename Id>
  Cell* Find(const Id& id, uint64_t hash) {
    if (cells_ == nullptr) return nullptr;
    for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
      Cell& cell = cells_[i];
      if (cell.id.low == id.low && cell.id.high == id.high && cell.used()) return &cell;
      if (!cell.used()) return nullptr;
    }
  }

  /// A cell for an id that has none. The caller makes it a used one before anything else is done.
  template <typename Id>
  Cell* Insert(const Id& id, uint64_t hash) {
    if (size_ >= grow_at_) Grow();
    return Take(Place(hash), id);
  }

  /// The cell of the id or, if there is none, the place for it, which is not used: Take() it before
  /// anything else is done with the table, or leave it.
  template <typename Id>
  Cell* Seek(const Id& id, uint64_t hash) {
    if (size_ >= grow_at_) Grow();
    for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
      Cell& cell = cells_[i];
      if (!cell.used() || (cell.id.low == id.low && cell.id.high == id.high)) return &cell;
    }
  }
  template <typename Id>
  Cell* Take(Cell* place, const Id& id) {
    place->id = id;
    ++size_;
    return place;
  }

  /// Asks for the memory in which the id will be sought. This alone may run beside other calls.
  /// INVARIANT: a cell is aligned to 64 bytes, so that its address has room for a capacity.
  void Prefetch(uint64_t hash) const {
    static_assert(alignof(Cell) >= 64);
    const uintptr_t hint = hint_.load(std::memory_order_relaxed);
    if (hint == 0) return;
    const uint64_t mask = (uint64_t{1} << (hint & 63)) - 1;
    __builtin_prefetch(reinterpret_cast<const char*>(hint & ~uintptr_t{63}) +
                       (hash & mask) * sizeof(Cell));
  }

  void Erase(Cell* cell) {
    size_t hole = static_cast<size_t>(cell - cells_.get());
    *cell = Cell();
    --size_;
    // Cells that would be looked for across the hole move up into it.
    for (size_t i = (hole + 1) & mask_; cells_[i].used(); i = (i + 1) & mask_) {
      const size_t home = HashOf(cells_[i].id) & mask_;
      if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
      cells_[hole] = std::move(cells_[i]);
      cells_[i] = Cell();
      hole = i;
    }
  }

  /// Erases those of which `gone` is true. Returns how many.
  template <typename Gone>
  size_t EraseIf(Gone&& gone) {
    size_t erased = 0;
    for (size_t i = 0; i < capacity();) {
      if (cells_[i].used() && gone(cells_[i])) {
        Erase(&cells_[i]);  // another one may have moved here: the place is looked at again
        ++erased;
      } else {
        ++i;
      }
    }
    return erased;
  }

  template <typename Visit>
  void ForEach(Visit&& visit) {
    for (size_t i = 0; i < capacity(); ++i) {
      if (cells_[i].used()) visit(cells_[i]);
    }
  }

 private:
  size_t capacity() const { return cells_ == nullptr ? 0 : mask_ + 1; }

  Cell* Place(uint64_t hash) {
    size_t i = hash & mask_;
    while (cells_[i].used()) i = (i + 1) & mask_;
    return &cells_[i];
  }

  void Grow() {
    const size_t old_capacity = capacity();
    auto old = std::move(cells_);
    const size_t made = old_capacity == 0 ? 8 : old_capacity * 2;
    cells_ = std::make_unique<Cell[]>(made);
    mask_ = made - 1;
    grow_at_ = made / 3 * 2;
    if constexpr (alignof(Cell) >= 64) {
      hint_.store(reinterpret_cast<uintptr_t>(cells_.get()) |
                      static_cast<uintptr_t>(std::countr_zero(made)),
                  std::memory_order_relaxed);
    }
    for (size_t i = 0; i < old_capacity; ++i) {
      if (old[i].used()) *Place(HashOf(old[i].id)) = std::move(old[i]);
    }
  }

  std::unique_ptr<Cell[]> cells_;
  size_t mask_ = 0;
  size_t size_ = 0;
  size_t grow_at_ = 0;
  std::atomic<uintptr_t> hint_ = 0;  // where the cells are, and the logarithm of how many
};

}  // namespace cap::state
