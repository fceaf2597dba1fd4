// The hand-written predicate of shapes/deploy.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/deploy.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::deploy {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::at, slot::canary, slot::region, slot::environment, slot::freeze, slot::load);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool at = Has(frame, slot::at);
  m.Put(0, Of(Has(frame, slot::environment), StrEq(s[slot::environment], k[lit::environment])));
  m.Put(1, Of(Has(frame, slot::freeze), !True(s[slot::freeze])));
  m.Put(2, Of(at, Word(s[slot::at]) >= Word(k[lit::opens])));
  m.Put(3, Of(at, Word(s[slot::at]) < Word(k[lit::closes])));
  m.Put(4, Of(Has(frame, slot::region), MaskIn(s[slot::region], k[lit::regions])));
  m.Put(5, Or(Of(Has(frame, slot::canary), Word(s[slot::canary]) <= Word(k[lit::max_canary])),
              Of(Has(frame, slot::load), Word(s[slot::load]) < Word(k[lit::max_load]))));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = !True(s[slot::freeze]) & (Word(s[slot::at]) >= Word(k[lit::opens])) &
                     (Word(s[slot::at]) < Word(k[lit::closes])) &
                     MaskIn(s[slot::region], k[lit::regions]) &
                     ((Word(s[slot::canary]) <= Word(k[lit::max_canary])) |
                      (Word(s[slot::load]) < Word(k[lit::max_load])));
  return cheap && StrEq(s[slot::environment], k[lit::environment]) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::deploy
