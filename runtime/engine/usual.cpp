// The usual call of a Program that counts: of one action, that nothing but the capability which
// permits it charges, with limits whose numbers were known when the grant was published
// (term_template.h). Everything else goes the general way (charge_builder.cpp, settle.cpp), which
// says the same of these calls too.
#include "runtime/engine/charge_builder.h"
#include "runtime/engine/engine_impl.h"
#include "runtime/engine/reservation.h"
#include "runtime/engine/term_template.h"
#include "runtime/state/counter.h"

namespace cap {
namespace {

using engine::Reservation;

/// The charge at a place, of a term of the candidate. False: a LimitReader has to say.
[[gnu::always_inline]] inline bool Put(uint32_t at, const engine::TermTemplate& term, uint32_t nth,
                                       const engine::Candidate& of,
                                       const engine::TemplateCall& call, Reservation& out) {
  if (term.way == engine::TermTemplate::Way::kGeneral) return false;
  if (!engine::Fill(term, call, out.charges[at])) return false;
  out.origins[at] = {.capability = of.capability,
                     .limit = kNone,
                     .term = nth,
                     .clause = term.clause,
                     .group = 0,
                     .alternative = 0,
                     .block = 0,
                     .span = term.span};
  return true;
}

/// Those of the terms that apply: how many; 0: a LimitReader has to say. While the store is asked
/// for the first it may fetch the others.
[[gnu::noinline]] uint32_t PutAll(std::span<const engine::TermTemplate> terms,
                                  const engine::Candidate& of, engine::TemplateCall call,
                                  const state::Store& store, Reservation& out) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < terms.size(); ++i) {
    if ((of.admitted >> terms[i].clause & 1) == 0) continue;
    if (count == limits::kCharges || !Put(count, terms[i], i, of, call, out)) return 0;
    store.Expect(out.charges[count++].id);
  }
  return count;
}

/// What a call that is permitted is charged. False: it is not as above, or cannot be charged so;
/// then nothing has changed that the general way does not overwrite.
[[gnu::always_inline]] inline bool ChargeAlone(const engine::ProgramState& state,
                                               const engine::CounterHash& hash,
                                               const FrameHeader* frame,
                                               const state::Store& store, Reservation& out) {
  const engine::ActionGroup& group = out.groups[0];
  if (out.group_count != 1 || !group.charges_own || group.permit.count != 1 ||
      out.view.delegation != nullptr || out.names_wanted) {
    return false;
  }
  const engine::Candidate& only = group.permit.all[0];
  const CapabilityRecord& record = *only.record;
  out.alone = true;
  if ((only.admitted & state.plan->LimitMask(record.shape)) == 0) return true;
  const uint32_t count = state.plan->TemplateCount(only.capability);
  const engine::TermTemplate* terms = engine::TemplatesBefore(record.consts, count);
  const engine::TemplateCall call{.program = *state.program,
                                  .number = state.number,
                                  .frame = frame,
                                  .hash = hash,
                                  .subject = out.SubjectPart(hash),
                                  .periods = out.periods};
  const bool one = count == 1 && (only.admitted >> terms->clause & 1) != 0;
  const uint32_t charges = !one ? PutAll({terms, count}, only, call, store, out)
                           : Put(0, *terms, 0, only, call, out) ? 1
                                                                : 0;
  if (charges == 0) {
    out.alone = false;
    return false;
  }
  out.charge_count = charges;
  out.store_groups = 1;
  out.free[0] = state::kNoFree;
  return true;
}

/// kPermit: a grant that was live still is; else why not.
[[gnu::always_inline]] inline DecisionCode LookAgain(const engine::GrantRows& rows, GrantId grant,
                                                     int64_t now_us) {
  const engine::GrantRow* row = rows.At(grant.index);
  const DecisionCode code = engine::WhyRowGone(rows, row, grant, now_us);
  const bool delegated = code == DecisionCode::kPermit && engine::IsDelegated(*row);
  return delegated ? engine::WhyGone(rows, grant, now_us) : code;
}

}  // namespace

void Reader::Impl::MakeRoom() {
  reservation = std::make_unique<Reservation>();
  reservation->charged_only = true;
  reservation->expecting = engine->store.get();
  reservation->names_wanted = engine->store->keeps_names();
}

Decision Reader::Impl::CountUsual(const engine::ProgramState& state, GrantId grant,
                                  const Frame& frame) {
  Reservation& charged = Room();
  charged.decision = NextId();
  Decision decision = engine::Decide(&state, engine->rows, grant, frame, &charged);
  decision.id = charged.decision;
  if (charged.group_count != 0) ChargeUsual(state, grant, frame, decision);
  return decision;
}

void Reader::Impl::ChargeUsual(const engine::ProgramState& state, GrantId grant,
                               const Frame& frame, Decision& decision) {
  Reservation& charged = *reservation;
  state::Store& store = *engine->store;
  const int64_t now_us = frame.header()->now_us;
  const bool usual = decision.permitted() &&
                     ChargeAlone(state, engine->hash, frame.header(), store, charged);
  if (!usual || charged.charge_count > 1) {
    return ChargeUnusual(state, grant, frame, !usual, decision);
  }
  if (charged.charge_count == 0) return;
  engine->epochs.Leave(slot);
  const bool kept = state::IsGivenBack(charged.charges[0].kind);
  const state::OperationId operation = OperationOf(decision);
  if (store.Take(charged.all_charges(), kept ? &operation : nullptr, now_us,
                 charged.states.data())) {
    charged.answered = true;
    if (kept) decision.operation |= Reservation::kReserved;
  } else {
    AskStore(now_us, /*reserve=*/true, kept, /*named=*/false, decision);
    if (!decision.permitted()) return AfterDenial(grant, frame, {}, /*peek=*/false, decision);
  }
  engine->epochs.Enter(slot);
  const DecisionCode gone = LookAgain(engine->rows, grant, now_us);
  if (gone != DecisionCode::kPermit) {
    engine->epochs.Leave(slot);
    TakeBack(gone, now_us, decision);
  }
}

void Reader::Impl::ChargeUnusual(const engine::ProgramState& state, GrantId grant,
                                 const Frame& frame, bool anew, Decision& decision) {
  Reservation& charged = *reservation;
  if (anew) {
    engine::ChargeBuilder(state, charged.view, frame, engine->hash, *engine->store, charged)
        .Run(decision);
  }
  engine->epochs.Leave(slot);
  Finish(grant, frame, {}, /*peek=*/false, decision);
}

// The store may have taken its time: a grant that was revoked meanwhile permits nothing, and takes
// nothing that can be given back.
void Reader::Impl::Recheck(GrantId grant, int64_t now_us, Decision& decision) {
  engine->epochs.Enter(slot);
  const DecisionCode code = LookAgain(engine->rows, grant, now_us);
  engine->epochs.Leave(slot);
  if (code != DecisionCode::kPermit) TakeBack(code, now_us, decision);
}

void Reader::Impl::TakeBack(DecisionCode code, int64_t now_us, Decision& decision) {
  if (decision.reserved()) engine->store->Release(OperationOf(decision), now_us);
  engine::DenyFor(code, {}, *reservation, decision);
}

}  // namespace cap
