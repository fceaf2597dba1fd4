// The hand-written predicate of shapes/book_travel.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/book_travel.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::book_travel {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::nights, slot::rate, slot::extras, slot::city, slot::traveller);

Number Cost(const Slot* s) {
  return Add(MulMoney(MoneyOf(s[slot::rate]), IntOf(s[slot::nights])), MoneyOf(s[slot::extras]));
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool nights = Has(frame, slot::nights);
  const bool rate = Has(frame, slot::rate);
  const Number cost = Cost(s);
  m.Put(0,
        Of(nights & rate & Has(frame, slot::extras) & cost.ok & (cost.currency == k[lit::limit].hi),
           cost.value <= Word(k[lit::limit])));
  m.Put(1, Of(rate & SameCurrency(s[slot::rate], k[lit::max_rate]),
              Word(s[slot::rate]) <= Word(k[lit::max_rate])));
  m.Put(2, Of(nights, Word(s[slot::nights]) >= Word(k[lit::min_nights])));
  m.Put(3, Of(nights, Word(s[slot::nights]) <= Word(k[lit::max_nights])));
  m.Put(4, Of(Has(frame, slot::city), MaskIn(s[slot::city], k[lit::cities])));
  m.Put(5, Of(Has(frame, slot::traveller), StrEq(s[slot::traveller], k[lit::traveller])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Number cost = Cost(s);
  const bool cheap =
      cost.ok & (cost.currency == k[lit::limit].hi) & (cost.value <= Word(k[lit::limit])) &
      MoneyLe(s[slot::rate], k[lit::max_rate]) &
      (Word(s[slot::nights]) >= Word(k[lit::min_nights])) &
      (Word(s[slot::nights]) <= Word(k[lit::max_nights])) & MaskIn(s[slot::city], k[lit::cities]);
  return cheap && StrEq(s[slot::traveller], k[lit::traveller]) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::book_travel
