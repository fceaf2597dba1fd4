// The hand-written predicate of shapes/refund.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/refund.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::refund {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::amount, slot::order_owner, slot::order_status, slot::order_total, slot::order_items);
constexpr uint64_t kStepUps = Bit(5);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool amount = Has(frame, slot::amount);
  m.Put(0, Of(amount & SameCurrency(s[slot::amount], k[lit::limit]),
              Word(s[slot::amount]) <= Word(k[lit::limit])));
  m.Put(1, Of(Has(frame, slot::order_status), StrEq(s[slot::order_status], k[lit::delivered])));
  m.Put(2, Of(amount & Has(frame, slot::order_total) &
                  SameCurrency(s[slot::amount], s[slot::order_total]),
              Word(s[slot::amount]) <= Word(s[slot::order_total])));
  m.Put(3, Of(Has(frame, slot::order_owner), StrEq(s[slot::order_owner], k[lit::customer_id])));
  m.Put(4,
        Of(Has(frame, slot::order_items), Word(s[slot::order_items]) <= Word(k[lit::max_items])));
  const bool small = amount & SameCurrency(s[slot::amount], k[lit::approval_above]) &
                     (Word(s[slot::amount]) <= Word(k[lit::approval_above]));
  m.Put(5, Of(true, small | Approved(frame, k[lit::approver])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record), kStepUps);
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool numbers = MoneyLe(s[slot::amount], k[lit::limit]) &
                       MoneyLe(s[slot::amount], s[slot::order_total]) &
                       (Word(s[slot::order_items]) <= Word(k[lit::max_items])) &
                       (s[slot::order_status].hi == k[lit::delivered].hi) &
                       (s[slot::order_owner].hi == k[lit::customer_id].hi);
  if (!numbers || !StrEq(s[slot::order_status], k[lit::delivered]) ||
      !StrEq(s[slot::order_owner], k[lit::customer_id])) {
    return kRefused;
  }
  const bool satisfied =
      MoneyLe(s[slot::amount], k[lit::approval_above]) | Approved(frame, k[lit::approver]);
  return static_cast<uint64_t>(!satisfied) << 5;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::refund
