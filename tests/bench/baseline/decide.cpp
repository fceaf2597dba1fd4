// The hand-written decision. Frozen: see ../README.md.
#include "tests/bench/baseline/decide.h"

#include "tests/bench/baseline/common.h"
#include "tests/bench/baseline/layout/decide.h"

namespace cap::bench {
namespace {

namespace slot = decide::slot;
namespace own = decide::own;
namespace desk = decide::desk;

constexpr uint64_t kOwnRequired =
    Bits(slot::amount, slot::channel, slot::order_status, slot::order_total);
constexpr uint64_t kOwnStepUps = Bit(4);
constexpr uint64_t kDeskRequired =
    Bits(slot::amount, slot::order_status, slot::order_total, slot::order_items);

Rails AtMost(const FrameHeader* frame, unsigned money, const Slot& limit) {
  const Slot& s = SlotsOf(frame)[money];
  return Of(Has(frame, money) & SameCurrency(s, limit), Word(s) <= Word(limit));
}
Rails WithinTotal(const FrameHeader* frame) {
  const Slot* s = SlotsOf(frame);
  return Of(Has(frame, slot::amount) & Has(frame, slot::order_total) &
                SameCurrency(s[slot::amount], s[slot::order_total]),
            Word(s[slot::amount]) <= Word(s[slot::order_total]));
}
Rails StatusIs(const FrameHeader* frame, const Slot& status) {
  return Of(Has(frame, slot::order_status), StrEq(SlotsOf(frame)[slot::order_status], status));
}

[[gnu::noinline]] ClauseMasks ExplainOwn(const FrameHeader* frame, const Slot* k) {
  const Slot* s = SlotsOf(frame);
  Masks m;
  m.Put(0, AtMost(frame, slot::amount, k[own::limit]));
  m.Put(1, StatusIs(frame, k[own::delivered]));
  m.Put(2, WithinTotal(frame));
  m.Put(3, Of(Has(frame, slot::channel), MaskIn(s[slot::channel], k[own::channels])));
  const bool small = AtMost(frame, slot::amount, k[own::approval_above]).t;
  m.Put(4, Of(true, small | Approved(frame, k[own::manager])));
  return m;
}
[[gnu::noinline]] ClauseMasks ExplainDesk(const FrameHeader* frame, const Slot* k) {
  const Slot* s = SlotsOf(frame);
  Masks m;
  m.Put(0, AtMost(frame, slot::amount, k[desk::limit]));
  m.Put(1, StatusIs(frame, k[desk::returned]));
  m.Put(2,
        Of(Has(frame, slot::order_items), Word(s[slot::order_items]) <= Word(k[desk::max_items])));
  m.Put(3, WithinTotal(frame));
  return m;
}

uint64_t AdmitOwn(const FrameHeader* frame, const Slot* k) {
  if (Unusual(frame, kOwnRequired)) [[unlikely]]
    return VerdictOf(ExplainOwn(frame, k), kOwnStepUps);
  const Slot* s = SlotsOf(frame);
  const bool cheap = MoneyLe(s[slot::amount], k[own::limit]) &
                     MoneyLe(s[slot::amount], s[slot::order_total]) &
                     MaskIn(s[slot::channel], k[own::channels]);
  if (!cheap || !StrEq(s[slot::order_status], k[own::delivered])) return kRefused;
  const bool satisfied =
      MoneyLe(s[slot::amount], k[own::approval_above]) | Approved(frame, k[own::manager]);
  return static_cast<uint64_t>(!satisfied) << 4;
}
uint64_t AdmitDesk(const FrameHeader* frame, const Slot* k) {
  if (Unusual(frame, kDeskRequired)) [[unlikely]]
    return VerdictOf(ExplainDesk(frame, k));
  const Slot* s = SlotsOf(frame);
  const bool cheap = MoneyLe(s[slot::amount], k[desk::limit]) &
                     (Word(s[slot::order_items]) <= Word(k[desk::max_items])) &
                     MoneyLe(s[slot::amount], s[slot::order_total]);
  return cheap && StrEq(s[slot::order_status], k[desk::returned]) ? kAdmitted : kRefused;
}

Rails Forbids(const FrameHeader* frame, const Slot* k) {
  const Slot* s = SlotsOf(frame);
  const Rails small = AtMost(frame, slot::amount, k[decide::forbid::flagged_above]);
  return And(Of(Has(frame, slot::order_flagged), True(s[slot::order_flagged])), Not(small));
}

uint64_t NextRandom(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

struct Candidate {
  const CapabilityRecord* record = nullptr;
  uint64_t admitted = kRefused;
};

/// None permits and none steps up: names the nearest and its clause.
template <class State>
[[gnu::noinline]] void Refuse(Decision& d, const State& state, const FrameHeader* frame,
                              const Candidate& desk_candidate, const Candidate& own_candidate) {
  d.verdict = Verdict::kDeny;
  d.code = DecisionCode::kNoCapability;
  const CapabilityRecord* nearest = nullptr;
  ClauseMasks masks;
  if (desk_candidate.record != nullptr) {
    nearest = desk_candidate.record;
    masks = ExplainDesk(frame, nearest->consts);
  }
  if (own_candidate.record != nullptr) {
    const ClauseMasks other = ExplainOwn(frame, own_candidate.record->consts);
    const int held = 5 - std::popcount(other.fail | other.fault | other.skipped);
    if (nearest == nullptr || held > 4 - std::popcount(masks.fail | masks.fault | masks.skipped)) {
      nearest = own_candidate.record;
      masks = other;
    }
  }
  if (nearest == nullptr) return;
  const HandCapability& capability = state.capabilities[nearest->capability];
  const uint64_t fail = masks.fail & ~kOwnStepUps;
  const uint64_t deciding = fail != 0 ? fail : masks.fault;
  d.code = fail != 0 ? DecisionCode::kConstraintFailed : DecisionCode::kConstraintFault;
  d.capability = nearest->capability;
  d.clause = static_cast<uint16_t>(std::countr_zero(deciding));
  d.span = capability.clauses[d.clause];
  d.fail = masks.fail;
  d.fault = masks.fault;
  d.skipped = masks.skipped;
}

template <class Table>
Decision Decide(HandReader& reader, const HandState<Table>& state, GrantId grant,
                const HandCall& call) {
  Decision d;
  d.id = {NextRandom(reader.random), NextRandom(reader.random)};
  d.program = state.program;
  const FrameHeader* frame = call.frame;
  d.tool = frame->tool;
  if (frame->tool >= state.tools.size() ||
      state.tools[frame->tool].layout_hash != frame->layout_hash) [[unlikely]] {
    d.code = DecisionCode::kLayoutMismatch;
    return d;
  }
  const HandTool& tool = state.tools[frame->tool];
  d.action_nth = 0;
  if (grant.index >= state.grants.size()) [[unlikely]] {
    d.code = DecisionCode::kUnknownGrant;
    return d;
  }
  const HandGrant& row = state.grants[grant.index];
  if (row.generation.load(std::memory_order_acquire) != grant.generation ||
      row.revoked.load(std::memory_order_relaxed)) [[unlikely]] {
    d.code = DecisionCode::kGrantRevoked;
    return d;
  }
  if (row.expires_us <= frame->now_us) [[unlikely]] {
    d.code = DecisionCode::kGrantExpired;
    return d;
  }
  d.policy = row.policy;
  const Rails forbidden = Forbids(frame, tool.forbid_consts);
  if (!forbidden.f) {
    d.code = forbidden.t ? DecisionCode::kForbidden : DecisionCode::kForbidFault;
    d.forbid = tool.forbid;
    d.span = tool.forbid_span;
    return d;
  }
  if ((call.valid & 1) == 0) [[unlikely]] {
    d.code = DecisionCode::kNoResource;
    return d;
  }
  Candidate at_desk;
  Candidate at_own;
  HandKey key{grant.index, grant.generation, tool.action, decide::kDeskSkeleton,
              call.holes.first(decide::kDeskHoles)};
  if ((call.valid & 3) == 3) at_desk.record = state.table.Find(key);
  key.skeleton = decide::kOwnSkeleton;
  key.literals = call.holes.first(decide::kOwnHoles);
  at_own.record = state.table.Find(key);
  if (at_desk.record != nullptr) at_desk.admitted = AdmitDesk(frame, at_desk.record->consts);
  if (at_own.record != nullptr) at_own.admitted = AdmitOwn(frame, at_own.record->consts);

  // The lowest name of those that permit is the one charged.
  const Candidate& best = at_desk.admitted == kAdmitted ? at_desk : at_own;
  if (best.admitted == kAdmitted) {
    d.verdict = Verdict::kPermit;
    d.code = DecisionCode::kPermit;
    d.capability = best.record->capability;
    return d;
  }
  if (at_own.admitted == kRefused) {
    Refuse(d, state, frame, at_desk, at_own);
    return d;
  }
  const HandCapability& capability = state.capabilities[at_own.record->capability];
  d.verdict = Verdict::kStepUp;
  d.code = DecisionCode::kStepUp;
  d.capability = at_own.record->capability;
  d.step_up = at_own.admitted;
  d.clause = static_cast<uint16_t>(std::countr_zero(at_own.admitted));
  d.span = capability.clauses[d.clause];
  return d;
}

}  // namespace

template <class Table>
Decision HandDecide(HandReader& reader, const std::atomic<const HandState<Table>*>& current,
                    const std::atomic<uint64_t>& epoch, GrantId grant, const HandCall& call) {
  reader.epoch.store(epoch.load(std::memory_order_relaxed), std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the writer pays: membarrier
  const HandState<Table>& state = *current.load(std::memory_order_acquire);
  Decision d = Decide(reader, state, grant, call);
  // A grant revoked meanwhile takes its permit with it.
  if (d.verdict != Verdict::kDeny) {
    const HandGrant& row = state.grants[grant.index];
    if (row.generation.load(std::memory_order_acquire) != grant.generation ||
        row.revoked.load(std::memory_order_relaxed)) [[unlikely]] {
      d.verdict = Verdict::kDeny;
      d.code = DecisionCode::kGrantRevoked;
    }
  }
  reader.epoch.store(0, std::memory_order_release);
  return d;
}

template Decision HandDecide<HandTable>(HandReader&,
                                        const std::atomic<const HandState<HandTable>*>&,
                                        const std::atomic<uint64_t>&, GrantId, const HandCall&);
template Decision HandDecide<LinearTable>(HandReader&,
                                          const std::atomic<const HandState<LinearTable>*>&,
                                          const std::atomic<uint64_t>&, GrantId, const HandCall&);

}  // namespace cap::bench
