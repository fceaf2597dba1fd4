// The hand-written predicate of shapes/onboard.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/onboard.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::onboard {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::name, slot::mail, slot::dept, slot::salary, slot::starts, slot::boss, slot::remote,
         slot::level, slot::equipment, slot::site, slot::contractor);
constexpr uint64_t kOptional = Bits(slot::referral);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool mail = Has(frame, slot::mail);
  const bool level = Has(frame, slot::level);
  const bool equipment = Has(frame, slot::equipment);
  m.Put(0, Of(Has(frame, slot::dept), MaskIn(s[slot::dept], k[lit::depts])));
  m.Put(1, Of(Has(frame, slot::salary) & SameCurrency(s[slot::salary], k[lit::max_salary]),
              Word(s[slot::salary]) <= Word(k[lit::max_salary])));
  m.Put(2, Of(Has(frame, slot::starts), Word(s[slot::starts]) >= Word(k[lit::not_before])));
  m.Put(3, Of(Has(frame, slot::boss), StrEq(s[slot::boss], k[lit::boss])));
  m.Put(4, Of(level, Word(s[slot::level]) <= Word(k[lit::max_level])));
  m.Put(5, Of(equipment, MaskSubset(s[slot::equipment], k[lit::equipment])));
  m.Put(6, Or(Of(Has(frame, slot::site), StrEq(s[slot::site], k[lit::site])),
              And(Of(Has(frame, slot::remote), True(s[slot::remote])),
                  Of(level, Word(s[slot::level]) >= Word(k[lit::remote_level])))));
  m.Put(7, Of(mail, mail && DomainEq(s[slot::mail], k[lit::domain])));
  m.Put(8, Of(Has(frame, slot::name), SizeOf(s[slot::name]) <= Word(k[lit::name_bytes])));
  m.Put(9, Of(Has(frame, slot::contractor), !True(s[slot::contractor])));
  m.Put(10, Or(Absent(frame, slot::referral),
               Of(Has(frame, slot::referral),
                  SizeOf(s[slot::referral]) <= Word(k[lit::referral_bytes]))));
  m.Put(11, Of(equipment, MaskSize(s[slot::equipment]) <= Word(k[lit::max_equipment])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired, kOptional)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  // An absent referral is zero, so its size is too.
  const bool cheap =
      MaskIn(s[slot::dept], k[lit::depts]) & MoneyLe(s[slot::salary], k[lit::max_salary]) &
      (Word(s[slot::starts]) >= Word(k[lit::not_before])) &
      (Word(s[slot::level]) <= Word(k[lit::max_level])) &
      MaskSubset(s[slot::equipment], k[lit::equipment]) &
      (SizeOf(s[slot::name]) <= Word(k[lit::name_bytes])) & !True(s[slot::contractor]) &
      (SizeOf(s[slot::referral]) <= Word(k[lit::referral_bytes])) &
      (MaskSize(s[slot::equipment]) <= Word(k[lit::max_equipment])) &
      (s[slot::boss].hi == k[lit::boss].hi);
  const bool remote = True(s[slot::remote]) & (Word(s[slot::level]) >= Word(k[lit::remote_level]));
  return cheap && StrEq(s[slot::boss], k[lit::boss]) &&
                 (remote || StrEq(s[slot::site], k[lit::site])) &&
                 DomainEq(s[slot::mail], k[lit::domain])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::onboard
