// What is known of a limit when a grant is published: its numbers are nearly always constants of
// the grant. Worked out once for all records that have the same constants, and kept in front of
// them (const_pool.h), so that a call only adds what it brings itself: an amount, keys, the time.
//
// A template says the same as a LimitReader, or says that it cannot (Way::kGeneral). The reader is
// the rule, and a test compares both.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

#include "runtime/base/span.h"
#include "runtime/engine/const_pool.h"
#include "runtime/engine/counter_id.h"
#include "runtime/engine/part_cache.h"
#include "runtime/engine/period.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "runtime/state/store.h"

namespace cap::engine {

struct TermTemplate {
  enum class Way : uint8_t {
    kGeneral,   // a LimitReader has to say
    kReady,     // all is known but `amount_slot` and `keys`
    kCalendar,  // … and the bounds of the period
  };
  /// A key that a call brings.
  struct Key {
    uint32_t slot = kNone;  // of the frame; kNone: the subject
    TypeIndex type = 0;
    uint16_t shift = 0;     // parts of the counter's name that come after it
    uint16_t text = 0;      // 1: of a type that is a text
  };
  static constexpr uint32_t kKeys = 2;

  /// Checked as a store checks it, with an amount of 1 where a call brings it. The identity has
  /// the unit and the keys that are constants.
  state::Charge charge;
  uint64_t zone = 0;              // address of its words; 0: UTC
  uint32_t zone_words = 0;
  uint32_t amount_slot = kNone;   // kNone: it is in `charge`
  Span span;                      // of the limit
  uint16_t clause = 0xFFFF;       // … in the admit bits
  uint16_t currency = 0;          // of the amount that the call brings; 0: it has none
  Way way = Way::kGeneral;
  Period period = Period::kTotal;
  uint8_t key_count = 0;
  bool own = false;               // no key but the subject, as of most counters
  std::array<Key, kKeys> keys;
};
static_assert(std::is_trivially_copyable_v<TermTemplate> &&
              std::has_unique_object_representations_v<TermTemplate>);
static_assert(sizeof(TermTemplate) == 128 && sizeof(TermTemplate) % sizeof(Slot) == 0);

/// Whether templates of the term say anything: whatever else they are made of is constant.
bool MayHaveTemplate(const LimitTerm& term);

/// The template of a term of a rule, whose constants these are. `id`: the counter before its unit
/// and keys are told; `span`: of the limit.
TermTemplate MakeTemplate(const Program& program, const CounterHash& hash, const LimitTerm& term,
                          const state::CounterId& id, const Span& span,
                          std::span<const TypedSlot> constants);

/// The templates that stand in front of a block of constants. INVARIANT: so many do.
inline const TermTemplate* TemplatesBefore(const Slot* constants, uint32_t count) {
  return reinterpret_cast<const TermTemplate*>(constants) - count;
}

/// The periods that were asked for last: of each kind one. A period is the same for every time in
/// it (BoundsOf).
class PeriodCache {
 public:
  /// Null: there is none. `program`: the number of the Load, whose zone it is. INVARIANT: of a
  /// template of Way::kCalendar.
  const PeriodBounds* Of(const TermTemplate& term, uint32_t program, int64_t now_us) {
    Entry& entry = entries_[static_cast<size_t>(term.period)];
    const bool known = entry.zone == term.zone && entry.program == program &&
                       entry.bounds.begin_us <= now_us && now_us < entry.bounds.end_us;
    return known ? &entry.bounds : Find(term, program, now_us, entry);
  }

 private:
  struct Entry {
    uint64_t zone = 0;
    uint32_t program = 0;
    PeriodBounds bounds;
  };
  static const PeriodBounds* Find(const TermTemplate& term, uint32_t program, int64_t now_us,
                                  Entry& entry);

  std::array<Entry, static_cast<size_t>(Period::kTotal)> entries_;
};

/// What the templates of one call have in common.
struct TemplateCall {
  const Program& program;
  uint32_t number;  // of its Load
  const FrameHeader* frame;
  const CounterHash& hash;
  const state::CounterId& subject;  // its part of a counter's name
  PeriodCache& periods;
  PartCache& parts;
};

/// Adds the keys that a call brings. False: as of Fill().
bool AddKeys(const TermTemplate& term, const TemplateCall& call, state::CounterId& id);

/// Adds what the call brings to a charge of the term, whatever an earlier call has brought to it.
/// False: as of Fill().
[[gnu::always_inline]] inline bool Bring(const TermTemplate& term, const TemplateCall& call,
                                         state::Charge& charge) {
  const int64_t now_us = call.frame->now_us;
  if (static_cast<uint64_t>(now_us) > limits::kTimeUs) return false;
  if (term.amount_slot != kNone) {
    if (!BitOf(call.frame->present, term.amount_slot)) return false;
    const Slot& amount = SlotsOf(call.frame)[term.amount_slot];
    if (amount.lo - 1 >= static_cast<uint64_t>(limits::kQuantity)) return false;
    if (term.currency != 0 && amount.hi != term.currency) return false;
    charge.amount = static_cast<int64_t>(amount.lo);
  }
  if (term.way == TermTemplate::Way::kCalendar) {
    const PeriodBounds* bounds = call.periods.Of(term, call.number, now_us);
    if (bounds == nullptr || bounds->begin_us < 0 || bounds->end_us > limits::kTimeUs) {
      return false;
    }
    charge.begin_us = bounds->begin_us;
    charge.end_us = bounds->end_us;
  }
  if (!term.own) {
    charge.id = term.charge.id;
    return AddKeys(term, call, charge.id);
  }
  charge.id = CounterHash::Add(term.charge.id, call.subject, 0);
  return true;
}

/// What the call is charged. False: as LimitReader::Read(). INVARIANT: the way is not kGeneral.
[[gnu::always_inline]] inline bool Fill(const TermTemplate& term, const TemplateCall& call,
                                        state::Charge& charge) {
  charge = term.charge;
  return Bring(term, call, charge);
}

}  // namespace cap::engine
