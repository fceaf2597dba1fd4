// The usual call of a Program that counts: of one action, that nothing but the capability which
// permits it charges, with limits whose numbers were known when the grant was published
// (term_template.h), by a store in this process. It is decided as a call of a Program that counts
// nothing, and then charged, if one capability alone permits it and the store does not say no.
// Everything else goes the general way (charge_builder.cpp, settle.cpp), which says the same of
// these calls too.
#include "runtime/engine/charge_builder.h"
#include "runtime/engine/engine_impl.h"
#include "runtime/engine/reservation.h"
#include "runtime/engine/term_template.h"
#include "runtime/state/counter.h"

namespace cap {
namespace {

using engine::ReadyCharge;
using engine::Reservation;
using engine::TermTemplate;

engine::TemplateCall CallOf(const engine::ProgramState& state, const engine::CounterHash& hash,
                            const FrameHeader* frame, const state::CounterId& subject,
                            Reservation& out) {
  return {.program = *state.program,
          .number = state.number,
          .frame = frame,
          .hash = hash,
          .subject = subject,
          .periods = out.periods,
          .parts = out.parts};
}

}  // namespace

void Reader::Impl::MakeRoom() {
  reservation = std::make_unique<Reservation>();
  reservation->charged_only = true;
  reservation->names_wanted = engine->store->keeps_names();
}

[[gnu::always_inline]] inline Reservation& Reader::Impl::WantWinner(const DecisionId& id) {
  Reservation& out = Room();
  out.winner.wanted = true;
  out.winner.has_rivals = false;
  out.winner.store = near;
  out.winner.operation = {.high = id.high, .low = id.low};
  return out;
}

Decision Reader::Impl::CountUsual(GrantId grant, const Frame& frame) {
  const engine::EpochScope inside(engine->epochs, slot);
  const engine::ProgramState* state = engine->state.load(std::memory_order_acquire);
  const DecisionId id = NextId();
  Reservation& out = WantWinner(id);
  Decision decision = engine::Decide(state, engine->rows, grant, frame, &out);
  decision.id = id;
  // Counting leaves the epoch while it asks the store; leaving it once more does no harm.
  if (!out.winner.wanted) {
    ChargeGroups(*state, grant, frame, decision);
    return decision;
  }
  const bool settled =
      decision.verdict == Verdict::kDeny ||
      (decision.permitted() && ChargeWinner(*state, grant, frame.header(), out, decision));
  if (!settled) [[unlikely]] {
    decision = Count(grant, frame, {}, /*peek=*/false);
  }
  return decision;
}

/// All of the call is found: the general way from there.
[[gnu::noinline]] void Reader::Impl::ChargeGroups(const engine::ProgramState& state, GrantId grant,
                                                  const Frame& frame, Decision& decision) {
  Reservation& out = *reservation;
  out.decision = decision.id;
  if (out.group_count > 0) {
    engine::ChargeBuilder(state, out.view, frame, engine->hash, *engine->store, out).Run(decision);
  }
  engine->epochs.Leave(slot);
  Finish(grant, frame, {}, /*peek=*/false, decision);
}

[[gnu::always_inline]] inline bool Reader::Impl::ChargeWinner(const engine::ProgramState& state,
                                                              GrantId grant,
                                                              const FrameHeader* frame,
                                                              Reservation& out,
                                                              Decision& decision) {
  const CapabilityRecord* record = out.winner.record;
  ReadyCharge& ready = out.ready[(grant.index + record->capability) % out.ready.size()];
  const bool known = ready.record == reinterpret_cast<uintptr_t>(record) &&
                     ready.grant == engine::KeyOf(grant) && ready.program == state.number &&
                     (out.winner.admitted & ready.clause) != 0;
  if (!known || out.winner.has_rivals) {
    const uint64_t limits = out.winner.admitted & state.plan->LimitMask(record->shape);
    if (limits == 0) return true;
    if (out.winner.has_rivals) return false;
    if (state.plan->TemplateCount(record->capability) != 1) {
      return ChargeSeveral(state, grant, frame, decision);
    }
    if (!MakeReady(state, grant, ready)) return false;
  }
  if (!ready.whole && !BringTo(state, frame, ready)) return false;
  out.answered_for = &ready;
  return Take({&ready.charge, 1}, ready.kept, grant, *ready.row, frame->now_us, out, decision);
}

/// The charge of the winner, where another one was. False: a LimitReader has to say.
[[gnu::noinline]] bool Reader::Impl::MakeReady(const engine::ProgramState& state, GrantId grant,
                                               ReadyCharge& ready) {
  const CapabilityRecord& record = *reservation->winner.record;
  const TermTemplate& term = *engine::TemplatesBefore(record.consts, 1);
  ready.record = 0;
  if (term.way == TermTemplate::Way::kGeneral) return false;
  ready.subject = SubjectPart(grant);
  ready.charge = term.charge;
  ready.charge.id = engine::CounterHash::Add(term.charge.id, ready.subject, 0);
  ready.whole = term.way == TermTemplate::Way::kReady && term.amount_slot == kNone && term.own;
  ready.kept = state::IsGivenBack(term.charge.kind);
  ready.origin = engine::OriginOf(term, record.capability, 0);
  ready.term = &term;
  ready.clause = uint64_t{1} << term.clause;
  ready.row = engine->rows.At(grant.index);
  ready.record = reinterpret_cast<uintptr_t>(&record);
  ready.grant = engine::KeyOf(grant);
  ready.program = state.number;
  return true;
}

/// By itself, so that what is whole has all registers.
[[gnu::noinline]] bool Reader::Impl::BringTo(const engine::ProgramState& state,
                                             const FrameHeader* frame, ReadyCharge& ready) {
  const engine::TemplateCall call = CallOf(state, engine->hash, frame, ready.subject, *reservation);
  return engine::Bring(*ready.term, call, ready.charge);
}

[[gnu::noinline]] bool Reader::Impl::ChargeSeveral(const engine::ProgramState& state, GrantId grant,
                                                   const FrameHeader* frame, Decision& decision) {
  Reservation& out = *reservation;
  const CapabilityRecord& record = *out.winner.record;
  const uint32_t count = state.plan->TemplateCount(record.capability);
  const std::span terms(engine::TemplatesBefore(record.consts, count), count);
  const engine::TemplateCall call = CallOf(state, engine->hash, frame, SubjectPart(grant), out);
  uint32_t charges = 0;
  bool kept = false;
  for (uint32_t i = 0; i < count; ++i) {
    const TermTemplate& term = terms[i];
    if ((out.winner.admitted >> term.clause & 1) == 0) continue;
    if (charges == limits::kCharges || term.way == TermTemplate::Way::kGeneral ||
        !engine::Fill(term, call, out.charges[charges])) {
      return false;
    }
    kept |= state::IsGivenBack(term.charge.kind);
    near->Expect(out.charges[charges].id);
    out.origins[charges++] = engine::OriginOf(term, record.capability, i);
  }
  out.answered_for = nullptr;
  return Take({out.charges.data(), charges}, kept, grant, *engine->rows.At(grant.index),
              frame->now_us, out, decision);
}

const state::CounterId& Reader::Impl::SubjectPart(GrantId grant) {
  return reservation->subjects.Of(grant, [&] {
    const engine::GrantRow& row = *engine->rows.At(grant.index);
    return engine->hash.SubjectPart(row.specification.load(std::memory_order_relaxed)->subject());
  });
}

/// What the store does not take at once: mostly a counter is new.
[[gnu::noinline]] bool Reader::Impl::ReserveUsual(uint32_t count, bool kept, int64_t now_us) {
  Reservation& out = *reservation;
  const state::Charge* charges =
      out.answered_for != nullptr ? &out.answered_for->charge : out.charges.data();
  const state::ReserveRequest request{
      .now_us = now_us,
      .operation = kept ? out.winner.operation : state::kNoOperation,
      .charges = {charges, count},
      .free = {},
      .stamps = {},
      .names = {}};
  return engine->store->Reserve(request, {out.states.data(), count}).status ==
         state::ReserveStatus::kReserved;
}

[[gnu::always_inline]] inline bool Reader::Impl::Take(std::span<const state::Charge> charges,
                                                      bool kept, GrantId grant,
                                                      const engine::GrantRow& row, int64_t now_us,
                                                      Reservation& out, Decision& decision) {
  out.charge_count = 0;  // what it says is of no decision until the store has answered
  engine->epochs.Leave(slot);
  const auto count = static_cast<uint32_t>(charges.size());
  const bool taken = engine->store->Take(charges, kept ? &out.winner.operation : nullptr, now_us,
                                         out.states.data());
  if (!taken && !ReserveUsual(count, kept, now_us)) [[unlikely]]
    return false;
  // The store may have taken its time: a grant that was revoked meanwhile permits nothing, and
  // takes nothing that can be given back. Inside an epoch, so that its row does not become another
  // grant's while it is read.
  engine->epochs.Enter(slot);
  if (engine::WhyRowGone(engine->rows, &row, grant, now_us) != DecisionCode::kPermit) [[unlikely]] {
    engine->epochs.Leave(slot);
    if (kept) engine->store->Release(out.winner.operation, now_us);
    return false;
  }
  out.decision = decision.id;
  out.charge_count = count;
  out.answered = true;
  out.refused = false;
  out.failed = kNone;
  decision.operation = uint64_t{kept} << 63;
  return true;
}

}  // namespace cap
