// What a store in memory knows of the calls that were reserved: what can be given back, and the
// answer. One book a shard, under the shard's lock.
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

#include "runtime/state/counter.h"
#include "runtime/state/flat_table.h"
#include "runtime/state/store.h"

namespace cap::state {

enum class OperationState : uint8_t { kNone, kReserved, kCommitted, kReleased };

struct Operation {
  OperationId id;
  uint64_t fingerprint = 0;
  int64_t time_us = 0;  // of the reservation, then of what settled it
  std::bitset<limits::kCharges> taken;
  uint32_t first_note = 0;  // of the book's notes; 0 = none
  OperationState state = OperationState::kNone;
  bool has_actual = false;
  Actual actual;

  bool used() const { return state != OperationState::kNone; }
  /// As it was settled before, or in another way.
  SettleStatus Again(OperationState as, const std::optional<Actual>& with) const {
    const bool same = state == as && has_actual == with.has_value() &&
                      (!with || (with->unit == actual.unit && with->amount == actual.amount));
    return same ? SettleStatus::kAlready : SettleStatus::kConflict;
  }
};

/// The operations of one shard. What each has taken is a chain of notes, and those of settled ones
/// are used again, so that a book that is as large as it gets does not allocate.
class OperationBook {
 public:
  FlatTable<Operation>& table() { return table_; }

  /// Of a stamp: class kStamp, and how long it is kept as the token.
  void Note(Operation& operation, const Taken& taken) {
    uint32_t at = free_;
    if (at == 0) {
      if (notes_.empty()) notes_.emplace_back();  // number 0 is none
      at = static_cast<uint32_t>(notes_.size());
      notes_.emplace_back();
    } else {
      free_ = notes_[at].next;
    }
    notes_[at] = {taken, operation.first_note};
    operation.first_note = at;
  }

  template <typename Visit>
  void ForEachNote(const Operation& operation, Visit&& visit) {
    for (uint32_t at = operation.first_note; at != 0; at = notes_[at].next) visit(notes_[at].taken);
  }

  void Forget(Operation& operation) {
    while (operation.first_note != 0) {
      const uint32_t at = operation.first_note;
      operation.first_note = notes_[at].next;
      notes_[at].next = free_;
      free_ = at;
    }
  }

  /// The counter begins anew: nothing is given back to it.
  void Disown(CounterId id) {
    for (NoteCell& cell : notes_) {
      if (cell.taken.id == id && cell.taken.of != CounterClass::kStamp) cell.taken.token = kNever;
    }
  }

  size_t EraseOld(int64_t before_us) {
    return EraseIf([&](const Operation& operation) { return operation.time_us <= before_us; });
  }
  size_t EraseSettled() {
    return EraseIf(
        [](const Operation& operation) { return operation.state != OperationState::kReserved; });
  }

 private:
  struct NoteCell {
    Taken taken;
    uint32_t next = 0;
  };

  template <typename Gone>
  size_t EraseIf(Gone&& gone) {
    return table_.EraseIf([&](Operation& operation) {
      if (!gone(operation)) return false;
      Forget(operation);
      return true;
    });
  }

  FlatTable<Operation> table_;
  std::vector<NoteCell> notes_;
  uint32_t free_ = 0;
};

}  // namespace cap::state
