// The hand-written predicate of shapes/push.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/push.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::push {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::repo, slot::branch, slot::files, slot::commits, slot::force, slot::author);

bool AllUnder(const Slot& list, const Slot& folder) {
  const Slot* e = ElementsOf(list);
  for (uint32_t i = 0, n = CountOf(list); i < n; ++i) {
    if (!StartsWith(e[i], folder)) return false;
  }
  return true;
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const bool author = Has(frame, slot::author);
  m.Put(0, Of(Has(frame, slot::repo), StrEq(s[slot::repo], k[lit::repo])));
  m.Put(1, Of(Has(frame, slot::branch), !StrEq(s[slot::branch], k[lit::main])));
  m.Put(2, Of(Has(frame, slot::force), !True(s[slot::force])));
  m.Put(3, Of(Has(frame, slot::commits), Word(s[slot::commits]) <= Word(k[lit::max_commits])));
  m.Put(4, Of(author, author && DomainEq(s[slot::author], k[lit::domain])));
  if (!m.AllTrue()) {
    m.skipped = Bit(5);
    return m;
  }
  m.Put(5, Of(Has(frame, slot::files), AllUnder(s[slot::files], k[lit::folder])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = !True(s[slot::force]) & (Word(s[slot::commits]) <= Word(k[lit::max_commits])) &
                     (s[slot::repo].hi == k[lit::repo].hi);
  return cheap && StrEq(s[slot::repo], k[lit::repo]) && !StrEq(s[slot::branch], k[lit::main]) &&
                 DomainEq(s[slot::author], k[lit::domain]) &&
                 AllUnder(s[slot::files], k[lit::folder])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::push
