#include "runtime/program/print_limits.h"

#include <fmt/format.h>

#include "runtime/value/quote.h"

namespace cap {
namespace {

std::string Operand(const LimitOperand& operand) {
  switch (operand.source) {
    case LimitOperand::Source::kAbsent: return "subject";
    case LimitOperand::Source::kConst: return fmt::format("const {}", operand.index);
    case LimitOperand::Source::kSlot: return fmt::format("slot {}", operand.index);
    case LimitOperand::Source::kInst: return fmt::format("%{}", operand.index);
  }
  return "";
}

std::string_view Narrowing(ParameterOrder order) {
  switch (order) {
    case ParameterOrder::kUnsaid: return "";
    case ParameterOrder::kAtMost: return " narrows <=";
    case ParameterOrder::kAtLeast: return " narrows >=";
    case ParameterOrder::kSame: return " narrows ==";
    case ParameterOrder::kSubset: return " narrows subset";
    case ParameterOrder::kSuperset: return " narrows superset";
    case ParameterOrder::kWithin: return " narrows within";
  }
  return "";
}

}  // namespace

std::string_view NameOf(LimitKind kind) {
  switch (kind) {
    case LimitKind::kRate: return "rate";
    case LimitKind::kRecent: return "recent";
    case LimitKind::kQuota: return "quota";
    case LimitKind::kGauge: return "gauge";
    case LimitKind::kAfter: return "after";
    case LimitKind::kNotAfter: return "not after";
  }
  return "";
}

std::string PrintTerm(const Program& program, const LimitTerm& term) {
  std::string text = fmt::format("limit {} of ({}, {}, {}) clause {}", NameOf(term.kind),
                                 term.policy.empty() ? "top level" : term.policy, term.owner,
                                 term.name, term.clause);
  if (term.operands_clause != kNone) text += fmt::format(" operands {}", term.operands_clause);
  const auto add = [&](std::string_view name, const LimitOperand& operand) {
    if (operand.source == LimitOperand::Source::kAbsent) return;
    text += fmt::format(" {} {}", name, Operand(operand));
  };
  add("amount", term.amount);
  add("limit", term.limit);
  add("burst", term.burst);
  add("period", term.period);
  add("zone", term.zone);
  add("span", term.span);
  if (term.history != kNone) {
    text += " of " + PrintHistory(program, program.histories[term.history]);
  }
  for (const LimitOperand& key : term.keys) text += " per " + Operand(key);
  if (!term.reset.empty()) text += " reset " + QuoteCut(term.reset, term.reset.size());
  if (term.on_store_error == OnStoreError::kPermit) text += " on store error permit";
  return text;
}

std::string PrintHistory(const Program& program, const History& history) {
  std::string arguments;
  for (const std::string& argument : history.arguments) {
    arguments += (arguments.empty() ? "" : ", ") + argument;
  }
  return fmt::format("history {}({})", program.actions[history.action].name, arguments);
}

std::string PrintParameter(const CapabilityParameter& parameter) {
  return fmt::format("parameter {}.{} = const {}{}", parameter.constraint, parameter.name,
                     parameter.const_index, Narrowing(parameter.order));
}

}  // namespace cap
