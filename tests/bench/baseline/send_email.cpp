// The hand-written predicate of shapes/send_email.cap. Frozen: see ../README.md.
#include "tests/bench/baseline/layout/send_email.h"

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::send_email {
namespace {

constexpr uint64_t kRequired = Bits(slot::everyone, slot::cc, slot::subject, slot::body);

bool AllFrom(const Slot& list, const Slot& domain) {
  const Slot* e = ElementsOf(list);
  for (uint32_t i = 0, n = CountOf(list); i < n; ++i) {
    if (!DomainEq(e[i], domain)) return false;
  }
  return true;
}
bool NoneFrom(const Slot& list, const Slot& domain) {
  const Slot* e = ElementsOf(list);
  for (uint32_t i = 0, n = CountOf(list); i < n; ++i) {
    if (DomainEq(e[i], domain)) return false;
  }
  return true;
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  m.Put(0,
        Of(Has(frame, slot::everyone), CountOf(s[slot::everyone]) <= Word(k[lit::max_recipients])));
  m.Put(2, Of(Has(frame, slot::subject), SizeOf(s[slot::subject]) <= Word(k[lit::subject_bytes])));
  m.Put(3, Of(Has(frame, slot::body), SizeOf(s[slot::body]) <= Word(k[lit::body_bytes])));
  m.Put(5, Of(Has(frame, slot::subject), !StrEq(s[slot::subject], k[lit::banned_subject])));
  if (!m.AllTrue()) {
    m.skipped = Bits(1, 4);
    return m;
  }
  m.Put(1, Of(Has(frame, slot::everyone), AllFrom(s[slot::everyone], k[lit::inside])));
  m.Put(4, Of(Has(frame, slot::cc), NoneFrom(s[slot::cc], k[lit::rival])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool cheap = (CountOf(s[slot::everyone]) <= Word(k[lit::max_recipients])) &
                     (SizeOf(s[slot::subject]) <= Word(k[lit::subject_bytes])) &
                     (SizeOf(s[slot::body]) <= Word(k[lit::body_bytes]));
  return cheap && !StrEq(s[slot::subject], k[lit::banned_subject]) &&
                 AllFrom(s[slot::everyone], k[lit::inside]) && NoneFrom(s[slot::cc], k[lit::rival])
             ? kAdmitted
             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::send_email
