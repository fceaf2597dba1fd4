#include "compiler/prove/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "runtime/program/print.h"
#include "runtime/program/print_limits.h"
#include "runtime/value/rate.h"

namespace cap::prove {
namespace {

/// A term in its rule.
struct Held {
  const Program& program;
  const Shape& shape;
  const std::vector<ConstSource>& consts;
  const LimitTerm& term;
};

std::string ConstantText(const Held& held, uint32_t constant) {
  const ConstSource& source = held.consts[constant];
  return source.bound ? "{{" + held.program.bound[source.index].name + "}}"
                      : PrintValue(held.program, held.program.values[source.index]);
}

/// The instructions of a clause with their constants: equal for clauses that say the same.
std::string ClauseText(const Held& held, uint32_t index) {
  if (index == kNone) return "";
  const Clause& clause = held.program.clauses[held.shape.first_clause + index];
  std::string text;
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    const Inst& inst = held.program.insts[held.shape.first_inst + at];
    const OpInfo& info = InfoOf(inst.op);
    const auto operand = [&](OperandKind kind, uint32_t value) -> std::string {
      switch (kind) {
        case OperandKind::kNothing: return "";
        case OperandKind::kConst: return ConstantText(held, value);
        case OperandKind::kSlot: return held.program.tools[held.shape.tool].slots[value].path;
        case OperandKind::kValue:
        case OperandKind::kQuant: return fmt::format("@{}", at - value);
        case OperandKind::kField:
        case OperandKind::kLength: return fmt::format("#{}", value);
      }
      return "";
    };
    text += fmt::format("{} {} {};", info.text, operand(info.a, inst.a), operand(info.b, inst.b));
  }
  return text;
}

std::string OperandText(const Held& held, const LimitOperand& operand) {
  using Source = LimitOperand::Source;
  switch (operand.source) {
    case Source::kAbsent: return "";
    case Source::kConst: return ConstantText(held, operand.index);
    case Source::kSlot:
      return "slot " + held.program.tools[held.shape.tool].slots[operand.index].path;
    case Source::kInst: {
      const Clause& clause =
          held.program.clauses[held.shape.first_clause + held.term.operands_clause];
      return fmt::format("{} at {}", ClauseText(held, held.term.operands_clause),
                         operand.index - clause.begin);
    }
  }
  return "";
}

bool Same(const Held& a, const LimitOperand& x, const Held& b, const LimitOperand& y) {
  return OperandText(a, x) == OperandText(b, y);
}

const Value* Literal(const Held& held, const LimitOperand& operand) {
  if (operand.source != LimitOperand::Source::kConst) return nullptr;
  const ConstSource& source = held.consts[operand.index];
  return source.bound ? nullptr : &held.program.values[source.index];
}

/// Whether the first value is known to be at most the second one.
bool AtMost(const Held& a, const LimitOperand& x, const Held& b, const LimitOperand& y) {
  if (Same(a, x, b, y)) return true;
  const Value* left = Literal(a, x);
  const Value* right = Literal(b, y);
  if (left == nullptr || right == nullptr) return false;
  const auto numbers = [&](auto read) {
    const auto one = read(*left);
    const auto other = read(*right);
    return one && other && *one <= *other;
  };
  if (const auto* rate = std::get_if<Rate>(&left->v)) {
    const auto* other = std::get_if<Rate>(&right->v);
    return other != nullptr && !SlowerRate(*other, *rate);
  }
  const auto* money = std::get_if<Money>(&left->v);
  const auto* other_money = std::get_if<Money>(&right->v);
  if (money != nullptr && other_money != nullptr) {
    return money->currency == other_money->currency &&
           money->minor_units <= other_money->minor_units;
  }
  return numbers([](const Value& value) -> std::optional<int64_t> {
    if (const auto* number = std::get_if<int64_t>(&value.v)) return *number;
    if (const auto* span = std::get_if<Duration>(&value.v)) return span->us;
    return std::nullopt;
  });
}

/// A burst that is not given is 1.
bool BurstAtMost(const Held& a, const Held& b) {
  const bool one = a.term.burst.source == LimitOperand::Source::kAbsent;
  return one || AtMost(a, a.term.burst, b, b.term.burst);
}

bool SameHistory(const Held& a, const Held& b) {
  if (a.term.history == kNone) return true;
  return PrintHistory(a.program, a.program.histories[a.term.history]) ==
         PrintHistory(b.program, b.program.histories[b.term.history]);
}

/// The child's term charges whenever the parent's does, at least as much, and fits no more.
bool Narrower(const Held& child, const Held& parent) {
  const LimitTerm& a = child.term;
  const LimitTerm& b = parent.term;
  if (a.kind != b.kind || a.policy != b.policy || a.owner != b.owner || a.name != b.name ||
      a.reset != b.reset || a.keys.size() != b.keys.size() || !SameHistory(child, parent)) {
    return false;
  }
  const bool strict = a.on_store_error == b.on_store_error ||
                      a.on_store_error == OnStoreError::kDeny;
  for (size_t i = 0; i < a.keys.size(); ++i) {
    if (!Same(child, a.keys[i], parent, b.keys[i])) return false;
  }
  // `false` alone: the call is always charged.
  const Clause& own = child.program.clauses[child.shape.first_clause + a.clause];
  const bool always = own.end - own.begin == 1;
  if (!always && ClauseText(child, a.clause) != ClauseText(parent, b.clause)) return false;
  const bool counted = Same(child, a.period, parent, b.period) &&
                       Same(child, a.zone, parent, b.zone) &&
                       AtMost(parent, b.amount, child, a.amount);
  if (!strict || !counted) return false;
  switch (a.kind) {
    case LimitKind::kRate: return AtMost(child, a.limit, parent, b.limit) &&
                                  BurstAtMost(child, parent);
    case LimitKind::kRecent:
    case LimitKind::kQuota:
    case LimitKind::kGauge:
      return AtMost(child, a.limit, parent, b.limit) && AtMost(parent, b.span, child, a.span);
    case LimitKind::kAfter: return AtMost(child, a.span, parent, b.span);
    case LimitKind::kNotAfter: return AtMost(parent, b.span, child, a.span);
  }
  return false;
}

template <typename Rule>
Held In(const Side& side, const Rule& rule, const LimitTerm& term) {
  return {*side.program, side.program->shapes[rule.shape], rule.consts, term};
}

/// Whether the rule has a term that holds whatever the parent's does.
template <typename Rule>
bool Has(const Side& side, const Rule& rule, const Held& wanted) {
  return std::ranges::any_of(rule.terms, [&](const LimitTerm& term) {
    return Narrower(In(side, rule, term), wanted);
  });
}

class Comparison {
 public:
  Comparison(const Side& child, const Side& parent, std::string_view action)
      : child_(child), parent_(parent) {
    for (const uint32_t index : child.of().capabilities) {
      const Capability& each = child.program->capabilities[index];
      if (child.program->actions[each.action].name == action) own_.push_back(&each);
    }
    for (const uint32_t index : parent.of().capabilities) {
      const Capability& each = parent.program->capabilities[index];
      if (parent.program->actions[each.action].name == action) outer_.push_back(&each);
    }
    for (const uint32_t index : child.of().limits) {
      const SharedLimit& each = child.program->limits[index];
      if (child.program->actions[each.action].name == action) own_limits_.push_back(&each);
    }
    for (const uint32_t index : parent.of().limits) {
      const SharedLimit& each = parent.program->limits[index];
      if (parent.program->actions[each.action].name == action) outer_limits_.push_back(&each);
    }
  }

