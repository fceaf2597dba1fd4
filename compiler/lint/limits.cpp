// Limits that never bind: one that another reaches first, and one of what no capability permits.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/lint/context.h"
#include "runtime/program/print.h"

namespace cap::lint {

namespace {

class Limits {
 public:
  explicit Limits(Findings& findings) : findings_(findings), program_(findings.program()) {}

  void Run() {
    for (const Capability& capability : program_.capabilities) {
      if (!findings_.IsCopy(capability)) Pairs(capability);
    }
    for (const SharedLimit& limit : program_.limits) {
      Pairs(limit);
      Idle(limit);
    }
  }

 private:
  /// What an operand is, as a text that is equal for the same ones.
  template <typename Rule>
  std::string TextOf(const Rule& rule, const LimitOperand& operand) const {
    using Source = LimitOperand::Source;
    if (operand.source != Source::kConst) {
      return fmt::format("{} {}", static_cast<int>(operand.source), operand.index);
    }
    const ConstSource& source = rule.consts[operand.index];
    return source.bound ? fmt::format("bound {}", source.index)
                        : PrintValue(program_, program_.values[source.index]);
  }
  template <typename Rule>
  const Value* Literal(const Rule& rule, const LimitOperand& operand) const {
    if (operand.source != LimitOperand::Source::kConst) return nullptr;
    const ConstSource& source = rule.consts[operand.index];
    return source.bound ? nullptr : &program_.values[source.index];
  }
  template <typename Rule>
  std::optional<int64_t> Number(const Rule& rule, const LimitTerm& term) const {
    const Value* literal = Literal(rule, term.limit);
    if (literal == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<int64_t>(&literal->v)) return *number;
    if (const auto* money = std::get_if<Money>(&literal->v)) return money->minor_units;
    return std::nullopt;
  }
  /// Position of the period; a longer one of the same zone holds whole shorter ones, but for weeks,
  /// which months cut.
  template <typename Rule>
  size_t PeriodOf(const Rule& rule, const LimitTerm& term) const {
    const Value* literal = Literal(rule, term.period);
    return static_cast<size_t>(
        std::ranges::find(kPeriodNames, std::get<EnumMember>(literal->v).name) - kPeriodNames);
  }
  template <typename Rule>
  bool Within(const Rule& rule, const LimitTerm& inner, const LimitTerm& outer) const {
    const size_t a = PeriodOf(rule, inner);
    const size_t b = PeriodOf(rule, outer);
    const auto total = static_cast<size_t>(Period::kTotal);
    const bool cut = a == static_cast<size_t>(Period::kWeek) &&
                     b == static_cast<size_t>(Period::kMonth);
    const bool clocks = TextOf(rule, inner.zone) == TextOf(rule, outer.zone);
    return b == total ? a <= b : a <= b && !cut && clocks;
  }

  /// Whether `outer` counts all that `inner` does, and is used up no later.
  template <typename Rule>
  bool Binds(const Rule& rule, const LimitTerm& outer, const LimitTerm& inner) const {
    if (outer.kind != LimitKind::kQuota || inner.kind != LimitKind::kQuota) return false;
    if (!IsUnguarded(rule, outer) ||
        TextOf(rule, outer.amount) != TextOf(rule, inner.amount) ||
        !std::ranges::equal(outer.keys, inner.keys) || !Within(rule, inner, outer)) {
      return false;
    }
    const std::optional<int64_t> most = Number(rule, outer);
    const std::optional<int64_t> more = Number(rule, inner);
    return most && more && *most <= *more;
  }

  template <typename Rule>
  bool IsUnguarded(const Rule& rule, const LimitTerm& term) const {
    const Shape& shape = program_.shapes[rule.shape];
    const Clause& clause = program_.clauses[shape.first_clause + term.clause];
    return clause.end - clause.begin == 1;
  }

  template <typename Rule>
  void Pairs(const Rule& rule) {
    for (size_t i = 0; i < rule.terms.size(); ++i) {
      const Span& span = rule.clauses[rule.terms[i].clause].span;
      if (!findings_.IsOwn(span)) continue;
      for (size_t k = 0; k < rule.terms.size(); ++k) {
        const bool first = i == k || !Binds(rule, rule.terms[k], rule.terms[i]);
        // Of two that are the same the later goes.
        if (first || (i < k && Binds(rule, rule.terms[i], rule.terms[k]))) continue;
        const Span& other = rule.clauses[rule.terms[k].clause].span;
        findings_.Add(diag::Code::kLintLimitNeverBinds, span,
                      {fmt::format("the limit `{}` never binds: `{}` is used up no later",
                                   rule.terms[i].name, rule.terms[k].name),
                       "never reached", "leave it out, or give a smaller limit",
                       findings_.NoteAt(other, "this one comes first")});
        break;
      }
    }
  }

  void Idle(const SharedLimit& limit) {
    const Policy& policy = program_.policies[limit.policy];
    const bool permitted = std::ranges::any_of(policy.capabilities, [&](uint32_t index) {
      return program_.capabilities[index].action == limit.action;
    });
    // One that was taken over, or that binds every action, is not to be blamed for this policy.
    const bool own = !limit.terms.empty() && limit.terms[0].policy == policy.name;
    const auto others = std::ranges::count_if(program_.limits, [&](const SharedLimit& other) {
      return other.policy == limit.policy && other.span == limit.span;
    });
    if (permitted || !own || others > 1 || !findings_.IsOwn(limit.span)) return;
    findings_.Add(diag::Code::kLintLimitIdle, limit.span,
                  {fmt::format("`{}` limits `{}`, which `{}` does not permit", limit.name,
                               program_.actions[limit.action].name, policy.name),
                   "nothing to count", "leave it out, or add the capability"});
  }

  Findings& findings_;
  const Program& program_;
};

}  // namespace

void FindInLimits(Findings& findings) { Limits(findings).Run(); }

}  // namespace cap::lint
