// The hand-written predicate of shapes/label_ticket.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/label_ticket.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::label_ticket {
namespace {

constexpr uint64_t kRequired = Bits(slot::labels, slot::visibility, slot::watchers);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool labels = Has(frame, slot::labels);
  m.Put(0, Of(labels, MaskSubset(s[slot::labels], k[lit::allowed])));
  m.Put(1, Of(labels, MaskDisjoint(s[slot::labels], k[lit::secret])));
  m.Put(2, Of(labels, MaskSize(s[slot::labels]) <= Word(k[lit::max_labels])));
  m.Put(3, Of(Has(frame, slot::visibility), MaskIn(s[slot::visibility], k[lit::visibilities])));
  m.Put(4,
        Or(Of(labels, !MaskIn(k[lit::question], s[slot::labels])),
           Of(Has(frame, slot::watchers), Word(s[slot::watchers]) >= Word(k[lit::min_watchers]))));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool ok = MaskSubset(s[slot::labels], k[lit::allowed]) &
                  MaskDisjoint(s[slot::labels], k[lit::secret]) &
                  (MaskSize(s[slot::labels]) <= Word(k[lit::max_labels])) &
                  MaskIn(s[slot::visibility], k[lit::visibilities]) &
                  (!MaskIn(k[lit::question], s[slot::labels]) |
                   (Word(s[slot::watchers]) >= Word(k[lit::min_watchers])));
  return ok ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::label_ticket
