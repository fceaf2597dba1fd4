// The hand-written predicate of shapes/stock.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/stock.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::stock {
namespace {

constexpr uint64_t kRequired = Bits(slot::item, slot::count, slot::left, slot::desk);

constexpr uint32_t kRow = 3;  // marker, key, value

/// Rows are few: a difference of length or hash settles each. Null: there is none.
const Slot* ValueOf(const Slot& left, const Slot& item) {
  const Slot* row = ElementsOf(left);
  for (uint32_t i = 0, n = CountOf(left); i < n; ++i, row += kRow) {
    if (StrEq(row[1], item)) return row + 2;
  }
  return nullptr;
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool count = Has(frame, slot::count);
  const bool both = Has(frame, slot::item) & Has(frame, slot::left);
  m.Put(0, Of(count, Word(s[slot::count]) >= Word(k[lit::least])));
  m.Put(3, Of(Has(frame, slot::left), CountOf(s[slot::left]) <= Word(k[lit::most_rows])));
  m.Put(4, Of(Has(frame, slot::desk), !StrEq(s[slot::desk], k[lit::closed])));
  if (!m.AllTrue()) {
    m.skipped = Bits(1, 2);
    return m;
  }
  const Slot* value = both ? ValueOf(s[slot::left], s[slot::item]) : nullptr;
  m.Put(1, Of(both, value != nullptr));
  m.Put(2, Of(count & (value != nullptr),
              value != nullptr && Word(s[slot::count]) <= Word(*value)));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (Word(s[slot::count]) >= Word(k[lit::least])) &
                     (CountOf(s[slot::left]) <= Word(k[lit::most_rows]));
  if (!cheap || StrEq(s[slot::desk], k[lit::closed])) return kRefused;
  const Slot* value = ValueOf(s[slot::left], s[slot::item]);
  return value != nullptr && Word(s[slot::count]) <= Word(*value) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::stock
