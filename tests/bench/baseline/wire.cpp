// The hand-written predicate of shapes/wire.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/wire.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::wire {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::amount, slot::country, slot::payee_verified, slot::payee_risk);
constexpr uint64_t kStepUps = Bits(4, 5);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool amount = Has(frame, slot::amount);
  const bool risk = Has(frame, slot::payee_risk);
  const bool country = Has(frame, slot::country);
  m.Put(0, Of(amount & SameCurrency(s[slot::amount], k[lit::limit]),
              Word(s[slot::amount]) <= Word(k[lit::limit])));
  m.Put(1, Of(Has(frame, slot::payee_verified), True(s[slot::payee_verified])));
  m.Put(2, Of(country, MaskIn(s[slot::country], k[lit::countries])));
  m.Put(3, Of(risk, Word(s[slot::payee_risk]) <= Word(k[lit::max_risk])));
  // A guard acts on true or fault: only a false one lets the call pass without approval.
  const bool small = amount & SameCurrency(s[slot::amount], k[lit::manager_above]) &
                     (Word(s[slot::amount]) <= Word(k[lit::manager_above]));
  m.Put(4, Of(true, small | Approved(frame, k[lit::manager])));
  const Rails watched = And(Of(country, MaskIn(s[slot::country], k[lit::watched])),
                            Of(risk, Word(s[slot::payee_risk]) > Word(k[lit::watched_risk])));
  m.Put(5, Of(true, watched.f | Approved(frame, k[lit::officer])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record), kStepUps);
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool ok = MoneyLe(s[slot::amount], k[lit::limit]) & True(s[slot::payee_verified]) &
                  MaskIn(s[slot::country], k[lit::countries]) &
                  (Word(s[slot::payee_risk]) <= Word(k[lit::max_risk]));
  const bool manager =
      MoneyLe(s[slot::amount], k[lit::manager_above]) | Approved(frame, k[lit::manager]);
  const bool officer = !MaskIn(s[slot::country], k[lit::watched]) |
                       (Word(s[slot::payee_risk]) <= Word(k[lit::watched_risk])) |
                       Approved(frame, k[lit::officer]);
  const uint64_t step_ups = static_cast<uint64_t>(!manager) << 4 | static_cast<uint64_t>(!officer)
                                                                       << 5;
  return ok ? step_ups : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::wire
