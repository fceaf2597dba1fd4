// A hash table whose cells lie in one array: a look-up touches one line of the cache. A cell has an
// `id` of two words and says by `used()` whether it holds anything. Cells move when the table grows
// and when one is erased, so that a pointer to one lasts until then. Its memory is of Blocks, which
// it is given before anything else. Not thread-safe.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "runtime/state/blocks.h"
#include "runtime/state/id_hash.h"

namespace cap::state {

template <typename Cell>
class FlatTable {
 public:
  FlatTable() = default;
  FlatTable(const FlatTable&) = delete;
  FlatTable& operator=(const FlatTable&) = delete;
  ~FlatTable() {
    static_assert(std::is_trivially_destructible_v<Cell>);
    if (cells_ != nullptr) blocks_->Give(cells_, capacity() * sizeof(Cell));
  }
  /// They outlive the table.
  void Use(Blocks& blocks) { blocks_ = &blocks; }

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

  /// The place for an id that has none: Take() it before anything else is done with the table, or
  /// leave it. Null: it has one, or the table has to grow.
  template <typename Id>
  Cell* Seek(const Id& id, uint64_t hash) {
    if (size_ >= grow_at_) return nullptr;
    for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
      Cell& cell = cells_[i];
      if (!cell.used()) return &cell;
      if (cell.id.low == id.low && cell.id.high == id.high) return nullptr;
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

  /// Erases those of which `gone` is true, which is asked once of each. Returns how many.
  template <typename Gone>
  size_t EraseIf(Gone&& gone) {
    if (size_ == 0) return 0;
    const size_t before = size_;
    // From behind an empty place on, which there always is: no cell is sought across it.
    size_t empty = 0;
    while (cells_[empty].used()) ++empty;
    bool has_hole = false;  // since the last empty place something was erased
    for (size_t i = (empty + 1) & mask_; i != empty; i = (i + 1) & mask_) {
      Cell& cell = cells_[i];
      if (!cell.used()) {
        has_hole = false;
      } else if (gone(cell)) {
        cell = Cell();
        --size_;
        has_hole = true;
      } else if (has_hole) {
        const Cell kept = std::exchange(cell, Cell());
        *Place(HashOf(kept.id)) = kept;
      }
    }
    return before - size_;
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
    Cell* const old = cells_;
    const size_t made = old_capacity == 0 ? kLeast : old_capacity * 2;
    cells_ = static_cast<Cell*>(blocks_->Take(made * sizeof(Cell)));
    std::uninitialized_value_construct_n(cells_, made);
    mask_ = made - 1;
    grow_at_ = made / 3 * 2;
    hint_.store(reinterpret_cast<uintptr_t>(cells_) |
                    static_cast<uintptr_t>(std::countr_zero(made)),
                std::memory_order_relaxed);
    for (size_t i = 0; i < old_capacity; ++i) {
      if (old[i].used()) *Place(HashOf(old[i].id)) = std::move(old[i]);
    }
    if (old != nullptr) blocks_->Give(old, old_capacity * sizeof(Cell));
  }

  static constexpr size_t kLeast = 8;
  static_assert(kLeast * sizeof(Cell) >= Blocks::kLeastBytes);

  Blocks* blocks_ = nullptr;
  Cell* cells_ = nullptr;
  size_t mask_ = 0;
  size_t size_ = 0;
  size_t grow_at_ = 0;
  std::atomic<uintptr_t> hint_ = 0;  // where the cells are, and the logarithm of how many
};

}  // namespace cap::state
