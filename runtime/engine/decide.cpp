#include "runtime/engine/decide.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "runtime/engine/delegation.h"
#include "runtime/engine/reservation.h"

namespace cap::engine {
namespace {

// MalformedKind and the codes stand in the same order.
DecisionCode CodeOf(MalformedKind kind) {
  switch (kind) {
    case MalformedKind::kFine: return DecisionCode::kLayoutMismatch;
    case MalformedKind::kUnknownTool: return DecisionCode::kUnknownTool;
    case MalformedKind::kUndeclaredArgument: return DecisionCode::kUndeclaredArgument;
    case MalformedKind::kMissingArgument: return DecisionCode::kMissingArgument;
    case MalformedKind::kBadArgument: return DecisionCode::kBadArgument;
    case MalformedKind::kOversize: return DecisionCode::kOversize;
    case MalformedKind::kDuplicateKey: return DecisionCode::kDuplicateKey;
    case MalformedKind::kBadJson: return DecisionCode::kBadJson;
    case MalformedKind::kResourceMismatch: return DecisionCode::kResourceMismatch;
    case MalformedKind::kUndeclaredFact: return DecisionCode::kUndeclaredFact;
    case MalformedKind::kUndeclaredLive: return DecisionCode::kUndeclaredLive;
  }
  return DecisionCode::kLayoutMismatch;
}

/// What the forbids of an action say, the strictest first.
enum class ForbidClass : uint8_t { kTrue, kFault, kStepUp, kNothing };
struct ForbidOutcome {
  ForbidClass kind = ForbidClass::kNothing;
  uint32_t forbid = kNone;
};

/// One action of the call.
class ActionDecider {
 public:
  ActionDecider(const ProgramState& state, const GrantView& grant, const FrameHeader* header,
                const Frame& frame, const PolicyAction& entry, uint32_t nth, ActionGroup* found,
                Winner* winner)
      : state_(state),
        program_(*state.program),
        delegation_(grant.delegation),
        found_(found),
        winner_(winner),
        action_(program_.actions[entry.action]),
        header_(header),
        entry_(entry),
        finder_(state, grant.id, entry.action),
        resources_(ResourcesOf(entry.has_resource, entry.every_hole, frame, nth)) {}

  /// Fills verdict and reason; the rest of the decision is filled already.
  void Run(Decision& decision) const;

 private:
  /// Those that cover every resource, as far as they are few: a refusal looks at them again.
  class Covering {
   public:
    void Add(const CapabilityRecord& record) {
      if (count_ < kFew) few_[count_] = &record;
      ++count_;
    }
    bool None() const { return count_ == 0; }
    /// Nothing: they were too many to keep.
    std::optional<std::span<const CapabilityRecord* const>> All() const {
      if (count_ > kFew) return std::nullopt;
      return std::span(few_, count_);
    }

   private:
    static constexpr size_t kFew = 8;
    const CapabilityRecord* few_[kFew];
    size_t count_ = 0;
  };
  struct Best {
    const CapabilityRecord* record = nullptr;
    uint64_t step_up = 0;
    bool Takes(const Plan& plan, const CapabilityRecord& other) const {
      return record == nullptr ||
             plan.RankOf(other.capability) < plan.RankOf(record->capability);
    }
  };

  ForbidOutcome Forbids() const;
  bool Usable(const CapabilityRecord& record, const Coverage* coverage) const {
    return record.expires_us > header_->now_us &&
           (coverage == nullptr || coverage->Has(record.capability));
  }
  void Choose(const ForbidOutcome& forbids, const Probes& first, const Coverage* coverage,
              Decision& decision) const;
  /// `kMore`: the grant is a delegated one, or somebody wants to have all candidates.
  template <bool kMore>
  void ChooseAmong(const ForbidOutcome& forbids, const Probes& first, const Coverage* coverage,
                   Decision& decision) const;
  uint64_t AdmitByAll(const CapabilityRecord& record, uint64_t admitted) const;
  void Keep(const CapabilityRecord& record, uint64_t admitted, bool asks) const;
  void Permit(const Best& best, const ForbidOutcome& forbids, Decision& decision) const;
  void Unknown(const Best& best, Decision& decision) const;
  void StepUp(const Best& best, const ForbidOutcome& forbids, Decision& decision) const;
  void ForbidIs(const ForbidOutcome& forbids, Decision& decision) const;
  void NoneCovers(const Coverage& coverage, Decision& decision) const;
  void Nearest(const Covering& covering, const Coverage* coverage, Decision& decision) const;

