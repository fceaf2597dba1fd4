// Phases 6 and 7 of a decision: the store is asked what the call may still take, outside of the
// epoch, and the grant is looked at again; then what a host says of the call that it carried out.
#include <algorithm>

#include "cap/engine.h"
#include "runtime/engine/charge_builder.h"
#include "runtime/engine/engine_impl.h"
#include "runtime/engine/reservation.h"
#include "runtime/state/counter.h"

namespace cap {
namespace {

using engine::Reservation;

/// The operation as the store knows it: the host's name of it, bound to what was asked for. A name
/// that is used again for another call is another operation.
DecisionId BindOperation(const engine::CounterHash& hash, const state::OperationId& operation,
                         const engine::ProgramState& state, const engine::GrantView& view,
                         const Frame& frame) {
  state::CounterId id = hash.Number({}, 'o', operation.low, operation.high);
  id = hash.Text(id, 'p', state.program->policies[view.policy].name);
  id = hash.Text(id, 'S', view.specification->subject());
  const Frame::Digest& digest = frame.digest();
  id = hash.Text(id, 'D', {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return {.high = id.high, .low = id.low};
}

/// Denials that a circuit breaker counts: what a rule says, and no failure of what feeds it.
bool IsViolation(const Decision& decision) {
  return decision.verdict == Verdict::kDeny && (decision.code == DecisionCode::kForbidden ||
                                                decision.code == DecisionCode::kConstraintFailed ||
                                                decision.code == DecisionCode::kLimitExceeded ||
                                                decision.code == DecisionCode::kUntried);
}

/// Whether anything of the call can be given back, or is remembered.
bool NeedsOperation(const Reservation& of) {
  return of.stamp_count > 0 || std::ranges::any_of(of.all_charges(), [](const auto& charge) {
           return charge.kind == state::CounterKind::kQuota ||
                  charge.kind == state::CounterKind::kTotal ||
                  charge.kind == state::CounterKind::kGauge;
         });
}

/// The candidates that were taken; of each action that others than the taken one were charged for,
/// the one that is charged nothing.
void TakeChoices(Reservation& from) {
  for (uint32_t i = 0; i < from.charge_count; ++i) {
    const engine::ChargeOrigin& origin = from.origins[i];
    if (origin.capability != kNone) {
      from.groups[origin.group].choice = from.groups[origin.group].free;
    }
  }
  for (uint32_t i = 0; i < from.charge_count; ++i) {
    const engine::ChargeOrigin& origin = from.origins[i];
    if (origin.capability != kNone && from.states[i].taken) {
      from.groups[origin.group].choice = origin.alternative;
    }
  }
}

/// Whether no counter would take the charge, whatever was counted before.
bool IsTooMuch(const state::Charge& charge) {
  return state::TakesSomething(charge.kind) && charge.amount > charge.limit;
}

/// Whether a store that refuses the charges refuses them for what its counters are.
bool AreSound(const Reservation& from, int64_t now_us) {
  return std::ranges::all_of(from.all_charges(), [&](const state::Charge& charge) {
    return state::IsSound(charge, now_us);
  });
}

/// What is left of each action where the store is away: the first candidate whose limits all say
/// that they bind only as far as they can be counted, and that one call alone does not exceed.
/// False: one action has none.
bool ChooseWithoutStore(Reservation& from) {
  if (from.stamp_count > 0) return false;  // nobody would know later that it was carried out
  std::array<uint32_t, limits::kToolActions> barred = {};  // candidates, a bit each
  std::array<bool, limits::kToolActions> charged = {};
  for (uint32_t i = 0; i < from.charge_count; ++i) {
    const engine::ChargeOrigin& origin = from.origins[i];
    const bool may = from.charges[i].permit_without_store && !IsTooMuch(from.charges[i]);
    if (origin.capability == kNone && !may) return false;
    if (origin.capability == kNone) continue;
    charged[origin.group] = true;
    if (!may) barred[origin.group] |= 1u << origin.alternative;
  }
  for (uint32_t i = 0; i < from.group_count; ++i) {
    if (!charged[i]) continue;
    engine::ActionGroup& group = from.groups[i];
    bool found = false;
    for (uint32_t c = 0; c < from.charge_count && !found; ++c) {
      const engine::ChargeOrigin& origin = from.origins[c];
      if (origin.capability == kNone || origin.group != i) continue;
      if ((barred[i] >> origin.alternative & 1) != 0) continue;
      group.choice = origin.alternative;
      found = true;
    }
    if (!found && group.free == state::kNoFree) {
      from.lost = i;
      return false;
    }
    if (!found) group.choice = group.free;
  }
  return true;
}

/// What the policy says that each call takes is not for a host to say.
bool IsOfPolicy(const std::optional<state::Actual>& actual) {
  return actual && (actual->unit & state::kFixed) != 0;
}

/// Whether the store has nothing to choose and nothing to remember but its charges: all are taken.
bool TakesAll(const Reservation& from) {
  return from.stamp_count == 0 && from.texts.empty() &&
         std::ranges::all_of(from.all_charges(),
                             [](const auto& charge) { return charge.alternative == 0; }) &&
         std::ranges::all_of(std::span(from.free.data(), from.store_groups),
                             [](uint16_t free) { return free == state::kNoFree; });
}

void Spent(Reservation& from, uint16_t failed, Decision& decision) {
  if (failed >= from.charge_count) {
    return engine::DenyFor(DecisionCode::kLimitExceeded, {}, from, decision);
  }
  DecisionCode code = DecisionCode::kLimitExceeded;
  bool spent = true;
  switch (from.charges[failed].kind) {
    case state::CounterKind::kBreaker: code = DecisionCode::kCircuitOpen; break;
    case state::CounterKind::kAfter:
    case state::CounterKind::kNotAfter:
      // A history is nothing that time renews: it says no time.
      code = DecisionCode::kConstraintFailed;
      spent = false;
      break;
    case state::CounterKind::kRate:
    case state::CounterKind::kRecent:
    case state::CounterKind::kQuota:
    case state::CounterKind::kTotal:
    case state::CounterKind::kGauge: break;
  }
  if (from.origins[failed].capability != kNone) from.lost = from.origins[failed].group;
  engine::DenyFor(code, from.origins[failed], from, decision);
  if (spent) decision.retry_after_us = from.states[failed].retry_after_us;
}

}  // namespace

// Inside the epoch: what the policy says, and what the call is to be charged.
Decision Reader::Impl::DecideAndCharge(GrantId grant, const Frame& frame,
                                       const AuthorizeOptions& options, uint64_t asking,
                                       Reservation& charged) {
  const engine::EpochScope inside(engine->epochs, slot);
  const engine::ProgramState* state = engine->state.load(std::memory_order_acquire);
  charged.decision = NextId();
  Decision decision = engine::Decide(state, engine->rows, grant, frame, &charged);
  decision.id = charged.decision;
  const engine::GrantView& view = charged.view;
  const bool asked = decision.action_nth != 0xFF;  // a policy was
  if (asked && options.operation) {
    decision.id = BindOperation(engine->hash, *options.operation, *state, view, frame);
  }
  if (asking != 0 && !charged.AskInstead(asking, decision)) {
    decision.verdict = Verdict::kDeny;
    return decision;
  }
  if (charged.group_count == 0 || !state->plan->counts()) return decision;
  engine::ChargeBuilder(*state, view, frame, engine->hash, *engine->store, charged)
      .Run(decision);
  return decision;
}

Decision Reader::Impl::Count(GrantId grant, const Frame& frame, const AuthorizeOptions& options,
                             bool peek) {
  Reservation& charged = Room();
  charged.Clear();
  Decision decision = DecideAndCharge(grant, frame, options, 0, charged);
  charged.decision = decision.id;
  Finish(grant, frame, options, peek, decision);
  return decision;
}

void Reader::Impl::Finish(GrantId grant, const Frame& frame, const AuthorizeOptions& options,
                          bool peek, Decision& decision) {
  Reservation& charged = *reservation;
  if (decision.verdict != Verdict::kDeny && !charged.empty()) {
    const int64_t now_us = frame.header()->now_us;
    const bool reserve = !peek && decision.permitted();
    const bool kept = reserve && (options.operation || NeedsOperation(charged));
    AskStore(now_us, reserve, kept, options.operation.has_value(), decision);
    if (decision.permitted() && reserve) Recheck(grant, now_us, decision);
  }
  AfterDenial(grant, frame, options, peek, decision);
}

void Reader::Impl::AfterDenial(GrantId grant, const Frame& frame, const AuthorizeOptions& options,
                               bool peek, Decision& decision) {
  Reservation& charged = *reservation;
  if (decision.verdict == Verdict::kDeny && charged.lost != kNone) {
    decision = StepUpInstead(grant, frame, options, decision);
  }
  if (!peek && charged.has_breaker && IsViolation(decision)) {
    const Breaker& breaker = charged.breaker;
    engine->store->CountViolation(charged.breaker_id, breaker.max_violations, breaker.window_us,
                                  breaker.suspend_us, frame.header()->now_us);
  }
}

// What permits an action has no room left. Who would permit it with an approval is kinder than that
// denial, as long as its own limits have room; it is asked for no more, so that nothing is charged.
Decision Reader::Impl::StepUpInstead(GrantId grant, const Frame& frame,
                                     const AuthorizeOptions& options, Decision denied) {
  Reservation& charged = *reservation;
  const int64_t now_us = frame.header()->now_us;
  const engine::ActionGroup& lost = charged.groups[charged.lost];
  if (lost.untried) denied.code = DecisionCode::kUntried;
  if (lost.permit.count == 0 || lost.ask.count == 0) return denied;
  uint64_t asking = 0;
  const auto again = [&](uint64_t mask) {
    charged.Clear();
    Decision decision = DecideAndCharge(grant, frame, options, mask, charged);
    decision.id = denied.id;
    charged.decision = denied.id;
    if (decision.verdict != Verdict::kDeny && !charged.empty()) {
      AskStore(now_us, /*reserve=*/false, /*kept=*/false, options.operation.has_value(), decision);
    }
    return decision;
  };
  while (charged.lost != kNone && (asking >> charged.lost & 1) == 0) {
    asking |= uint64_t{1} << charged.lost;
    const Decision decision = again(asking);
    if (decision.verdict == Verdict::kStepUp) return decision;
  }
  again(0);  // so that a report says of the denial what it is about
  return denied;
}

state::ReserveResult Reader::Impl::ReserveFor(int64_t now_us, bool reserve,
                                              state::OperationId operation) {
  Reservation& charged = *reservation;
  if (reserve && near != nullptr && TakesAll(charged)) {
    const bool kept = operation != state::kNoOperation;
    const bool taken = engine->store->Take(charged.all_charges(), kept ? &operation : nullptr,
                                           now_us, charged.states.data());
    if (taken) return {state::ReserveStatus::kReserved};
  }
  return engine->store->Reserve({.now_us = now_us,
                                 .operation = operation,
                                 .charges = charged.all_charges(),
                                 .free = {charged.free.data(), charged.store_groups},
                                 .stamps = {charged.stamps.data(), charged.stamp_count},
                                 .names = charged.Names(),
                                 .peek = !reserve},
                                charged.all_states());
}

// The store may have taken its time: a grant that was revoked meanwhile permits nothing, and takes
// nothing that can be given back.
void Reader::Impl::Recheck(GrantId grant, int64_t now_us, Decision& decision) {
  engine->epochs.Enter(slot);
  const DecisionCode code = engine::WhyGone(engine->rows, grant, now_us);
  engine->epochs.Leave(slot);
  if (code == DecisionCode::kPermit) return;
  if (decision.reserved()) engine->store->Release(OperationOf(decision), now_us);
  engine::DenyFor(code, {}, *reservation, decision);
}

void Reader::Impl::AskStore(int64_t now_us, bool reserve, bool kept, bool named,
                            Decision& decision) {
  const state::ReserveResult result =
      ReserveFor(now_us, reserve, kept ? OperationOf(decision) : state::kNoOperation);
  TakeAnswer(result, now_us, kept, named, decision);
}

void Reader::Impl::TakeAnswer(const state::ReserveResult& result, int64_t now_us, bool kept,
                              bool named, Decision& decision) {
  Reservation& charged = *reservation;
  charged.answered = result.status == state::ReserveStatus::kReserved ||
                     result.status == state::ReserveStatus::kSpent;
  switch (result.status) {
    case state::ReserveStatus::kReserved:
      if (!charged.alone) {
        TakeChoices(charged);
        engine::NameChosen(charged, decision);
      }
      if (kept) decision.operation |= Reservation::kReserved;
      return;
    case state::ReserveStatus::kSpent:
      charged.failed = result.failed;
      return Spent(charged, result.failed, decision);
    case state::ReserveStatus::kBadRequest:
      charged.refused = AreSound(charged, now_us);
      return engine::DenyFor(
          named ? DecisionCode::kOperationConflict : DecisionCode::kConstraintFault, {}, charged,
          decision);
    case state::ReserveStatus::kUnavailable:
      if (!ChooseWithoutStore(charged)) {
        return engine::DenyFor(DecisionCode::kStoreUnavailable, {}, charged, decision);
      }
      engine::NameChosen(charged, decision);
      if (decision.permitted()) decision.operation |= Reservation::kUncounted;
      return;
    case state::ReserveStatus::kRewound:
      return engine::DenyFor(DecisionCode::kStoreRewound, {}, charged, decision);
  }
}

const Reservation* Reader::Impl::AnswerTo(const Decision& decision) const {
  if (reservation == nullptr || reservation->decision != decision.id) return nullptr;
  Reservation& known = *reservation;
  if (!known.answered && !known.refused) return nullptr;
  if (known.answered_for != nullptr && known.charge_count == 1) {
    known.charges[0] = known.answered_for->charge;
    known.origins[0] = known.answered_for->origin;
  }
  return &known;
}

Decision Reader::Authorize(GrantId grant, const Frame& frame, const AuthorizeOptions& options) {
  return impl_->Count(grant, frame, options, /*peek=*/false);
}

Decision Reader::Peek(GrantId grant, const Frame& frame) {
  return impl_->Count(grant, frame, {}, /*peek=*/true);
}

state::SettleStatus Reader::Commit(const Decision& decision, int64_t now_us,
                                   std::optional<state::Actual> actual) {
  if (!decision.permitted() || IsOfPolicy(actual)) return state::SettleStatus::kBadRequest;
  if (!decision.reserved()) return state::SettleStatus::kSettled;
  return impl_->engine->store->Commit(OperationOf(decision), actual, now_us);
}

state::SettleStatus Reader::Release(const Decision& decision, int64_t now_us) {
  if (!decision.permitted()) return state::SettleStatus::kBadRequest;
  if (!decision.reserved()) return state::SettleStatus::kSettled;
  return impl_->engine->store->Release(OperationOf(decision), now_us);
}

state::SettleStatus Engine::Commit(state::OperationId operation, int64_t now_us,
                                   std::optional<state::Actual> actual) {
  if (IsOfPolicy(actual)) return state::SettleStatus::kBadRequest;
  return impl_->store->Commit(operation, actual, now_us);
}

state::SettleStatus Engine::Release(state::OperationId operation, int64_t now_us) {
  return impl_->store->Release(operation, now_us);
}

state::Store& Engine::store() { return *impl_->store; }

}  // namespace cap
