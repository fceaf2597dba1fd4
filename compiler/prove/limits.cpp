#include "compiler/prove/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "compiler/prove/schema.h"
#include "runtime/program/print.h"
#include "runtime/program/print_limits.h"
#include "runtime/value/rate.h"

namespace cap::prove {
namespace {

/// What a rule computes.
struct Code {
  const Program& program;
  const Shape& shape;
  const std::vector<ConstSource>& consts;
};

/// A term in its rule.
struct Held : Code {
  const LimitTerm& term;
};

std::string ConstantText(const Code& code, uint32_t constant) {
  const ConstSource& source = code.consts[constant];
  if (source.bound) return "{{" + code.program.bound[source.index].name + "}}";
  const Value& value = code.program.values[source.index];
  std::string text = PrintValue(code.program, value);
  // Two tables of one name need not be the same.
  if (const auto* ref = std::get_if<TableRef>(&value.v)) {
    for (const uint32_t word : code.program.tables[ref->index].words) {
      text += fmt::format(" {:x}", word);
    }
  }
  return text;
}

/// What is read from a slot. A list that is made of others is these: its name says nothing.
std::string SlotText(const Code& code, uint32_t slot) {
  const Tool& tool = code.program.tools[code.shape.tool];
  std::string text = tool.slots[slot].path;
  for (const LetDesc& let : tool.lets) {
    if (let.slot != slot) continue;
    for (const uint32_t source : let.source_slots) text += " + " + tool.slots[source].path;
  }
  return text;
}

/// The instructions of a clause with their constants: equal for clauses that say the same.
std::string ClauseText(const Code& code, uint32_t index) {
  if (index == kNone) return "";
  const Clause& clause = code.program.clauses[code.shape.first_clause + index];
  std::string text;
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    const Inst& inst = code.program.insts[code.shape.first_inst + at];
    const OpInfo& info = InfoOf(inst.op);
    const auto operand = [&](OperandKind kind, uint32_t value) -> std::string {
      switch (kind) {
        case OperandKind::kNothing: return "";
        case OperandKind::kConst: return ConstantText(code, value);
        case OperandKind::kSlot: return SlotText(code, value);
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
    case Source::kSlot: return "slot " + SlotText(held, operand.index);
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
  return {{*side.program, side.program->shapes[rule.shape], rule.consts}, term};
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

/// By name of the action: what a call of the tool must be for it.
std::map<std::string, std::string> GuardsOf(const Program& program, const Tool& tool) {
  std::map<std::string, std::string> out;
  for (const uint32_t index : tool.actions) {
    const Action& action = program.actions[index];
    std::string& guard = out[action.name];
    if (action.guard == kNone) continue;
    guard = ClauseText({program, program.shapes[action.guard], action.guard_consts}, 0);
  }
  return out;
}

/// Why a call of the tool may be other actions under the one than under the other.
std::optional<std::string> ActionsDiffer(const Program& a, const Program& b,
                                         const std::string& name) {
  const Tool* tool_a = FindToolNamed(a, name);
  const Tool* tool_b = FindToolNamed(b, name);
  if (tool_a == nullptr || tool_b == nullptr) {
    return fmt::format("only one of them has the tool `{}`, and what is counted depends on its "
                       "calls", name);
  }
  if (auto why = ToolsDiffer(a, *tool_a, b, *tool_b)) return why;
  if (GuardsOf(a, *tool_a) == GuardsOf(b, *tool_b)) return std::nullopt;
  return fmt::format("the actions of the tool `{}` differ, and what is counted for a call depends "
                     "on them", name);
}

/// The tools whose actions say what is counted for a call of `tool`, or asked of the past.
void AddCounted(const Side& side, const std::string& tool, std::set<std::string>& tools) {
  const Program& program = *side.program;
  const auto tool_of = [&](uint32_t action) -> const std::string& {
    return program.tools[program.actions[action].tool].name;
  };
  const auto add = [&](const auto& rule) {
    for (const LimitTerm& term : rule.terms) {
      const bool own = tool_of(rule.action) == tool;
      if (own) tools.insert(tool);
      if (term.history == kNone) continue;
      const std::string& past = tool_of(program.histories[term.history].action);
      if (own || past == tool) tools.insert(past);
    }
  };
  for (const uint32_t index : side.of().capabilities) add(program.capabilities[index]);
  for (const uint32_t index : side.of().limits) add(program.limits[index]);
}

}  // namespace

std::optional<std::string> ChargesDiffer(const Side& child, const Side& parent,
                                         const std::string& tool) {
  std::set<std::string> tools;
  AddCounted(child, tool, tools);
  AddCounted(parent, tool, tools);
  // Denials of every tool count for a breaker.
  if (parent.of().breaker.max_violations != 0) {
    for (const Tool& each : parent.program->tools) tools.insert(each.name);
  }
  for (const std::string& each : tools) {
    if (auto why = ActionsDiffer(*child.program, *parent.program, each)) return why;
  }
  return std::nullopt;
}

std::optional<std::string> LimitsWider(const Side& child, const Side& parent,
                                       const std::string& tool, const std::string& action) {
  const bool renamed = child.of().name != parent.of().name;
  if (renamed && parent.of().breaker.max_violations != 0) {
    return fmt::format("the circuit breaker of the parent counts for the policy `{}` alone",
                       parent.of().name);
  }
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
