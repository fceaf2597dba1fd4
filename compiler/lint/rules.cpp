#include "compiler/lint/rules.h"

#include <algorithm>

namespace cap::lint {

namespace {

bool IsSame(const Program& program, const PatternHole& a, const PatternHole& b) {
  if (a.hole != b.hole || a.value.bound != b.value.bound) return false;
  if (a.value.bound) return a.value.index == b.value.index;
  return program.values[a.value.index] == program.values[b.value.index];
}

bool AreTwoLiterals(const Program& program, const ConstSource& a, const ConstSource& b) {
  return !a.bound && !b.bound && program.values[a.index] != program.values[b.index];
}

}  // namespace

bool Rule::Has(ClauseKind kind) const {
  return std::ranges::any_of(clauses, [&](const ClauseTerm& c) { return c.kind == kind; });
}

ToolRules::ToolRules(const Compilation& compilation, uint32_t tool)
    : program_(*compilation.program), terms_(compilation, tool) {
  const Program& program = program_;
  for (const Capability& capability : program.capabilities) {
    if (program.actions[capability.action].tool != tool) continue;
    Rule rule{&capability, {}};
    const Shape& shape = program.shapes[capability.shape];
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      const Clause& clause = program.clauses[shape.first_clause + i];
      rule.clauses.push_back(
          {clause.kind, terms_.Of(shape, clause, capability.consts), &capability.clauses[i]});
    }
    rules_.push_back(std::move(rule));
  }
  for (uint32_t i = 0; i < program.forbids.size(); ++i) {
    const Forbid& forbid = program.forbids[i];
    if (program.actions[forbid.action].tool != tool) continue;
    Condition condition{i, std::nullopt};
    if (forbid.shape != kNone) condition.term = Predicate(forbid.shape, forbid.consts);
    forbids_.push_back(condition);
  }
  for (const uint32_t i : program.tools[tool].actions) {
    const Action& action = program.actions[i];
    if (action.guard == kNone) continue;
    guards_.push_back({i, Predicate(action.guard, action.guard_consts)});
  }
}

TermId ToolRules::Predicate(uint32_t shape, const std::vector<ConstSource>& consts) {
  const Shape& code = program_.shapes[shape];
  return terms_.Of(code, program_.clauses[code.first_clause], consts);
}

Truths ToolRules::Required(const Rule& rule) const {
  Truths truths(program_, terms_);
  for (const ClauseTerm& clause : rule.clauses) {
    if (clause.kind == ClauseKind::kRequire) truths.Assume(clause.term, true);
  }
  return truths;
}

std::optional<TermId> ToolRules::GuardOf(TermId clause) const {
  for (const TermId at : {clause, terms_[clause].left, terms_[clause].right}) {
    if (at != clause && terms_[clause].op != Op::kOr) continue;
    if (terms_[at].kind != TermKind::kOperation || terms_[at].op != Op::kNot) continue;
    const Term& inner = terms_[terms_[at].left];
    if (inner.kind == TermKind::kOperation && inner.op == Op::kActs) return inner.left;
  }
  return std::nullopt;
}

bool IsNever(const Truths& truths, TermId condition) {
  if (truths.Implies(condition, false)) return true;
  Truths with = truths;
  with.Assume(condition, true);
  return with.impossible();
}

bool Covers(const Program& program, const Pattern& wide, const Pattern& narrow) {
  return std::ranges::all_of(wide.holes, [&](const PatternHole& hole) {
    return std::ranges::any_of(
        narrow.holes, [&](const PatternHole& other) { return IsSame(program, hole, other); });
  });
}

bool AreApart(const Program& program, const Pattern& a, const Pattern& b) {
  return std::ranges::any_of(a.holes, [&](const PatternHole& hole) {
    return std::ranges::any_of(b.holes, [&](const PatternHole& other) {
      return hole.hole == other.hole && AreTwoLiterals(program, hole.value, other.value);
    });
  });
}

}  // namespace cap::lint
