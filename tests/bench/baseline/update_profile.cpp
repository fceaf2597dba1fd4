// The hand-written predicate of shapes/update_profile.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/update_profile.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::update_profile {
namespace {

constexpr uint64_t kRequired = Bits(slot::id);
constexpr uint64_t kOptional =
    Bits(slot::email, slot::phone, slot::age, slot::plan, slot::nickname);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool email = Has(frame, slot::email);
  m.Put(0, Of(Has(frame, slot::id), StrEq(s[slot::id], k[lit::user])));
  m.Put(1, Or(Absent(frame, slot::phone),
              Of(Has(frame, slot::phone), SizeOf(s[slot::phone]) <= Word(k[lit::phone_bytes]))));
  m.Put(2, Or(Absent(frame, slot::age),
              Of(Has(frame, slot::age), Word(s[slot::age]) >= Word(k[lit::min_age]))));
  m.Put(3, Or(Absent(frame, slot::plan),
              Of(Has(frame, slot::plan), MaskIn(s[slot::plan], k[lit::plans]))));
  m.Put(4, Or(Absent(frame, slot::nickname),
              Of(Has(frame, slot::nickname), !StrEq(s[slot::nickname], k[lit::admin]))));
  m.Put(5, Or(Absent(frame, slot::email),
              Of(email, email && DomainEq(s[slot::email], k[lit::domain]))));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired, kOptional)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  // An absent slot is zero: no bytes, and equal to no name.
  const bool cheap = (SizeOf(s[slot::phone]) <= Word(k[lit::phone_bytes])) &
                     (!Has(frame, slot::age) | (Word(s[slot::age]) >= Word(k[lit::min_age]))) &
                     (!Has(frame, slot::plan) | MaskIn(s[slot::plan], k[lit::plans]));
  return cheap && StrEq(s[slot::id], k[lit::user]) && !StrEq(s[slot::nickname], k[lit::admin]) &&
                 (!Has(frame, slot::email) || DomainEq(s[slot::email], k[lit::domain]))
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::update_profile
