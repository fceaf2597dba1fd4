// The hand-written predicate of shapes/ship.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/ship.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::ship {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::country, slot::postcode, slot::weight, slot::value, slot::insured);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool postcode = Has(frame, slot::postcode);
  m.Put(2, Of(Has(frame, slot::country), StrEq(s[slot::country], k[lit::country])));
  m.Put(3, Of(Has(frame, slot::weight), Word(s[slot::weight]) <= Word(k[lit::max_weight])));
  m.Put(4, Or(Of(Has(frame, slot::insured), True(s[slot::insured])),
              Of(Has(frame, slot::value) & SameCurrency(s[slot::value], k[lit::uninsured]),
                 Word(s[slot::value]) <= Word(k[lit::uninsured]))));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 1);
    return m;
  }
  m.Put(0, Of(postcode, !StrLess(s[slot::postcode], k[lit::first])));
  m.Put(1, Of(postcode, StrLess(s[slot::postcode], k[lit::past])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (Word(s[slot::weight]) <= Word(k[lit::max_weight])) &
                     (True(s[slot::insured]) | MoneyLe(s[slot::value], k[lit::uninsured]));
  return cheap && StrEq(s[slot::country], k[lit::country]) &&
                 !StrLess(s[slot::postcode], k[lit::first]) &&
                 StrLess(s[slot::postcode], k[lit::past])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::ship
