// The hand-written predicate of shapes/read_file.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/read_file.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::read_file {
namespace {

constexpr uint64_t kRequired = Bits(slot::path, slot::owner, slot::max_bytes, slot::mode);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  m.Put(3, Of(Has(frame, slot::max_bytes), Word(s[slot::max_bytes]) <= Word(k[lit::max_bytes])));
  m.Put(4, Of(Has(frame, slot::owner), StrEq(s[slot::owner], k[lit::owner])));
  m.Put(5, Of(Has(frame, slot::mode), s[slot::mode].lo == k[lit::read].lo));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 1, 2);
    return m;
  }
  const bool path = Has(frame, slot::path);
  m.Put(0, Of(path, StartsWith(s[slot::path], k[lit::root])));
  m.Put(1, Of(path, EndsWith(s[slot::path], k[lit::suffix])));
  m.Put(2, Of(path, !Contains(s[slot::path], k[lit::up])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (Word(s[slot::max_bytes]) <= Word(k[lit::max_bytes])) &
                     (s[slot::mode].lo == k[lit::read].lo) &
                     (s[slot::owner].hi == k[lit::owner].hi);
  return cheap && StrEq(s[slot::owner], k[lit::owner]) && StartsWith(s[slot::path], k[lit::root]) &&
                 EndsWith(s[slot::path], k[lit::suffix]) && !Contains(s[slot::path], k[lit::up])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::read_file
