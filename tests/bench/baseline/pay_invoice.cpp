// The hand-written predicate of shapes/pay_invoice.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/pay_invoice.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::pay_invoice {
namespace {

constexpr uint64_t kRequired = Bits(slot::net, slot::tax, slot::discount, slot::invoice_total,
                                    slot::invoice_approved, slot::invoice_supplier);

Number Gross(const Slot* s) { return Add(MoneyOf(s[slot::net]), MoneyOf(s[slot::tax])); }

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool sum = Has(frame, slot::net) & Has(frame, slot::tax);
  const bool discount = Has(frame, slot::discount);
  const Number gross = Gross(s);
  const Number due = SubMoney(gross, MoneyOf(s[slot::discount]));
  m.Put(0, Of(sum & discount & due.ok & (due.currency == k[lit::limit].hi),
              due.value <= Word(k[lit::limit])));
  m.Put(1, Of(sum & Has(frame, slot::invoice_total) & gross.ok &
                  (gross.currency == s[slot::invoice_total].hi),
              gross.value == Word(s[slot::invoice_total])));
  m.Put(2, Of(Has(frame, slot::invoice_approved), True(s[slot::invoice_approved])));
  m.Put(3,
        Of(Has(frame, slot::invoice_supplier), StrEq(s[slot::invoice_supplier], k[lit::supplier])));
  m.Put(4, Of(Has(frame, slot::net) & discount & SameCurrency(s[slot::net], s[slot::discount]),
              Word(s[slot::discount]) <= Word(s[slot::net])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Number gross = Gross(s);
  const Number due = SubMoney(gross, MoneyOf(s[slot::discount]));
  const bool cheap =
      due.ok & (due.currency == k[lit::limit].hi) & (due.value <= Word(k[lit::limit])) &
      (gross.currency == s[slot::invoice_total].hi) &
      (gross.value == Word(s[slot::invoice_total])) & True(s[slot::invoice_approved]) &
      (Word(s[slot::discount]) <= Word(s[slot::net]));
  return cheap && StrEq(s[slot::invoice_supplier], k[lit::supplier]) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::pay_invoice
