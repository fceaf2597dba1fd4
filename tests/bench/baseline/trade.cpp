// The hand-written predicate of shapes/trade.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/trade.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::trade {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::symbol, slot::quantity, slot::price, slot::fee, slot::side);

Number ValueOf(const Slot* s) {
  return Add(Mul(IntOf(s[slot::quantity]), IntOf(s[slot::price])), IntOf(s[slot::fee]));
}
Number Net(const Slot* s) { return Sub(IntOf(s[slot::price]), IntOf(s[slot::fee])); }

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool quantity = Has(frame, slot::quantity);
  const bool prices = Has(frame, slot::price) & Has(frame, slot::fee);
  const Number value = ValueOf(s);
  const Number net = Net(s);
  m.Put(0, Of(quantity & prices & value.ok, value.value <= Word(k[lit::max_value])));
  m.Put(1, Of(quantity, Word(s[slot::quantity]) >= Word(k[lit::min_quantity])));
  m.Put(2, Of(prices & net.ok, net.value >= Word(k[lit::zero])));
  m.Put(3, Or(Of(Has(frame, slot::side), s[slot::side].lo == k[lit::buy].lo),
              Of(quantity, Word(s[slot::quantity]) <= Word(k[lit::max_short]))));
  m.Put(4, Of(Has(frame, slot::symbol), StrEq(s[slot::symbol], k[lit::symbol])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Number value = ValueOf(s);
  const Number net = Net(s);
  const bool cheap =
      value.ok & (value.value <= Word(k[lit::max_value])) &
      (Word(s[slot::quantity]) >= Word(k[lit::min_quantity])) & net.ok &
      (net.value >= Word(k[lit::zero])) &
      ((s[slot::side].lo == k[lit::buy].lo) | (Word(s[slot::quantity]) <= Word(k[lit::max_short])));
  return cheap && StrEq(s[slot::symbol], k[lit::symbol]) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::trade