  const ProgramState& state_;
  const Program& program_;
  const Delegation* delegation_;
  ActionGroup* found_;
  Winner* winner_;
  const Action& action_;
  const FrameHeader* header_;
  const PolicyAction& entry_;
  RecordFinder finder_;
  ResourceView resources_;
};

void ActionDecider::Run(Decision& decision) const {
  Probes first;
  if (resources_.derived) finder_.Prepare(entry_, resources_.all[0], first);
  const ForbidOutcome forbids = Forbids();
  if (forbids.kind == ForbidClass::kTrue || forbids.kind == ForbidClass::kFault) {
    decision.code = forbids.kind == ForbidClass::kTrue ? DecisionCode::kForbidden
                                                       : DecisionCode::kForbidFault;
    return ForbidIs(forbids, decision);
  }
  if (!resources_.derived) {
    decision.code = DecisionCode::kNoResource;
    return;
  }
  if (delegation_ != nullptr && !IsWithin(program_, *delegation_, header_)) {
    decision.code = DecisionCode::kNotDelegated;
    return;
  }
  // One resource is covered by whatever is found for it.
  const std::span<const ResourceTexts> all = resources_.all;
  if (all.size() == 1) return Choose(forbids, first, nullptr, decision);
  const Coverage coverage(*state_.plan, finder_, entry_, all, header_->now_us);
  if (coverage.covered() < all.size()) return NoneCovers(coverage, decision);
  Choose(forbids, first, &coverage, decision);
}

void ActionDecider::Choose(const ForbidOutcome& forbids, const Probes& first,
                           const Coverage* coverage, Decision& decision) const {
  if (delegation_ == nullptr && found_ == nullptr) {
    return ChooseAmong<false>(forbids, first, coverage, decision);
  }
  ChooseAmong<true>(forbids, first, coverage, decision);
}

/// A call under a delegated grant is admitted by what each block of the chain left, and needs what
/// any of them needs.
uint64_t ActionDecider::AdmitByAll(const CapabilityRecord& record, uint64_t admitted) const {
  const Slot* last = record.consts;
  CapabilityRecord block = record;
  for (const DelegationBlock& each : delegation_->blocks) {
    block.consts = each.Of(record.capability);
    if (block.consts == last) continue;
    last = block.consts;
    const uint64_t own = state_.evaluator.Admit(header_, block);
    if ((own & kRefused) != 0) return kRefused;
    admitted |= own;
  }
  return admitted;
}

void ActionDecider::Keep(const CapabilityRecord& record, uint64_t admitted, bool asks) const {
  Candidate* kept = (asks ? found_->ask : found_->permit).Place(record.capability, *state_.plan);
  if (kept == nullptr) return;
  const uint64_t obliges = state_.plan->ObligeMask(record.shape);
  kept->record = &record;
  kept->capability = record.capability;
  kept->admitted = admitted;
  kept->obliges = admitted & obliges;
  kept->asks = admitted & ~(obliges | state_.plan->LimitMask(record.shape));
  if (!asks) return;
  const auto clause = static_cast<size_t>(std::countr_zero(kept->asks));
  kept->span = program_.capabilities[record.capability].clauses[clause].span;
}

// Among those that cover every resource. Null `coverage`: all that are found do.
template <bool kMore>
void ActionDecider::ChooseAmong(const ForbidOutcome& forbids, const Probes& first,
                                const Coverage* coverage, Decision& decision) const {
  Best permit, step_up, unknown;
  Covering covering;
  finder_.ForEachCapability(entry_, resources_.all[0], first, [&](const CapabilityRecord& record) {
    if (!Usable(record, coverage)) return;
    covering.Add(record);
    uint64_t admitted = state_.evaluator.Admit(header_, record);
    if ((admitted & kRefused) != 0) return;
    if (kMore && delegation_ != nullptr) admitted = AdmitByAll(record, admitted);
    if (kMore && (admitted & kRefused) != 0) return;
    // What the enforcement point would not keep is not permitted, approved or not.
    const bool known = (admitted & state_.plan->UnknownMask(record.capability)) == 0;
    const bool asks = (admitted & ~state_.plan->PassMask(record.shape)) != 0;
    if (kMore && known && found_ != nullptr) Keep(record, admitted, asks);
    Best& best = !known ? unknown : asks ? step_up : permit;
    if (!kMore && best.record != nullptr && winner_ != nullptr) {
      winner_->has_rivals |= &best == &permit && best.record->capability != record.capability;
    }
    if (best.Takes(*state_.plan, record)) best = {&record, admitted};
  });
  if (permit.record != nullptr) return Permit(permit, forbids, decision);
  if (step_up.record != nullptr) return StepUp(step_up, forbids, decision);
  if (unknown.record != nullptr) return Unknown(unknown, decision);
  if (!covering.None()) return Nearest(covering, coverage, decision);
  decision.code = DecisionCode::kNoCapability;
}

ForbidOutcome ActionDecider::Forbids() const {
  ForbidOutcome worst;
  const auto visit = [&](uint32_t index, const CapabilityRecord& record) {
    ForbidClass kind = ForbidClass::kTrue;
    if (record.shape != kNone) {
      const uint64_t value = state_.evaluator.Predicate(header_, record);
      if ((value & 2) != 0) return;
      if ((value & 1) == 0) kind = ForbidClass::kFault;
    }
    const uint64_t unless = program_.forbids[index].unless_approvers;
    if (unless != 0) {
      if ((header_->approvals & unless) == unless) return;
      kind = ForbidClass::kStepUp;
    }
    if (kind < worst.kind || (kind == worst.kind && index < worst.forbid)) worst = {kind, index};
  };
  ForEachForbid(entry_, finder_, action_, resources_.all, visit);
  return worst;
}

void ActionDecider::ForbidIs(const ForbidOutcome& forbids, Decision& decision) const {
  decision.forbid = forbids.forbid;
  decision.span = program_.forbids[forbids.forbid].info.span;
}

void ActionDecider::Unknown(const Best& best, Decision& decision) const {
  decision.code = DecisionCode::kUnknownObligation;
  decision.capability = best.record->capability;
  const uint64_t unknown = best.step_up & state_.plan->UnknownMask(decision.capability);
  decision.clause = static_cast<uint16_t>(std::countr_zero(unknown));
  decision.span = program_.capabilities[decision.capability].clauses[decision.clause].span;
}

void ActionDecider::Permit(const Best& best, const ForbidOutcome& forbids,
                           Decision& decision) const {
  decision.capability = best.record->capability;
  if (forbids.kind == ForbidClass::kStepUp) {
    decision.verdict = Verdict::kStepUp;
    decision.code = DecisionCode::kStepUp;
    return ForbidIs(forbids, decision);
  }
  decision.verdict = Verdict::kPermit;
  decision.code = DecisionCode::kPermit;
  if (winner_ != nullptr) {
    winner_->record = best.record;
    winner_->admitted = best.step_up;
  }
  if (best.step_up == 0) return;
  decision.step_up = best.step_up & state_.plan->ObligeMask(best.record->shape);
  if (decision.step_up == 0) return;  // limits, which ask for nothing
  decision.obligations.count = static_cast<uint32_t>(std::popcount(decision.step_up));
}

void ActionDecider::StepUp(const Best& best, const ForbidOutcome& forbids,
                           Decision& decision) const {
  decision.verdict = Verdict::kStepUp;
  decision.code = DecisionCode::kStepUp;
  decision.capability = best.record->capability;
  decision.step_up = best.step_up & ~state_.plan->PassMask(best.record->shape);
  decision.clause = static_cast<uint16_t>(std::countr_zero(decision.step_up));
  decision.span = program_.capabilities[decision.capability].clauses[decision.clause].span;
  if (forbids.kind == ForbidClass::kStepUp) ForbidIs(forbids, decision);
}

// Names the capability that covers the most resources of the first ones.
void ActionDecider::NoneCovers(const Coverage& coverage, Decision& decision) const {
  decision.code = DecisionCode::kNoCapability;
  Best best;
  finder_.ForEachCapability(entry_, resources_.all[0], [&](const CapabilityRecord& record) {
    if (!Usable(record, &coverage)) return;
    if (best.Takes(*state_.plan, record)) best = {&record, 0};
  });
  if (best.record == nullptr) return;
  decision.capability = best.record->capability;
  decision.resource = static_cast<uint16_t>(coverage.covered());
  decision.span = program_.capabilities[decision.capability].span;
}

void ActionDecider::Nearest(const Covering& covering, const Coverage* coverage,
                            Decision& decision) const {
  uint32_t most = 0;
  Best nearest;
  ClauseMasks masks;
  const auto compare = [&](const CapabilityRecord& record) {
    const ClauseMasks own = state_.evaluator.Explain(header_, record);
    const uint64_t pass = state_.plan->PassMask(record.shape);
    const auto not_true =
        static_cast<uint32_t>(std::popcount((own.fail | own.fault | own.skipped) & ~pass));
    const uint32_t clauses_true = program_.shapes[record.shape].clause_count - not_true;
    if (nearest.record != nullptr && clauses_true < most) return;
    if (clauses_true == most && !nearest.Takes(*state_.plan, record)) return;
    most = clauses_true;
    nearest.record = &record;
    masks = own;
  };
  if (const auto few = covering.All()) {
    for (const CapabilityRecord* record : *few) compare(*record);
  } else {
    finder_.ForEachCapability(entry_, resources_.all[0], [&](const CapabilityRecord& record) {
      if (Usable(record, coverage)) compare(record);
    });
  }
  if (nearest.record == nullptr) {
    // A sweep took the grant out of the index since the first look: nothing covers the call now.
    decision.code = DecisionCode::kNoCapability;
    return;
  }
  const uint64_t require = state_.plan->RequireMask(nearest.record->shape);
  const uint64_t fail = masks.fail & require;
  decision.code = fail != 0 ? DecisionCode::kConstraintFailed : DecisionCode::kConstraintFault;
  decision.capability = nearest.record->capability;
  decision.fail = masks.fail;
  decision.fault = masks.fault;
  decision.skipped = masks.skipped;
  const Capability& capability = program_.capabilities[decision.capability];
  const uint64_t deciding = fail != 0 ? fail : masks.fault & require;
  decision.span = capability.span;
  if (deciding == 0) return;
  decision.clause = static_cast<uint16_t>(std::countr_zero(deciding));
  decision.span = capability.clauses[decision.clause].span;
}

/// Whether a denial is for a person to see.
bool Escalates(const Action& action) {
  return action.irreversible || action.risk >= Risk::kHigh;
}

/// Worse decisions of one action replace better ones of another; of two denials the earlier reason.
bool Worse(const Decision& a, const Decision& b) {
  if (a.verdict != b.verdict) return a.verdict < b.verdict;
  return a.verdict == Verdict::kDeny && a.code < b.code;
}

}  // namespace

DecisionCode WhyNotLive(GrantId grant, uint64_t row_state) {
  const auto generation = static_cast<uint32_t>(row_state >> 32);
  if (grant.generation == 0 || generation < grant.generation) return DecisionCode::kUnknownGrant;
  if (generation > grant.generation) return DecisionCode::kGrantRevoked;
  const auto status = static_cast<GrantStatus>(static_cast<uint32_t>(row_state));
  if (status == GrantStatus::kOrphaned) return DecisionCode::kGrantOrphaned;
  return status == GrantStatus::kExpired ? DecisionCode::kGrantExpired
                                         : DecisionCode::kGrantRevoked;
}

bool IsAction(const ProgramState& state, const FrameHeader* header, uint32_t nth) {
  const ActionPlan& action = state.plan->tools()[header->tool].actions[nth];
  // A guard acts on true or fault: only false says that the call is not this action.
  return action.guard == kNone ||
         (state.evaluator.Predicate(header, action.guard_record) & 2) == 0;
}

namespace {

/// A group for the action, if any is wanted.
ActionGroup* OpenGroup(const ProgramState& state, const PolicyAction& entry, uint32_t nth,
                       size_t actions, Reservation& in) {
  // Beside other actions every one has a group, since the whole of them is put together again.
  if (!entry.counts && in.charged_only && actions == 1) return nullptr;
  ActionGroup& group = in.Open(nth, entry.action, Escalates(state.program->actions[entry.action]));
  group.entry = &entry;
  group.charges_own = entry.charges_own;
  return &group;
}

/// Whether nothing but who permits it charges the action, in a way that the caller knows.
bool MayWin(const PolicyAction& entry, const Winner& winner) {
  if (!entry.counts) return true;
  if (!entry.usual || winner.store == nullptr) return false;
  if (entry.keeps) winner.store->Expect(winner.operation);
  return true;
}

}  // namespace

/// Phases 2 to 4 for one action: forbids, candidates, reasons. Fills what is not common to all.
void DecideAction(const ProgramState& state, const GrantView& view, const FrameHeader* header,
                  const Frame& frame, uint32_t nth, Decision& decision, Reservation* found) {
  decision.action_nth = static_cast<uint8_t>(nth);
  decision.code = DecisionCode::kNoCapability;
  const std::vector<ActionPlan>& actions = state.plan->tools()[header->tool].actions;
  const PolicyAction* entry = state.plan->Find(view.policy, actions[nth].action);
  if (entry == nullptr) return;
  ActionGroup* group = nullptr;
  Winner* winner = nullptr;
  if (found != nullptr) {
    if (found->winner.wanted && !MayWin(*entry, found->winner)) found->WantGroups(view);
    if (found->winner.wanted) {
      winner = &found->winner;
    } else {
      group = OpenGroup(state, *entry, nth, actions.size(), *found);
    }
  }
  ActionDecider(state, view, header, frame, *entry, nth, group, winner).Run(decision);
}

namespace {

/// All actions of the call: each must be permitted. `decision` has what is common to all of them.
void DecideActions(const ProgramState& state, const GrantView& view, const FrameHeader* header,
                   const Frame& frame, Decision& decision, Reservation* found) {
  const size_t actions = state.plan->tools()[header->tool].actions.size();
  decision.code = DecisionCode::kNoAction;
  bool any = false;
  for (uint32_t nth = 0; nth < actions; ++nth) {
    if (!IsAction(state, header, nth)) continue;
    if (!any) {
      DecideAction(state, view, header, frame, nth, decision, found);
    } else {
      Decision other;
      other.program = decision.program;
      other.tool = decision.tool;
      other.policy = decision.policy;
      DecideAction(state, view, header, frame, nth, other, found);
      // A permit of several actions brings what each of them brings.
      const uint32_t obligations = decision.obligations.count + other.obligations.count;
      if (Worse(other, decision)) decision = other;
      decision.obligations.count = decision.permitted() ? obligations : 0;
    }
    any = true;
  }
}

}  // namespace

Decision Decide(const ProgramState* state, const GrantRows& rows, GrantId grant,
                const Frame& frame, Reservation* found) {
  Decision decision;
  const FrameHeader* header = frame.header();
  if (header == nullptr) {
    decision.code = CodeOf(frame.malformed().kind);
    return decision;
  }
  if (state == nullptr) return decision;  // a decision begins as not_loaded
  decision.program = state->number;
  const std::vector<ToolPlan>& tools = state->plan->tools();
  if (header->tool >= tools.size() || tools[header->tool].layout_hash != header->layout_hash) {
    decision.code = DecisionCode::kLayoutMismatch;
    return decision;
  }
  decision.tool = header->tool;
  GrantView view;
  decision.code = OpenGrant(*state, rows, grant, header->now_us, view);
  if (decision.code != DecisionCode::kPermit) return decision;
  decision.policy = view.policy;
  if (header->approvals != 0 && frame.subject() != view.specification->subject()) {
    decision.code = DecisionCode::kSubjectMismatch;
    return decision;
  }
  // A winner is that of one action under a minted grant.
  if (found != nullptr && (!found->winner.wanted || view.delegation != nullptr ||
                           tools[header->tool].actions.size() > 1)) {
    found->WantGroups(view);
  }
  DecideActions(*state, view, header, frame, decision, found);
  if (decision.verdict == Verdict::kDeny && decision.action_nth != 0xFF) {
    const Program& program = *state->program;
    decision.escalate =
        Escalates(program.actions[program.tools[decision.tool].actions[decision.action_nth]]);
  }
  return decision;
}

}  // namespace cap::engine
