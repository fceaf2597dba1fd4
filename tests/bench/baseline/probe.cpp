// The hand-written predicate of shapes/probe.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/probe.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::probe {
namespace {

constexpr uint64_t kRequired = Bits(slot::host, slot::port, slot::timeout_ms, slot::protocol);

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  m.Put(0, Of(Has(frame, slot::host), StrEq(s[slot::host], k[lit::host])));
  m.Put(1, Of(Has(frame, slot::port), s[slot::port].lo == k[lit::port].lo));
  m.Put(2,
        Of(Has(frame, slot::timeout_ms), Word(s[slot::timeout_ms]) <= Word(k[lit::max_timeout])));
  m.Put(3, Of(Has(frame, slot::protocol), s[slot::protocol].lo == k[lit::tcp].lo));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (s[slot::port].lo == k[lit::port].lo) &
                     (Word(s[slot::timeout_ms]) <= Word(k[lit::max_timeout])) &
                     (s[slot::protocol].lo == k[lit::tcp].lo);
  return cheap && StrEq(s[slot::host], k[lit::host]) ? kAdmitted : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::probe
