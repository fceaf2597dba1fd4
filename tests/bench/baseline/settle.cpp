// The hand-written predicate of shapes/settle.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/settle.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::settle {
namespace {

constexpr uint64_t kRequired = Bits(slot::lines, slot::total);
constexpr uint64_t kStepUps = Bit(6);

constexpr uint32_t kLine = 4;  // marker, sku, price, source
constexpr uint32_t kPrice = 2;
constexpr uint32_t kSource = 3;

/// Lists are short and no price is below zero: the sum of their prices is exact in 128 bits, and
/// what does not fit 64 is a fault.
struct Totals {
  unsigned __int128 sum = 0;
  int64_t certificates = 0;
  bool prices_known = true;
  bool sources_known = true;
  Rails cheap = kTrue;
  Rails cash = kFalse;
};

Totals TotalsOf(const Slot& lines, uint64_t currency, const Slot* k) {
  Totals t;
  const Slot* e = ElementsOf(lines);
  for (uint32_t i = 0; i < CountOf(lines); ++i, e += kLine) {
    const bool price = (e->lo >> kPrice & 1) != 0;
    const bool source = (e->lo >> kSource & 1) != 0;
    t.prices_known &= price & (e[kPrice].hi == currency);
    t.sources_known &= source;
    t.sum += e[kPrice].lo;
    t.certificates += source && StrEq(e[kSource], k[lit::certificate]);
    t.cheap = And(t.cheap, Of(price & SameCurrency(e[kPrice], k[lit::max_price]),
                              Word(e[kPrice]) <= Word(k[lit::max_price])));
    t.cash = Or(t.cash, Of(source, StrEq(e[kSource], k[lit::cash])));
  }
  t.prices_known &= t.sum <= INT64_MAX;
  return t;
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool lines = Has(frame, slot::lines);
  const bool total = Has(frame, slot::total);
  m.Put(0, Of(lines, CountOf(s[slot::lines]) <= Word(k[lit::max_lines])));
  m.Put(5, Of(total & SameCurrency(s[slot::total], k[lit::max_total]),
              Word(s[slot::total]) <= Word(k[lit::max_total])));
  const bool open = !m.AllTrue();
  const bool small = total & SameCurrency(s[slot::total], k[lit::approval_above]) &
                     (Word(s[slot::total]) <= Word(k[lit::approval_above]));
  m.Put(6, Of(true, small | Approved(frame, k[lit::approver])));
  if (open) {
    m.skipped = Bits(1, 2, 3, 4);
    return m;
  }
  const Totals t = TotalsOf(s[slot::lines], s[slot::total].hi, k);
  m.Put(1, Of(lines & total & t.prices_known,
              static_cast<uint64_t>(t.sum) == s[slot::total].lo));
  m.Put(2, Of(lines & t.sources_known, t.certificates <= Word(k[lit::max_certificates])));
  m.Put(3, t.cheap);
  m.Put(4, Not(t.cash));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record), kStepUps);
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Slot& total = s[slot::total];
  if (!((CountOf(s[slot::lines]) <= Word(k[lit::max_lines])) & MoneyLe(total, k[lit::max_total]))) {
    return kRefused;
  }
  const Slot& certificate = k[lit::certificate];
  const Slot& cash = k[lit::cash];
  const Slot& max_price = k[lit::max_price];
  int64_t sum = 0;
  int64_t certificates = 0;
  const Slot* e = ElementsOf(s[slot::lines]);
  for (uint32_t i = 0, n = CountOf(s[slot::lines]); i < n; ++i, e += kLine) {
    const Slot& price = e[kPrice];
    const Slot& source = e[kSource];
    const bool ok = ((e->lo & Bits(kPrice, kSource)) == Bits(kPrice, kSource)) &
                    SameCurrency(price, total) & MoneyLe(price, max_price) &
                    !__builtin_add_overflow(sum, Word(price), &sum);
    if (!ok || StrEq(source, cash)) return kRefused;
    certificates += StrEq(source, certificate);
  }
  if (!((sum == Word(total)) & (certificates <= Word(k[lit::max_certificates])))) return kRefused;
  const bool satisfied = MoneyLe(total, k[lit::approval_above]) | Approved(frame, k[lit::approver]);
  return static_cast<uint64_t>(!satisfied) << 6;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::settle
