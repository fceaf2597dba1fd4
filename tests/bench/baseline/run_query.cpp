// The hand-written predicate of shapes/run_query.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/run_query.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::run_query {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::table, slot::columns, slot::limit, slot::offset, slot::tenant, slot::mode);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool limit = Has(frame, slot::limit);
  const Number last = Add(IntOf(s[slot::limit]), IntOf(s[slot::offset]));
  m.Put(2, Of(limit & Has(frame, slot::offset) & last.ok, last.value <= Word(k[lit::max_rows])));
  m.Put(3, Of(Has(frame, slot::tenant), StrEq(s[slot::tenant], k[lit::tenant])));
  m.Put(4, Of(Has(frame, slot::mode), s[slot::mode].lo == k[lit::read].lo));
  m.Put(5, Of(limit, Word(s[slot::limit]) >= Word(k[lit::min_limit])));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 1);
    return m;
  }
  m.Put(0, Of(Has(frame, slot::table), StrIn(s[slot::table], k[lit::tables])));
  m.Put(1, Of(Has(frame, slot::columns), StrDisjoint(s[slot::columns], k[lit::secret])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const Number last = Add(IntOf(s[slot::limit]), IntOf(s[slot::offset]));
  const bool cheap =
      last.ok & (last.value <= Word(k[lit::max_rows])) & (s[slot::mode].lo == k[lit::read].lo) &
      (Word(s[slot::limit]) >= Word(k[lit::min_limit])) & (s[slot::tenant].hi == k[lit::tenant].hi);
  return cheap && StrEq(s[slot::tenant], k[lit::tenant]) && StrIn(s[slot::table], k[lit::tables]) &&
                 StrDisjoint(s[slot::columns], k[lit::secret])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::run_query
