// The hand-written predicate of shapes/create_instance.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/create_instance.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::create_instance {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::size, slot::count, slot::disk, slot::region, slot::owner, slot::spot);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool count = Has(frame, slot::count);
  const Number disk = Mul(IntOf(s[slot::disk]), IntOf(s[slot::count]));
  m.Put(0, Of(Has(frame, slot::size), MaskIn(s[slot::size], k[lit::sizes])));
  m.Put(1, Of(count, Word(s[slot::count]) <= Word(k[lit::max_count])));
  m.Put(2, Of(count & Has(frame, slot::disk) & disk.ok, disk.value <= Word(k[lit::max_disk])));
  m.Put(3, Of(Has(frame, slot::region), MaskIn(s[slot::region], k[lit::regions])));
  m.Put(4, Of(Has(frame, slot::owner), StrEq(s[slot::owner], k[lit::team])));
  m.Put(5, Or(Of(Has(frame, slot::spot), True(s[slot::spot])),
              Of(count, Word(s[slot::count]) <= Word(k[lit::max_firm]))));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Number disk = Mul(IntOf(s[slot::disk]), IntOf(s[slot::count]));
  const bool cheap =
      MaskIn(s[slot::size], k[lit::sizes]) & (Word(s[slot::count]) <= Word(k[lit::max_count])) &
      disk.ok & (disk.value <= Word(k[lit::max_disk])) & MaskIn(s[slot::region], k[lit::regions]) &
      (True(s[slot::spot]) | (Word(s[slot::count]) <= Word(k[lit::max_firm])));
  return cheap && StrEq(s[slot::owner], k[lit::team]) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::create_instance
