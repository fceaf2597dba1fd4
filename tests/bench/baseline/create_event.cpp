// The hand-written predicate of shapes/create_event.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/create_event.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::create_event {
namespace {

constexpr uint64_t kRequired = Bits(slot::starts, slot::ends, slot::attendees);
constexpr uint64_t kOptional = Bits(slot::room);

bool AllFrom(const Slot& list, const Slot& domains) {
  const Slot* e = ElementsOf(list);
  for (uint32_t i = 0, n = CountOf(list); i < n; ++i) {
    if (!StrIn(EmailDomainOf(e[i]), domains)) return false;
  }
  return true;
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool starts = Has(frame, slot::starts);
  const bool ends = Has(frame, slot::ends);
  m.Put(0, Of(starts & ends, Word(s[slot::starts]) < Word(s[slot::ends])));
  m.Put(1, Of(starts, Word(s[slot::starts]) >= Word(k[lit::opens])));
  m.Put(2, Of(ends, Word(s[slot::ends]) <= Word(k[lit::horizon])));
  m.Put(3, Of(Has(frame, slot::attendees),
              CountOf(s[slot::attendees]) <= Word(k[lit::max_attendees])));
  if (!m.AllTrue()) {
    m.skipped = Bits(4, 5);
    return m;
  }
  m.Put(4, Or(Absent(frame, slot::room),
              Of(Has(frame, slot::room), StrIn(s[slot::room], k[lit::rooms]))));
  m.Put(5, Of(Has(frame, slot::attendees), AllFrom(s[slot::attendees], k[lit::domains])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired, kOptional)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (Word(s[slot::starts]) < Word(s[slot::ends])) &
                     (Word(s[slot::starts]) >= Word(k[lit::opens])) &
                     (Word(s[slot::ends]) <= Word(k[lit::horizon])) &
                     (CountOf(s[slot::attendees]) <= Word(k[lit::max_attendees]));
  return cheap && (!Has(frame, slot::room) || StrIn(s[slot::room], k[lit::rooms])) &&
                 AllFrom(s[slot::attendees], k[lit::domains])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::create_event
