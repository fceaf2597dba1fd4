// What the texts of two policies say differently: for people, beside what was decided.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "compiler/prove/prove.h"
#include "compiler/prove/resets.h"
#include "compiler/prove/schema.h"
#include "runtime/program/print.h"
#include "runtime/value/duration.h"

namespace cap::prove {
namespace {

/// One statement: the clauses that it became, and the constants that these read.
struct Line {
  std::string name;
  std::string code;  // what it computes, without its constants
  std::vector<std::string> constants;
  std::vector<std::vector<std::string>> members;  // of constants that are lists
  Span span;
};

std::string SourceText(const Program& program, const ConstSource& source) {
  if (source.bound) return "{{" + program.bound[source.index].name + "}}";
  return PrintValue(program, program.values[source.index]);
}

std::vector<std::string> Members(const Program& program, const ConstSource& source) {
  std::vector<std::string> out;
  if (source.bound) return out;
  const auto* list = std::get_if<Value::List>(&program.values[source.index].v);
  if (list == nullptr) return out;
  for (const Value& value : *list) out.push_back(PrintValue(program, value));
  return out;
}

void AddClause(const Program& program, const Shape& shape, const cap::Clause& clause,
               const std::vector<ConstSource>& consts, Line& line) {
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    const Inst& inst = program.insts[shape.first_inst + at];
    const OpInfo& info = InfoOf(inst.op);
    line.code += fmt::format(" {}", info.text);
    if (info.a == OperandKind::kSlot) line.code += program.tools[shape.tool].slots[inst.a].path;
    if (info.a == OperandKind::kValue) line.code += fmt::format("@{}", at - inst.a);
    if (info.b == OperandKind::kValue) line.code += fmt::format(",{}", at - inst.b);
    if (info.b == OperandKind::kField) line.code += fmt::format(".{}", inst.b);
    if (info.a != OperandKind::kConst) continue;
    line.constants.push_back(SourceText(program, consts[inst.a]));
    line.members.push_back(Members(program, consts[inst.a]));
  }
  line.code += ";";
}

/// What the counter of a clause is, its constants apart.
template <typename Rule>
void AddTerm(const Program& program, const Rule& rule, const LimitTerm& term, Line& line) {
  const auto add = [&](std::string_view name, const LimitOperand& operand) {
    using Source = LimitOperand::Source;
    if (operand.source == Source::kAbsent) return;
    line.code += fmt::format(" {}", name);
    if (operand.source == Source::kConst) {
      line.constants.push_back(SourceText(program, rule.consts[operand.index]));
      line.members.emplace_back();
    } else {
      line.code += fmt::format(" {}", operand.index);
    }
  };
  line.code += fmt::format(" {} {}", static_cast<int>(term.kind), term.reset);
  if (term.history != kNone) {
    const History& history = program.histories[term.history];
    line.code += " of " + program.actions[history.action].name;
    for (const std::string& argument : history.arguments) line.code += " " + argument;
  }
  add("amount", term.amount);
  add("limit", term.limit);
  add("burst", term.burst);
  add("period", term.period);
  add("zone", term.zone);
  add("span", term.span);
  for (const LimitOperand& key : term.keys) add("key", key);
}

/// Of a capability or a shared limit.
template <typename Rule>
std::vector<Line> LinesOf(const Program& program, const Rule& rule) {
  std::vector<Line> out;
  const Shape& shape = program.shapes[rule.shape];
  for (uint32_t i = 0; i < shape.clause_count; ++i) {
    const ClauseInfo& info = rule.clauses[i];
    const bool goes_on = !out.empty() && out.back().span == info.span;
    if (!goes_on) out.push_back({info.name, "", {}, {}, info.span});
    AddClause(program, shape, program.clauses[shape.first_clause + i], rule.consts, out.back());
    if (info.limit_term != kNone) {
      AddTerm(program, rule, rule.terms[info.limit_term], out.back());
    }
    if (info.obligation == kNone) continue;
    for (const uint32_t constant : info.obligation_consts) {
      out.back().constants.push_back(SourceText(program, rule.consts[constant]));
      out.back().members.push_back(Members(program, rule.consts[constant]));
    }
  }
  return out;
}

std::string Joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::vector<std::string> Without(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> out;
  for (const std::string& item : a) {
    if (std::ranges::find(b, item) == b.end()) out.push_back(item);
  }
  return out;
}

std::string ConstantChange(const Line& before, const Line& after, size_t at) {
  const std::vector<std::string>& old_members = before.members[at];
  const std::vector<std::string>& new_members = after.members[at];
  if (old_members.empty() || new_members.empty()) {
    return fmt::format("{} is now {}", before.constants[at], after.constants[at]);
  }
  const std::vector<std::string> gained = Without(new_members, old_members);
  const std::vector<std::string> lost = Without(old_members, new_members);
  std::string text;
  if (!gained.empty()) text += "gained " + Joined(gained);
  if (!lost.empty()) text += (text.empty() ? "lost " : ", lost ") + Joined(lost);
  return text;
}

std::string PatternTexts(const Capability& capability) {
  std::vector<std::string> texts;
  for (const Pattern& pattern : capability.patterns) texts.push_back('"' + pattern.text + '"');
  return Joined(texts);
}

std::string Described(const Line& line) {
  const std::string constants = Joined(line.constants);
  if (line.name == "require") return fmt::format("require at line {}", line.span.line);
  return constants.empty() ? line.name : fmt::format("{}({})", line.name, constants);
}

bool SameLine(const Line& a, const Line& b) { return a.name == b.name && a.code == b.code; }

/// Matches lines that compute the same, in order; what is left was added or is gone.
void CompareLines(const std::string& capability, const std::vector<Line>& before,
                  const std::vector<Line>& after, std::vector<Change>& out) {
  std::vector<bool> used(after.size(), false);
  std::vector<const Line*> gone;
  for (const Line& line : before) {
    // One that is the same whole goes first, so that two alike are not crossed.
    size_t found = after.size();
    for (size_t i = 0; i < after.size(); ++i) {
      if (used[i] || !SameLine(line, after[i])) continue;
      const bool same = line.constants == after[i].constants;
      if (found == after.size() || same) found = i;
      if (same) break;
    }
    if (found == after.size()) {
      gone.push_back(&line);
      continue;
    }
    used[found] = true;
    for (size_t i = 0; i < line.constants.size(); ++i) {
      if (line.constants[i] == after[found].constants[i]) continue;
      out.push_back({capability, fmt::format("{}: {}", line.name,
                                             ConstantChange(line, after[found], i))});
    }
  }
  for (const Line* line : gone) out.push_back({capability, Described(*line) + " is gone"});
  for (size_t i = 0; i < after.size(); ++i) {
    if (!used[i]) out.push_back({capability, Described(after[i]) + " is new"});
  }
}

std::vector<const Capability*> CapabilitiesOf(const Side& side, const std::string& action) {
  std::vector<const Capability*> out;
  for (const uint32_t index : side.of().capabilities) {
    const Capability& capability = side.program->capabilities[index];
    if (side.program->actions[capability.action].name == action) out.push_back(&capability);
  }
  return out;
}

void CompareForbids(const Side& before, const Side& after, const std::string& action,
                    std::vector<Change>& out) {
  const auto lines = [&](const Side& side) {
    std::vector<Line> made;
    for (const uint32_t index : side.of().forbids) {
      const Forbid& forbid = side.program->forbids[index];
      if (side.program->actions[forbid.action].name != action) continue;
      Line line{"forbid", "", {}, {}, forbid.info.span};
      for (const Pattern& pattern : forbid.patterns) line.code += " on " + pattern.text;
      for (size_t i = 0; i < side.program->approvers.size(); ++i) {
        if ((forbid.unless_approvers >> i & 1) != 0) line.code += side.program->approvers[i];
      }
      if (forbid.shape != kNone) {
        const Shape& shape = side.program->shapes[forbid.shape];
        AddClause(*side.program, shape, side.program->clauses[shape.first_clause], forbid.consts,
                  line);
      }
      made.push_back(std::move(line));
    }
    return made;
  };
  CompareLines("", lines(before), lines(after), out);
}

/// Statements of the limits that all permits of the action share, each under its limit's name.
void CompareLimits(const Side& before, const Side& after, const std::string& action,
                   std::vector<Change>& out) {
  std::map<std::string, std::pair<std::vector<Line>, std::vector<Line>>> named;
  const auto read = [&](const Side& side, bool old) {
    for (const uint32_t index : side.of().limits) {
      const SharedLimit& limit = side.program->limits[index];
      if (side.program->actions[limit.action].name != action) continue;
      auto& [olds, news] = named[limit.name];
      std::ranges::move(LinesOf(*side.program, limit), std::back_inserter(old ? olds : news));
    }
  };
  read(before, true);
  read(after, false);
  for (const auto& [name, lines] : named) {
    CompareLines("limit " + name, lines.first, lines.second, out);
  }
}

/// By name: what a grant leaves a parameter at, or what the policy gives it.
std::map<std::string, std::string> ParametersOf(const Side& side) {
  const Program& program = *side.program;
  std::map<std::string, std::string> out;
  for (const uint32_t index : side.of().bound) {
    const BoundDesc& desc = program.bound[index];
    if (!desc.is_parameter()) continue;
    out[desc.name] = desc.default_value == kNone
                         ? "of the grant"
                         : PrintValue(program, program.values[desc.default_value]) + " by default";
  }
  for (const FixedBound& fixed : side.of().fixed) {
    const BoundDesc& desc = program.bound[fixed.bound];
    out.emplace(desc.name, SourceText(program, fixed.value));
  }
  return out;
}

std::string LifeOf(const Policy& policy) {
  return policy.max_ttl_us == 0 ? "no expiry" : FormatDuration({policy.max_ttl_us});
}

std::string BreakerOf(const Policy& policy) {
  const Breaker& breaker = policy.breaker;
  if (breaker.max_violations == 0) return "none";
  return fmt::format("{} within {} for {}", breaker.max_violations,
                     FormatDuration({breaker.window_us}), FormatDuration({breaker.suspend_us}));
}

}  // namespace

