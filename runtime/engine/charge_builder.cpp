#include "runtime/engine/charge_builder.h"

#include <bit>

#include "runtime/engine/show.h"
#include "runtime/value/quote.h"

namespace cap::engine {
namespace {

/// Whether a block's constants bind the term tighter than those of the block above, as far as the
/// counter goes. What an instruction computes may be made of any of them.
bool Narrows(const LimitTerm& term, const Slot* own, const Slot* above) {
  if (own == above) return false;
  for (const LimitOperand* operand :
       {&term.amount, &term.limit, &term.burst, &term.period, &term.zone, &term.span}) {
    if (operand->source == LimitOperand::Source::kInst) return true;
    if (operand->source == LimitOperand::Source::kConst &&
        own[operand->index] != above[operand->index]) {
      return true;
    }
  }
  return false;
}

bool TakesNothing(LimitKind kind) {
  return kind == LimitKind::kAfter || kind == LimitKind::kNotAfter;
}

}  // namespace

ChargeBuilder::ChargeBuilder(const ProgramState& state, const GrantView& view, const Frame& frame,
                             const CounterHash& hash, const state::Store& store, Reservation& out)
    : state_(state),
      program_(*state.program),
      view_(view),
      header_(frame.header()),
      hash_(hash),
      store_(store),
      names_(store.keeps_names()),
      subject_(out.subject()),
      out_(out) {}

void ChargeBuilder::Run(Decision& decision) {
  Breaker();
  if (decision.verdict == Verdict::kDeny || Alone()) return;
  if (out_.has_breaker) {
    *Next() = {.id = out_.breaker_id, .kind = state::CounterKind::kBreaker};
    Add({.span = out_.breaker.span});
    if (names_) {
      out_.texts.back() = {program_.policies[view_.policy].name, "", "circuit_breaker",
                           MarkCut(QuoteCut(subject_), out_.breaker_id)};
    }
  }
  for (uint32_t i = 0; i < out_.group_count; ++i) {
    if (!Shared(out_.groups[i], decision) || !Group(static_cast<uint16_t>(i), decision)) return;
    if (!Stamps(out_.groups[i])) {
      return Deny(DecisionCode::kConstraintFault, {.group = static_cast<uint16_t>(i)}, decision);
    }
  }
  NameChosen(out_, decision);
}

void ChargeBuilder::Breaker() {
  const cap::Breaker& breaker = program_.policies[view_.policy].breaker;
  if (breaker.max_violations == 0) return;
  out_.has_breaker = true;
  out_.breaker = breaker;
  out_.breaker_id = CounterHash::By(state_.plan->BreakerId(view_.policy), SubjectPart());
}

// With one candidate the decision names already what Run() would.
bool ChargeBuilder::Alone() {
  const ActionGroup& group = out_.groups[0];
  if (out_.group_count != 1 || !group.charges_own || group.candidates().count != 1) return false;
  ChargeOrigin origin{.group = 0, .alternative = 0};
  origin.capability = group.candidates().all[0].capability;
  if (!Candidate(group.candidates().all[0], origin)) {
    out_.charge_count = 0;
    if (names_) out_.texts.clear();
    return false;
  }
  out_.alone = true;
  if (out_.charge_count == 0) return true;
  out_.store_groups = 1;
  out_.free[0] = state::kNoFree;
  return true;
}

bool ChargeBuilder::Shared(const ActionGroup& group, Decision& decision) {
  const PolicyAction& entry = *group.entry;
  const auto nth = static_cast<uint16_t>(&group - out_.groups.data());
  if (view_.delegation != nullptr && !view_.delegation->blocks.back().limits.empty()) {
    return NarrowedLimits(nth, decision);
  }
  for (const LimitPlan& limit : entry.limits) {
    if (!SharedLimit(nth, limit.limit, limit.record, decision)) return false;
  }
  if (!entry.bound_limits) return true;
  bool good = true;
  uint32_t found = 0;
  RecordFinder(state_, view_.id, group.action)
      .ForEach(kLimitSkeleton, 0, kNoTexts, [&](const CapabilityRecord& record) {
        ++found;
        good = good && SharedLimit(nth, record.capability, record, decision);
      });
  if (!good || found > 0) return good;
  // A sweep took the grant out of the index since it was found to be live.
  Deny(DecisionCode::kGrantRevoked, {.group = nth}, decision);
  return false;
}

/// Under a chain that narrows limits: what each of its blocks left of them, the mint's first.
bool ChargeBuilder::NarrowedLimits(uint16_t group, Decision& decision) {
  const std::vector<DelegationBlock>& blocks = view_.delegation->blocks;
  for (const DelegationBlock::Constants& each : blocks[0].limits) {
    const cap::SharedLimit& limit = program_.limits[each.capability];
    if (limit.action != out_.groups[group].action) continue;
    CapabilityRecord above, own;
    own.shape = limit.shape;
    own.capability = each.capability;
    for (uint16_t block = 0; block < blocks.size(); ++block) {
      own.consts = blocks[block].OfLimit(each.capability);
      if (block > 0 && own.consts == above.consts) continue;
      if (!SharedLimit(group, each.capability, own, decision, block == 0 ? nullptr : &above,
                       block)) {
        return false;
      }
      above = own;
    }
  }
  return true;
}

bool ChargeBuilder::SharedLimit(uint16_t group, uint32_t index, const CapabilityRecord& record,
                                Decision& decision, const CapabilityRecord* above,
                                uint16_t block) {
  const cap::SharedLimit& limit = program_.limits[index];
  ChargeOrigin origin{.limit = index, .group = group, .block = block, .span = limit.span};
  const uint64_t admitted = state_.evaluator.Admit(header_, record);
  if ((admitted & kRefused) != 0) {
    const ClauseMasks masks = state_.evaluator.Explain(header_, record);
    const uint64_t require = state_.plan->RequireMask(record.shape);
    const bool fails = (masks.fail & require) != 0;
    const uint64_t deciding = (fails ? masks.fail : masks.fault) & require;
    if (deciding != 0) {
      origin.clause = static_cast<uint16_t>(std::countr_zero(deciding));
      origin.span = limit.clauses[origin.clause].span;
    }
    Deny(fails ? DecisionCode::kConstraintFailed : DecisionCode::kConstraintFault, origin,
         decision);
    return false;
  }
  for (uint32_t i = 0; i < limit.terms.size(); ++i) {
    const LimitTerm& term = limit.terms[i];
    if ((admitted >> term.clause & 1) == 0) continue;
    if (above != nullptr && !Narrows(term, record.consts, above->consts)) continue;
    origin.term = i;
    origin.clause = static_cast<uint16_t>(term.clause);
    origin.span = limit.clauses[term.clause].span;
    LimitReader reader(state_, header_, hash_,
                       {.term = &term, .shape = &program_.shapes[limit.shape], .record = &record});
    state::Charge* charge = Next();
    if (charge == nullptr || !reader.Read(TermId(term, origin), SubjectPart(), *charge)) {
      Deny(DecisionCode::kConstraintFault, origin, decision);
      return false;
    }
    OfBlock(term, block, *charge);
    Add(origin);
    if (names_) Name(reader, origin, term);
  }
  return true;
}

/// A history is the same for every block; of what is counted each has its own.
void ChargeBuilder::OfBlock(const LimitTerm& term, uint16_t block, state::Charge& charge) const {
  for (uint16_t b = 1; b <= block && !TakesNothing(term.kind); ++b) {
    charge.id = out_.parts.Join(hash_, charge.id, view_.delegation->blocks[b].hash);
  }
}

state::CounterId ChargeBuilder::TermId(const LimitTerm& term, const ChargeOrigin& origin) const {
  if (TakesNothing(term.kind)) return state_.plan->HistoryId(term.history);
  return origin.limit != kNone ? state_.plan->LimitTermId(origin.limit, origin.term)
                               : state_.plan->TermId(origin.capability, origin.term);
}

// Alternatives in order, up to the first that is charged nothing: what stands after it is never
// taken.
bool ChargeBuilder::Group(uint16_t nth, Decision& decision) {
  ActionGroup& group = out_.groups[nth];
  const CandidateList& candidates = group.candidates();
  const uint32_t count = nth < Reservation::kChoices ? candidates.count
                                                     : std::min(candidates.count, 1u);
  group.untried = candidates.dropped || count < candidates.count;
  const uint32_t first_charge = out_.charge_count;
  ChargeOrigin bad{.group = nth};
  bool any = false;
  uint32_t free = state::kNoFree;
  for (uint32_t i = 0; i < count; ++i) {
    ChargeOrigin origin{.capability = candidates.all[i].capability,
                        .group = nth,
                        .alternative = static_cast<uint16_t>(i)};
    const uint32_t before = out_.charge_count;
    if (!Candidate(candidates.all[i], origin)) {
      out_.charge_count = before;
      if (names_) out_.texts.resize(before);
      if (bad.capability == kNone) bad = origin;
      continue;
    }
    if (!any) group.choice = i;
    any = true;
    if (out_.charge_count == before) {
      free = i;
      break;
    }
  }
  if (!any) {
    Deny(DecisionCode::kConstraintFault, bad, decision);
    out_.lost = nth;
    return false;
  }
  if (out_.charge_count == first_charge) return true;
  out_.free[out_.store_groups++] = static_cast<uint16_t>(free);
  group.free = free;
  return true;
}

bool ChargeBuilder::Candidate(const engine::Candidate& candidate, ChargeOrigin& origin) {
  const Capability& capability = program_.capabilities[candidate.capability];
  origin.span = capability.span;
  if (capability.terms.empty()) return true;
  if (view_.delegation == nullptr) {
    return Block(*candidate.record, candidate.admitted, nullptr, 0, origin);
  }
  // A call is charged to the counters of every block, under what each of them left.
  CapabilityRecord above, own = *candidate.record;
  for (uint16_t i = 0; i < view_.delegation->blocks.size(); ++i) {
    own.consts = view_.delegation->blocks[i].Of(candidate.capability);
    const bool same = i > 0 && above.consts == own.consts;
    if (!same && !Block(own, state_.evaluator.Admit(header_, own), i == 0 ? nullptr : &above, i,
                        origin)) {
      return false;
    }
    above = own;
  }
  return true;
}

/// Of the terms of a capability; null: there are none, or a reader has to say what keys are called.
const TermTemplate* ChargeBuilder::TemplatesOf(const CapabilityRecord& record) const {
  if (names_) return nullptr;
  const uint32_t count = state_.plan->TemplateCount(record.capability);
  return count == 0 ? nullptr : TemplatesBefore(record.consts, count);
}

/// False: a LimitReader has to say.
bool ChargeBuilder::FromTemplate(const TermTemplate& term, state::Charge& charge) {
  return term.way != TermTemplate::Way::kGeneral && Fill(term,
                                                         {.program = program_,
                                                          .number = state_.number,
                                                          .frame = header_,
                                                          .hash = hash_,
                                                          .subject = SubjectPart(),
                                                          .periods = out_.periods,
                                                          .parts = out_.parts},
                                                         charge);
}

/// The terms of one block; of one that stands below another, those that it narrows.
bool ChargeBuilder::Block(const CapabilityRecord& record, uint64_t admitted,
                          const CapabilityRecord* above, uint16_t block, ChargeOrigin& origin) {
  const Capability& capability = program_.capabilities[record.capability];
  const TermTemplate* made = TemplatesOf(record);
  for (uint32_t i = 0; i < capability.terms.size(); ++i) {
    const LimitTerm& term = capability.terms[i];
    if ((admitted >> term.clause & 1) == 0) continue;
    if (above != nullptr && !Narrows(term, record.consts, above->consts)) continue;
    origin.term = i;
    origin.block = block;
    origin.clause = static_cast<uint16_t>(term.clause);
    origin.span = capability.clauses[term.clause].span;
    state::Charge* charge = Next();
    if (charge == nullptr) return false;
    if (made != nullptr && FromTemplate(made[i], *charge)) {
      OfBlock(term, block, *charge);
      Add(origin);
      continue;
    }
    LimitReader reader(
        state_, header_, hash_,
        {.term = &term, .shape = &program_.shapes[capability.shape], .record = &record});
    if (!reader.Read(TermId(term, origin), SubjectPart(), *charge)) return false;
    OfBlock(term, block, *charge);
    Add(origin);
    if (names_) Name(reader, origin, term);
  }
  return true;
}

/// What the call becomes a part of when it is carried out.
bool ChargeBuilder::Stamps(const ActionGroup& group) {
  const Tool& tool = program_.tools[header_->tool];
  for (const uint32_t index : state_.plan->HistoriesOf(group.action)) {
    const History& history = program_.histories[index];
    state::CounterId id = CounterHash::By(state_.plan->HistoryId(index), SubjectPart());
    bool whole = true;
    for (const uint32_t slot : history.slots) {
      // An argument that was left out equals none that is asked for.
      whole = whole && BitOf(header_->present, slot) &&
              hash_.ByValue(program_, tool.slots[slot].type, SlotsOf(header_)[slot], id);
    }
    if (!whole) continue;
    if (out_.stamp_count == out_.stamps.size()) return false;
    out_.stamps[out_.stamp_count++] = {.id = id};
  }
  return true;
}

state::Charge* ChargeBuilder::Next() {
  return out_.charge_count == limits::kCharges ? nullptr : &out_.charges[out_.charge_count];
}

void ChargeBuilder::Add(const ChargeOrigin& origin) {
  const bool common = origin.capability == kNone;
  state::Charge& added = out_.charges[out_.charge_count];
  added.group = common ? state::kEveryGroup : static_cast<uint16_t>(out_.store_groups);
  added.alternative = common ? 0 : origin.alternative;
  out_.origins[out_.charge_count++] = origin;
  store_.Expect(added.id);
  if (names_) out_.texts.resize(out_.charge_count);
}

void ChargeBuilder::Name(const LimitReader& reader, const ChargeOrigin& origin,
                         const LimitTerm& term) {
  std::array<std::string, 4>& text = out_.texts.back();
  text[0] = term.policy;
  text[1] = term.owner;
  text[2] = term.name;
  text[3] = reader.KeyText(subject_, out_.all_charges().back().id);
  if (origin.block > 0) text[3] += ", delegated " + std::to_string(origin.block) + " deep";
}

void ChargeBuilder::Deny(DecisionCode code, const ChargeOrigin& origin,
                         Decision& decision) const {
  out_.charge_count = 0;
  out_.stamp_count = 0;
  DenyFor(code, origin, out_, decision);
}

void DenyFor(DecisionCode code, const ChargeOrigin& origin, const Reservation& from,
             Decision& decision) {
  decision.verdict = Verdict::kDeny;
  decision.code = code;
  decision.capability = origin.capability;
  decision.limit = origin.limit;
  decision.forbid = kNone;
  decision.clause = origin.clause;
  decision.span = origin.span;
  decision.operation = 0;
  decision.step_up = 0;
  decision.obligations.count = 0;
  const uint64_t bit = origin.clause < 64 ? uint64_t{1} << origin.clause : 0;
  decision.fail = code == DecisionCode::kConstraintFailed ? bit : 0;
  decision.fault = code == DecisionCode::kConstraintFault ? bit : 0;
  const ActionGroup& group = from.groups[origin.group < from.group_count ? origin.group : 0];
  decision.action_nth = group.nth;
  decision.escalate = group.escalates;
}

void NameChosen(const Reservation& from, Decision& decision) {
  decision.operation = 0;
  uint32_t obligations = 0;
  for (uint32_t i = 0; i < from.group_count; ++i) {
    const ActionGroup& group = from.groups[i];
    const Candidate& chosen = group.chosen();
    if (i < Reservation::kChoices) decision.operation |= uint64_t{group.choice} << 3 * i;
    obligations += static_cast<uint32_t>(std::popcount(chosen.obliges));
    if (group.nth != decision.action_nth) continue;
    decision.capability = chosen.capability;
    if (decision.permitted()) {
      decision.step_up = chosen.obliges;
    } else if (chosen.asks != 0) {
      decision.step_up = chosen.asks;
      decision.clause = static_cast<uint16_t>(std::countr_zero(chosen.asks));
      if (decision.forbid == kNone) decision.span = chosen.span;
    }
  }
  decision.obligations.count = decision.permitted() ? obligations : 0;
}

}  // namespace cap::engine
