// The hand-written predicate of shapes/transfer.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/transfer.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::transfer {
namespace {

constexpr uint64_t kRequired = Bits(slot::amount, slot::currency, slot::account_iban,
                                    slot::account_kind, slot::account_balance);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool amount = Has(frame, slot::amount);
  m.Put(0, Of(amount & Has(frame, slot::account_balance) &
                  SameCurrency(s[slot::amount], s[slot::account_balance]),
              Word(s[slot::amount]) <= Word(s[slot::account_balance])));
  m.Put(1, Of(amount & SameCurrency(s[slot::amount], k[lit::limit]),
              Word(s[slot::amount]) <= Word(k[lit::limit])));
  m.Put(2, Of(Has(frame, slot::account_kind), StrEq(s[slot::account_kind], k[lit::checking])));
  m.Put(3, Of(Has(frame, slot::account_iban), StrEq(s[slot::account_iban], k[lit::iban])));
  if (!m.AllTrue()) {
    m.skipped = Bit(4);
    return m;
  }
  m.Put(4, Of(Has(frame, slot::currency), StrIn(s[slot::currency], k[lit::currencies])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = MoneyLe(s[slot::amount], s[slot::account_balance]) &
                     MoneyLe(s[slot::amount], k[lit::limit]) &
                     (s[slot::account_kind].hi == k[lit::checking].hi) &
                     (s[slot::account_iban].hi == k[lit::iban].hi);
  return cheap && StrEq(s[slot::account_kind], k[lit::checking]) &&
                 StrEq(s[slot::account_iban], k[lit::iban]) &&
                 StrIn(s[slot::currency], k[lit::currencies])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::transfer