  std::optional<std::string> Run() const {
    for (const Capability* outer : outer_) {
      for (const LimitTerm& term : outer->terms) {
        if (auto why = Kept(In(parent_, *outer, term))) return why;
      }
    }
    for (const SharedLimit* outer : outer_limits_) {
      for (const LimitTerm& term : outer->terms) {
        if (auto why = Kept(In(parent_, *outer, term))) return why;
      }
    }
    return LostObligation();
  }

 private:
  /// Whatever capability of the child permits is held to the term, by itself or by a shared limit.
  std::optional<std::string> Kept(const Held& wanted) const {
    const auto shared = [&](const SharedLimit* own) { return Has(child_, *own, wanted); };
    if (std::ranges::any_of(own_limits_, shared)) return std::nullopt;
    for (const Capability* own : own_) {
      if (Has(child_, *own, wanted)) continue;
      return fmt::format("that `{}` of the child lets through no more than the limit `{}` of `{}` "
                         "in the parent is not known",
                         own->name, wanted.term.name, wanted.term.owner);
    }
    return std::nullopt;
  }

  /// A limit of the child that is spent may leave a call to a later capability, which brings the
  /// obligations of its own.
  std::optional<std::string> LostObligation() const {
    const auto counts = [](const Capability* own) { return !own->terms.empty(); };
    const auto brings = [](const Capability* outer) {
      return std::ranges::any_of(outer->clauses, [](const ClauseInfo& info) {
        return info.obligation != kNone;
      });
    };
    if (own_.size() < 2 || std::ranges::none_of(own_, counts) ||
        std::ranges::none_of(outer_, brings)) {
      return std::nullopt;
    }
    return "a capability of the child whose limit is spent may leave a call to one that brings "
           "other obligations";
  }

  const Side& child_;
  const Side& parent_;
  std::vector<const Capability*> own_;
  std::vector<const Capability*> outer_;
  std::vector<const SharedLimit*> own_limits_;
  std::vector<const SharedLimit*> outer_limits_;
};

bool BreakerWider(const Breaker& child, const Breaker& parent) {
  if (parent.max_violations == 0) return false;
  return child.max_violations == 0 || child.max_violations > parent.max_violations ||
         child.window_us < parent.window_us || child.suspend_us < parent.suspend_us;
}

}  // namespace

std::optional<std::string> LimitsWider(const Side& child, const Side& parent,
                                       const std::string& tool, const std::string& action) {
  if (BreakerWider(child.of().breaker, parent.of().breaker)) {
    return "the circuit breaker of the parent breaks sooner, or for longer";
  }
  for (const std::string& name : ActionsOf(child, tool)) {
    if (!action.empty() && name != action) continue;
    if (auto why = Comparison(child, parent, name).Run()) return why;
  }
  return std::nullopt;
}

}  // namespace cap::prove
