// What a store knows of the calls that were reserved: what can be given back, and the answer.
// OperationBook is that of a store in memory, one a shard, under the shard's lock.
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

/// One operation in the book: a line of the cache. A charge that was alone lies in it whole; of
/// several charges the most of it lies apart.
struct alignas(64) OperationCell {
  OperationId id;
  CounterId counter;
  union {
    int64_t amount = 0;
    uint64_t several;  // not alone: where the rest of it is
  };
  int64_t token = 0;  // as Taken has it; once settled: what was actually taken
  int64_t time_us = 0;
  uint16_t unit = 0;
  uint16_t group = 0;
  uint8_t alternative = 0;
  CounterKind kind = CounterKind::kQuota;
  OperationState state = OperationState::kNone;
  bool alone : 1 = false;
  bool has_actual : 1 = false;

  bool used() const { return state != OperationState::kNone; }

  // INVARIANT of these: it is alone.
  void Keep(const Charge& charge, int64_t its_token) {
    alone = true;
    has_actual = false;
    counter = charge.id;
    amount = charge.amount;
    token = its_token;
    unit = charge.unit;
    group = charge.group;
    alternative = static_cast<uint8_t>(charge.alternative);
    kind = charge.kind;
  }
  bool IsOf(const Charge& charge) const {
    return counter == charge.id && amount == charge.amount && unit == charge.unit &&
           kind == charge.kind && group == charge.group && alternative == charge.alternative;
  }
  Taken taken() const { return {counter, ClassOf(kind), unit, amount, token}; }
};
static_assert(sizeof(OperationCell) == 64);

/// The operations of one shard. What lies apart of settled ones is used again, so that a book that
/// is as large as it gets does not allocate.
class OperationBook {
 public:
  /// Of an operation whose charges were not one alone.
  struct Several {
    uint64_t fingerprint = 0;
    std::bitset<limits::kCharges> taken;
    Actual actual;
    uint32_t first_note = 0;  // of the notes; 0 = none
    uint32_t next = 0;        // of those that are free
  };

  FlatTable<OperationCell>& table() { return table_; }
  const FlatTable<OperationCell>& table() const { return table_; }

  Several& SeveralOf(const OperationCell& cell) { return several_[cell.several]; }
  const Several& SeveralOf(const OperationCell& cell) const { return several_[cell.several]; }

  /// Room for what does not lie in the cell.
  Several& MakeSeveral(OperationCell& cell) {
    uint32_t at = free_several_;
    if (at == 0) {
      if (several_.empty()) several_.emplace_back();  // number 0 is none
      at = static_cast<uint32_t>(several_.size());
      several_.emplace_back();
    } else {
      free_several_ = several_[at].next;
    }
    cell.alone = cell.has_actual = false;
    cell.several = at;
    Several& several = several_[at];
    several.fingerprint = 0;
    several.taken.reset();
    several.actual = {};
    several.first_note = several.next = 0;
    return several;
  }

  /// Of a stamp: class kStamp, and how long it is kept as the token.
  void Note(Several& several, const Taken& taken) {
    uint32_t at = free_note_;
    if (at == 0) {
      if (notes_.empty()) notes_.emplace_back();  // number 0 is none
      at = static_cast<uint32_t>(notes_.size());
      notes_.emplace_back();
    } else {
      free_note_ = notes_[at].next;
    }
    notes_[at].taken = taken;
    notes_[at].next = several.first_note;
    several.first_note = at;
  }

  template <typename Visit>
  void ForEachNote(const Several& several, Visit&& visit) const {
    for (uint32_t at = several.first_note; at != 0; at = notes_[at].next) visit(notes_[at].taken);
  }

  void Forget(Several& several) {
    while (several.first_note != 0) {
      const uint32_t at = several.first_note;
      several.first_note = notes_[at].next;
      notes_[at].next = free_note_;
      free_note_ = at;
    }
  }

  /// As it was settled before, or in another way.
  SettleStatus Again(const OperationCell& cell, OperationState as,
                     const std::optional<Actual>& with) const {
    Operation known;
    known.state = cell.state;
    known.has_actual = cell.has_actual;
    known.actual = cell.alone ? Actual{cell.unit, cell.token} : SeveralOf(cell).actual;
    return known.Again(as, with);
  }

  /// The counter begins anew: nothing is given back to it.
  void Disown(CounterId id) {
    for (NoteCell& note : notes_) {
      if (note.taken.id == id && note.taken.of != CounterClass::kStamp) note.taken.token = kNever;
    }
    table_.ForEach([&](OperationCell& cell) {
      const bool owns = cell.alone && cell.state == OperationState::kReserved && cell.counter == id;
      if (owns) cell.token = kNever;
    });
  }

  size_t EraseOld(int64_t before_us) {
    return EraseIf([&](const OperationCell& cell) { return cell.time_us <= before_us; });
  }
  size_t EraseSettled() {
    return EraseIf([](const OperationCell& cell) {
      return cell.state != OperationState::kReserved;
    });
  }

 private:
  struct NoteCell {
    Taken taken;
    uint32_t next = 0;
  };

  template <typename Gone>
  size_t EraseIf(Gone&& gone) {
    return table_.EraseIf([&](OperationCell& cell) {
      if (!gone(cell)) return false;
      if (!cell.alone) {
        Several& several = SeveralOf(cell);
        Forget(several);
        several.next = free_several_;
        free_several_ = static_cast<uint32_t>(cell.several);
      }
      return true;
    });
  }

  FlatTable<OperationCell> table_;
  std::vector<Several> several_;
  std::vector<NoteCell> notes_;
  uint32_t free_several_ = 0;
  uint32_t free_note_ = 0;
};

}  // namespace cap::state
