// The hand-written predicate of shapes/open_door.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/open_door.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::open_door {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::zone, slot::hour, slot::visitors, slot::alarm, slot::person_role,
         slot::person_cleared, slot::person_suspended, slot::person_expired);

Rails Known(const FrameHeader* frame, unsigned i) {
  return Of(Has(frame, i), True(SlotsOf(frame)[i]));
}
Rails Is(const FrameHeader* frame, unsigned i, const Slot& value) {
  return Of(Has(frame, i), SlotsOf(frame)[i].lo == value.lo);
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool hour = Has(frame, slot::hour);
  m.Put(0, Or(Not(Known(frame, slot::alarm)), Is(frame, slot::person_role, k[lit::guard])));
  m.Put(1, Or(And(Of(hour, Word(s[slot::hour]) >= Word(k[lit::opens])),
                  Of(hour, Word(s[slot::hour]) < Word(k[lit::closes]))),
              Is(frame, slot::person_role, k[lit::guard_2])));
  m.Put(2, Or(Of(Has(frame, slot::zone), MaskIn(s[slot::zone], k[lit::easy])),
              And(Is(frame, slot::zone, k[lit::lab]), Known(frame, slot::person_cleared))));
  m.Put(3,
        Or(Or(Is(frame, slot::visitors, k[lit::zero]), Is(frame, slot::person_role, k[lit::host])),
           Is(frame, slot::person_role, k[lit::guard_3])));
  m.Put(4, Not(Or(Known(frame, slot::person_suspended), Known(frame, slot::person_expired))));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const uint64_t role = s[slot::person_role].lo;
  const uint64_t zone = s[slot::zone].lo;
  const bool ok = (!True(s[slot::alarm]) | (role == k[lit::guard].lo)) &
                  (((Word(s[slot::hour]) >= Word(k[lit::opens])) &
                    (Word(s[slot::hour]) < Word(k[lit::closes]))) |
                   (role == k[lit::guard_2].lo)) &
                  (MaskIn(s[slot::zone], k[lit::easy]) |
                   ((zone == k[lit::lab].lo) & True(s[slot::person_cleared]))) &
                  ((s[slot::visitors].lo == k[lit::zero].lo) | (role == k[lit::host].lo) |
                   (role == k[lit::guard_3].lo)) &
                  !True(s[slot::person_suspended]) & !True(s[slot::person_expired]);
  return ok ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::open_door
