// The hand-written predicate of shapes/checkout.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/checkout.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::checkout {
namespace {

constexpr uint64_t kRequired = Bits(slot::items, slot::total, slot::express);
constexpr uint64_t kOptional = Bits(slot::coupon);

constexpr uint32_t kItem = 4;  // marker, sku, quantity, price
constexpr uint32_t kSku = 1;
constexpr uint32_t kQuantity = 2;

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool total = Has(frame, slot::total);
  m.Put(0, Of(Has(frame, slot::items), CountOf(s[slot::items]) <= Word(k[lit::max_items])));
  m.Put(2, Of(total & SameCurrency(s[slot::total], k[lit::limit]),
              Word(s[slot::total]) <= Word(k[lit::limit])));
  m.Put(3, Or(Absent(frame, slot::coupon),
              Of(Has(frame, slot::coupon), StrEq(s[slot::coupon], k[lit::coupon]))));
  m.Put(5, Or(Of(Has(frame, slot::express), True(s[slot::express])),
              Of(total & SameCurrency(s[slot::total], k[lit::cheap]),
                 Word(s[slot::total]) <= Word(k[lit::cheap]))));
  if (!m.AllTrue()) {
    m.skipped = Bits(1, 4);
    return m;
  }
  Rails counts = kTrue;
  Rails gift = kFalse;
  const Slot* e = ElementsOf(s[slot::items]);
  for (uint32_t i = 0; i < CountOf(s[slot::items]); ++i, e += kItem) {
    const bool quantity = (e->lo >> kQuantity & 1) != 0;
    counts = And(counts, Of(quantity, (Word(e[kQuantity]) >= Word(k[lit::min_quantity])) &
                                          (Word(e[kQuantity]) <= Word(k[lit::max_quantity]))));
    gift = Or(gift, Of((e->lo >> kSku & 1) != 0, StrEq(e[kSku], k[lit::giftcard])));
  }
  m.Put(1, counts);
  m.Put(4, Not(gift));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired, kOptional)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (CountOf(s[slot::items]) <= Word(k[lit::max_items])) &
                     MoneyLe(s[slot::total], k[lit::limit]) &
                     (True(s[slot::express]) | MoneyLe(s[slot::total], k[lit::cheap]));
  if (!cheap || (Has(frame, slot::coupon) && !StrEq(s[slot::coupon], k[lit::coupon]))) {
    return kRefused;
  }
  const Slot* e = ElementsOf(s[slot::items]);
  for (uint32_t i = 0, n = CountOf(s[slot::items]); i < n; ++i, e += kItem) {
    const bool ok = ((e->lo & Bits(kSku, kQuantity)) == Bits(kSku, kQuantity)) &
                    (Word(e[kQuantity]) >= Word(k[lit::min_quantity])) &
                    (Word(e[kQuantity]) <= Word(k[lit::max_quantity]));
    if (!ok || StrEq(e[kSku], k[lit::giftcard])) return kRefused;
  }
  return kAdmitted;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::checkout