std::vector<Change> ChangesOf(const Side& before, const Side& after, const std::string& action) {
  std::vector<Change> out;
  const auto olds = CapabilitiesOf(before, action);
  const auto news = CapabilitiesOf(after, action);
  const auto named = [](const auto& all, const std::string& name) -> const Capability* {
    const auto found = std::ranges::find(all, name, &Capability::name);
    return found == all.end() ? nullptr : *found;
  };
  for (const Capability* old : olds) {
    const Capability* now = named(news, old->name);
    if (now == nullptr) {
      if (!news.empty()) out.push_back({old->name, "the capability is gone"});
      continue;
    }
    if (PatternTexts(*old) != PatternTexts(*now)) {
      out.push_back({old->name, fmt::format("on {} is now on {}", PatternTexts(*old),
                                            PatternTexts(*now))});
    }
    CompareLines(old->name, LinesOf(*before.program, *old), LinesOf(*after.program, *now), out);
  }
  for (const Capability* now : news) {
    if (!olds.empty() && named(olds, now->name) == nullptr) {
      out.push_back({now->name, "the capability is new"});
    }
  }
  CompareForbids(before, after, action, out);
  CompareLimits(before, after, action, out);
  AddResets(before, after, action, out);
  return out;
}

std::vector<Change> TermChanges(const Side& before, const Side& after) {
  std::vector<Change> out;
  if (LifeOf(before.of()) != LifeOf(after.of())) {
    out.push_back({"", fmt::format("expires: {} is now {}", LifeOf(before.of()),
                                   LifeOf(after.of()))});
  }
  if (BreakerOf(before.of()) != BreakerOf(after.of())) {
    out.push_back({"", fmt::format("circuit breaker: {} is now {}", BreakerOf(before.of()),
                                   BreakerOf(after.of()))});
  }
  const std::map<std::string, std::string> old_parameters = ParametersOf(before);
  const std::map<std::string, std::string> new_parameters = ParametersOf(after);
  for (const auto& [name, value] : old_parameters) {
    const auto now = new_parameters.find(name);
    if (now == new_parameters.end()) {
      out.push_back({"", fmt::format("parameter {} is gone", name)});
    } else if (now->second != value) {
      out.push_back({"", fmt::format("parameter {}: {} is now {}", name, value, now->second)});
    }
  }
  for (const auto& [name, value] : new_parameters) {
    if (old_parameters.contains(name)) continue;
    out.push_back({"", fmt::format("parameter {} is new: {}", name, value)});
  }
  const auto purposes = [](const Side& side) {
    std::vector<std::string> names;
    for (const uint32_t purpose : side.of().purposes) {
      names.push_back(side.program->purposes[purpose].name);
    }
    return names.empty() ? std::vector<std::string>{"any"} : names;
  };
  for (const auto& [one, other, word] :
       {std::tuple(&before, &after, "gone"), std::tuple(&after, &before, "new")}) {
    for (const Wrapper& wrapper : one->program->wrappers) {
      if (HasWrapper(*other->program, wrapper)) continue;
      out.push_back({"", fmt::format("wrapper {}({}, {}) is {}", wrapper.tool,
                                     wrapper.tool_member, wrapper.arguments_member, word)});
    }
  }
  const auto olds = purposes(before);
  const auto news = purposes(after);
  if (olds != news) {
    out.push_back({"", fmt::format("purposes: {} is now {}", Joined(olds), Joined(news))});
  }
  return out;
}

}  // namespace cap::prove
