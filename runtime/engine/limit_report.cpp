#include "runtime/engine/limit_report.h"

#include <algorithm>
#include <string>

#include "runtime/value/duration.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"

namespace cap::engine {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

const LimitTerm* TermOf(const Program& program, const ChargeOrigin& origin) {
  if (origin.term == kNone) return nullptr;
  return origin.limit != kNone ? &program.limits[origin.limit].terms[origin.term]
                               : &program.capabilities[origin.capability].terms[origin.term];
}

std::string Quantity(const state::Charge& charge, int64_t amount) {
  const uint16_t currency = state::CurrencyOf(charge.unit);
  if (currency == 0) return std::to_string(amount);
  return FormatMoney({.minor_units = amount, .currency = currency});
}

/// "of 5 an hour" and the like would be the policy's text; here is what the store counted.
std::string Bound(const state::Charge& charge) {
  switch (charge.kind) {
    case state::CounterKind::kRate:
      return "one each " + FormatDuration({charge.span_us}) + ", " +
             std::to_string(charge.limit) + " at once";
    case state::CounterKind::kRecent:
      return Quantity(charge, charge.limit) + " in " + FormatDuration({charge.span_us});
    case state::CounterKind::kQuota:
    case state::CounterKind::kTotal:
    case state::CounterKind::kGauge:
    case state::CounterKind::kAfter:
    case state::CounterKind::kNotAfter:
    case state::CounterKind::kBreaker: return Quantity(charge, charge.limit);
  }
  return {};
}

/// Whether an agent may see a number that comes from there: it wrote it, or the policy's text has
/// it. A bound value or a fact is the host's.
bool IsPublic(const Program& program, const ChargeOrigin& origin, const LimitOperand& operand) {
  switch (operand.source) {
    case LimitOperand::Source::kAbsent: return true;
    case LimitOperand::Source::kConst:
      return !(origin.limit != kNone ? program.limits[origin.limit].consts
                                     : program.capabilities[origin.capability].consts)
                  [operand.index].bound;
    case LimitOperand::Source::kSlot: {
      const uint32_t action = origin.limit != kNone
                                  ? program.limits[origin.limit].action
                                  : program.capabilities[origin.capability].action;
      const Tool& tool = program.tools[program.actions[action].tool];
      return tool.slots[operand.index].source == SlotSource::kArgument;
    }
    case LimitOperand::Source::kInst: return false;
  }
  return false;
}

/// … what the limit is, and whose.
bool IsPublic(const Program& program, const ChargeOrigin& origin, const LimitTerm& term) {
  return IsPublic(program, origin, term.limit) &&
         std::ranges::all_of(term.keys, [&](const LimitOperand& key) {
           return IsPublic(program, origin, key);
         });
}

/// Whether the subject is a key of the counter, so that nobody else counts with it.
bool IsOwn(const LimitTerm& term) {
  return term.keys.empty() || std::ranges::any_of(term.keys, [](const LimitOperand& key) {
           return key.source == LimitOperand::Source::kAbsent;
         });
}

bool Takes(state::CounterKind kind) {
  return kind != state::CounterKind::kAfter && kind != state::CounterKind::kNotAfter &&
         kind != state::CounterKind::kBreaker;
}

/// Rounded up: who tries again at that time finds it renewed.
std::string RetryText(int64_t retry_after_us) {
  if (retry_after_us <= 0) return {};
  if (retry_after_us == kNeverAgain) return "no later time will do";
  const int64_t seconds = (retry_after_us - 1) / kSecondUs + 1;
  return "try again in " + FormatDuration({seconds * kSecondUs});
}

void Spent(const Program& program, const Decision& decision, const Reservation& answer,
           FullReport& full) {
  DecisionReport& report = full.report;
  const state::Charge& charge = answer.charges[answer.failed];
  const ChargeOrigin& origin = answer.origins[answer.failed];
  const LimitTerm* term = TermOf(program, origin);
  const std::string retry = RetryText(decision.retry_after_us);
  report.message = retry;
  full.text_public = true;
  if (term == nullptr || !Takes(charge.kind)) return;
  report.observed = Quantity(charge, charge.amount);
  full.observed_public = IsPublic(program, origin, term->amount);
  report.limit = Bound(charge);
  full.limit_public = IsPublic(program, origin, term->limit);
  report.message = "`" + term->name + "` of `" + term->owner + "` has " +
                   Quantity(charge, answer.states[answer.failed].remains) + " left" +
                   (retry.empty() ? "" : "; " + retry);
  full.text_public = IsOwn(*term) && IsPublic(program, origin, *term);
}

}  // namespace

namespace {

/// Of a permit what was charged; of a denial, what the nearest candidate would have been.
bool IsShown(const Reservation& answer, uint32_t charge, const Decision& decision) {
  const ChargeOrigin& origin = answer.origins[charge];
  if (origin.capability == kNone) return true;
  if (decision.verdict != Verdict::kDeny) return answer.states[charge].taken;
  if (answer.failed >= answer.charge_count) return false;
  const ChargeOrigin& failed = answer.origins[answer.failed];
  return failed.capability == kNone ? answer.states[charge].taken
                                    : origin.group == failed.group &&
                                          origin.alternative == failed.alternative;
}

std::string NameOf(const LimitTerm& term, const ChargeOrigin& origin,
                   const std::vector<LimitReport>& before) {
  std::string name = origin.limit != kNone ? term.owner + "." + term.name : term.name;
  if (origin.block > 0) name += " (delegated)";
  std::string unique = name;
  for (int nth = 2; std::ranges::find(before, unique, &LimitReport::name) != before.end(); ++nth) {
    unique = name + "#" + std::to_string(nth);
  }
  return unique;
}

}  // namespace

void ReportLimits(const ProgramState& state, const Decision& decision, const Reservation& answer,
                  FullReport& full) {
  const Program& program = *state.program;
  DecisionReport& report = full.report;
  if (answer.refused) {
    report.fault = decision.code == DecisionCode::kOperationConflict
                       ? "the operation is of another call, or a counter of the call counts "
                         "something else since the policy was changed and needs a reset"
                       : "a counter of the call counts something else since the policy was "
                         "changed, and needs a reset";
    return;
  }
  for (uint32_t i = 0; i < answer.charge_count; ++i) {
    const state::Charge& charge = answer.charges[i];
    const state::ChargeState& standing = answer.states[i];
    const ChargeOrigin& origin = answer.origins[i];
    if (!IsShown(answer, i, decision)) continue;
    const int64_t retry_after_us = standing.fits ? 0 : standing.retry_after_us;
    if (charge.kind == state::CounterKind::kBreaker && !standing.fits) {
      report.limits.push_back({.name = "circuit_breaker",
                               .remains = "",
                               .limit = "",
                               .retry_after_us = retry_after_us});
      full.limits_public.push_back(true);
      full.limits_own.push_back(true);
    }
    const LimitTerm* term = TermOf(program, origin);
    if (term == nullptr || !Takes(charge.kind)) continue;
    report.limits.push_back({.name = NameOf(*term, origin, report.limits),
                             .remains = Quantity(charge, standing.remains),
                             .limit = Bound(charge),
                             .retry_after_us = retry_after_us});
    full.limits_public.push_back(IsPublic(program, origin, *term));
    full.limits_own.push_back(IsOwn(*term));
  }
  const bool spent = answer.failed < answer.charge_count && decision.verdict == Verdict::kDeny;
  if (spent) Spent(program, decision, answer, full);
}

}  // namespace cap::engine
