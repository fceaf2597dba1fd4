// The hand-written predicate of shapes/read_record.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/read_record.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::read_record {
namespace {

constexpr uint64_t kRequired = Bits(slot::section, slot::use, slot::chart_ward, slot::chart_sealed,
                                    slot::chart_updated_at, slot::staff_ward, slot::staff_role);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool role = Has(frame, slot::staff_role);
  m.Put(0, Of(Has(frame, slot::chart_ward) & Has(frame, slot::staff_ward),
              StrEq(s[slot::chart_ward], s[slot::staff_ward])));
  m.Put(1, Of(Has(frame, slot::section), MaskIn(s[slot::section], k[lit::sections])));
  m.Put(2, Of(role, MaskIn(s[slot::staff_role], k[lit::roles])));
  m.Put(3, Or(Of(Has(frame, slot::chart_sealed), !True(s[slot::chart_sealed])),
              Of(role, s[slot::staff_role].lo == k[lit::doctor].lo)));
  m.Put(4, Of(Has(frame, slot::use), StrEq(s[slot::use], k[lit::treatment])));
  m.Put(5, Of(Has(frame, slot::chart_updated_at),
              Word(s[slot::chart_updated_at]) >= Word(k[lit::since])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap =
      MaskIn(s[slot::section], k[lit::sections]) & MaskIn(s[slot::staff_role], k[lit::roles]) &
      (!True(s[slot::chart_sealed]) | (s[slot::staff_role].lo == k[lit::doctor].lo)) &
      (Word(s[slot::chart_updated_at]) >= Word(k[lit::since])) &
      (s[slot::chart_ward].hi == s[slot::staff_ward].hi) &
      (s[slot::use].hi == k[lit::treatment].hi);
  return cheap && StrEq(s[slot::chart_ward], s[slot::staff_ward]) &&
                 StrEq(s[slot::use], k[lit::treatment])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::read_record
