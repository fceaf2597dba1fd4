// The hand-written predicate of shapes/read_customer.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/read_customer.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::read_customer {
namespace {

constexpr uint64_t kRequired = Bits(slot::id, slot::columns, slot::rows, slot::format);
constexpr uint64_t kOptional = Bits(slot::note);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  m.Put(1, Of(Has(frame, slot::rows), Word(s[slot::rows]) <= Word(k[lit::max_rows])));
  m.Put(2, Of(Has(frame, slot::id), StrEq(s[slot::id], k[lit::customer_id])));
  m.Put(4, Or(Absent(frame, slot::note),
              Of(Has(frame, slot::note), SizeOf(s[slot::note]) <= Word(k[lit::note_bytes]))));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 3);
    return m;
  }
  m.Put(0, Of(Has(frame, slot::columns), StrSubset(s[slot::columns], k[lit::columns])));
  m.Put(3, Of(Has(frame, slot::format), StrIn(s[slot::format], k[lit::formats])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired, kOptional)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  // An absent note is zero, so its size is too.
  const bool cheap = (Word(s[slot::rows]) <= Word(k[lit::max_rows])) &
                     (SizeOf(s[slot::note]) <= Word(k[lit::note_bytes])) &
                     (s[slot::id].hi == k[lit::customer_id].hi);
  return cheap && StrEq(s[slot::id], k[lit::customer_id]) &&
                 StrSubset(s[slot::columns], k[lit::columns]) &&
                 StrIn(s[slot::format], k[lit::formats])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::read_customer
