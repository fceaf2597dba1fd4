// The hand-written predicate of shapes/assign.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/assign.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::assign {
namespace {

constexpr uint64_t kRequired = Bits(slot::ids, slot::team, slot::level, slot::shift);

Number Score(const Slot* s, const Slot* k) {
  return Add(Mul(IntOf(s[slot::level]), IntOf(k[lit::factor])), IntOf(k[lit::offset]));
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const Number score = Score(s, k);
  m.Put(2, Of(Has(frame, slot::level) & score.ok, score.value <= Word(k[lit::max_score])));
  m.Put(3, Of(Has(frame, slot::shift), MaskIn(s[slot::shift], k[lit::shifts])));
  m.Put(4, Of(Has(frame, slot::ids), CountOf(s[slot::ids]) <= Word(k[lit::max_ids])));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 1);
    return m;
  }
  m.Put(0, Of(Has(frame, slot::ids), WordSubset(s[slot::ids], k[lit::ids])));
  m.Put(1, Of(Has(frame, slot::team), WordIn(s[slot::team], k[lit::teams])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Number score = Score(s, k);
  const bool cheap = score.ok & (score.value <= Word(k[lit::max_score])) &
                     MaskIn(s[slot::shift], k[lit::shifts]) &
                     (CountOf(s[slot::ids]) <= Word(k[lit::max_ids]));
  return cheap && WordIn(s[slot::team], k[lit::teams]) && WordSubset(s[slot::ids], k[lit::ids])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::assign
