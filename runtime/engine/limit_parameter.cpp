#include "runtime/engine/limit_parameter.h"

#include <algorithm>

namespace cap::engine {
namespace {

using Operand = LimitOperand LimitTerm::*;

struct Row {
  LimitKind kind;
  std::string_view name;
  Operand operand;
  ParameterOrder order;
  bool interval = false;
};
constexpr Row kRows[] = {
    {LimitKind::kRate, "quota", &LimitTerm::limit, ParameterOrder::kAtMost},
    {LimitKind::kRate, "burst", &LimitTerm::burst, ParameterOrder::kAtMost},
    {LimitKind::kRate, "interval", &LimitTerm::limit, ParameterOrder::kAtMost, true},
    {LimitKind::kRecent, "limit", &LimitTerm::limit, ParameterOrder::kAtMost},
    {LimitKind::kRecent, "within", &LimitTerm::span, ParameterOrder::kAtLeast},
    {LimitKind::kQuota, "limit", &LimitTerm::limit, ParameterOrder::kAtMost},
    {LimitKind::kQuota, "retain", &LimitTerm::span, ParameterOrder::kAtLeast},
    {LimitKind::kGauge, "limit", &LimitTerm::limit, ParameterOrder::kAtMost},
    {LimitKind::kGauge, "expires", &LimitTerm::span, ParameterOrder::kAtLeast},
};
constexpr Operand kOperands[] = {&LimitTerm::amount, &LimitTerm::limit, &LimitTerm::burst,
                                 &LimitTerm::period, &LimitTerm::zone, &LimitTerm::span};

bool Is(const LimitOperand& operand, uint32_t constant) {
  return operand.source == LimitOperand::Source::kConst && operand.index == constant;
}

/// Whether nothing of the limit is made of the constant but the operand, and the clause that tells
/// whether its term's operands are any.
bool IsAlone(const Program& program, const SharedLimit& limit, const LimitTerm& term,
             uint32_t constant) {
  size_t uses = 0;
  for (const LimitTerm& each : limit.terms) {
    for (const Operand operand : kOperands) uses += Is(each.*operand, constant);
    for (const LimitOperand& key : each.keys) uses += Is(key, constant);
  }
  const Shape& shape = program.shapes[limit.shape];
  for (uint32_t nth = 0; nth < shape.clause_count; ++nth) {
    if (nth == term.operands_clause) continue;
    const Clause& clause = program.clauses[shape.first_clause + nth];
    for (uint32_t at = clause.begin; at < clause.end; ++at) {
      const Inst& inst = program.insts[shape.first_inst + at];
      uses += InfoOf(inst.op).a == OperandKind::kConst && inst.a == constant;
    }
  }
  return uses == 1;
}

}  // namespace

std::optional<std::string_view> LimitName(std::string_view owner) {
  constexpr std::string_view kWord = "limit ";
  if (!owner.starts_with(kWord)) return std::nullopt;
  return owner.substr(kWord.size());
}

std::optional<LimitParameter> FindLimitParameter(const Program& program, const SharedLimit& limit,
                                                 std::string_view parameter) {
  const size_t point = parameter.rfind('.');
  if (point == parameter.npos) return std::nullopt;
  const auto term = std::ranges::find(limit.terms, parameter.substr(0, point), &LimitTerm::name);
  if (term == limit.terms.end()) return std::nullopt;
  const auto row = std::ranges::find_if(kRows, [&](const Row& each) {
    return each.kind == term->kind && each.name == parameter.substr(point + 1);
  });
  if (row == std::end(kRows)) return std::nullopt;
  const LimitOperand& operand = (*term).*(row->operand);
  if (operand.source != LimitOperand::Source::kConst ||
      !IsAlone(program, limit, *term, operand.index)) {
    return std::nullopt;
  }
  return LimitParameter{operand.index, program.shapes[limit.shape].const_types[operand.index],
                        row->order, row->interval};
}

bool IsInterval(const Program& program, TypeIndex parameter, TypeIndex constant) {
  return program.types[parameter].kind == TypeKind::kDuration &&
         program.types[constant].kind == TypeKind::kRate;
}

}  // namespace cap::engine
