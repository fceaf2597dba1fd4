// The hand-written predicate of shapes/cancel_reservation.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/cancel_reservation.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::cancel_reservation {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::reason, slot::reservation_user, slot::reservation_created_at,
         slot::reservation_cabin, slot::reservation_insurance, slot::reservation_flights);

constexpr uint32_t kFlight = 4;  // marker, number, status, price
constexpr uint32_t kStatus = 2;
constexpr uint32_t kPrice = 3;

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const Slot& flights = s[slot::reservation_flights];
  const bool known = Has(frame, slot::reservation_flights);
  const Rails young = Of(Has(frame, slot::reservation_created_at),
                         Word(s[slot::reservation_created_at]) >= Word(k[lit::since]));
  const Rails business =
      Of(Has(frame, slot::reservation_cabin), s[slot::reservation_cabin].lo == k[lit::business].lo);
  const Rails insured =
      Of(Has(frame, slot::reservation_insurance), True(s[slot::reservation_insurance]));
  const Rails reason = Of(Has(frame, slot::reason), MaskIn(s[slot::reason], k[lit::reasons]));
  m.Put(1, Or(Or(young, business), And(insured, reason)));
  m.Put(2, Of(Has(frame, slot::reservation_user), StrEq(s[slot::reservation_user], k[lit::user])));
  m.Put(3, Of(known, CountOf(flights) <= Word(k[lit::max_flights])));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 4);
    return m;
  }
  Rails flown = kFalse;
  Rails cheap = kTrue;
  const Slot* e = ElementsOf(flights);
  for (uint32_t i = 0; i < CountOf(flights); ++i, e += kFlight) {
    flown = Or(flown, Of((e->lo >> kStatus & 1) != 0, MaskIn(e[kStatus], k[lit::flown])));
    cheap = And(cheap, Of((e->lo >> kPrice & 1) != 0 && SameCurrency(e[kPrice], k[lit::max_price]),
                          Word(e[kPrice]) <= Word(k[lit::max_price])));
  }
  m.Put(0, Not(flown));
  m.Put(4, cheap);
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Slot& flights = s[slot::reservation_flights];
  const bool scalars =
      ((Word(s[slot::reservation_created_at]) >= Word(k[lit::since])) |
       (s[slot::reservation_cabin].lo == k[lit::business].lo) |
       (True(s[slot::reservation_insurance]) & MaskIn(s[slot::reason], k[lit::reasons]))) &
      (CountOf(flights) <= Word(k[lit::max_flights]));
  if (!scalars || !StrEq(s[slot::reservation_user], k[lit::user])) return kRefused;
  bool ok = true;
  const Slot* e = ElementsOf(flights);
  for (uint32_t i = 0, n = CountOf(flights); i < n; ++i, e += kFlight) {
    ok &= ((e->lo & Bits(kStatus, kPrice)) == Bits(kStatus, kPrice)) &
          !MaskIn(e[kStatus], k[lit::flown]) & MoneyLe(e[kPrice], k[lit::max_price]);
  }
  return ok ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::cancel_reservation
