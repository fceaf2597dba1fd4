// What the conditions of a policy say of each other: guards that decide nothing, clauses that
// others imply, capabilities that others make needless or get around.
#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "compiler/lint/context.h"
#include "compiler/lint/terms.h"
#include "compiler/lint/truths.h"

namespace cap::lint {

namespace {

// Two capabilities of one action are compared as long as there are at most so many of it.
constexpr size_t kCompared = 64;

struct ClauseTerm {
  ClauseKind kind = ClauseKind::kRequire;
  TermId term{};
  const ClauseInfo* info = nullptr;
};
struct Rule {  // a capability, as terms
  const Capability* capability = nullptr;
  std::vector<ClauseTerm> clauses;

  bool Has(ClauseKind kind) const {
    return std::ranges::any_of(clauses, [&](const ClauseTerm& c) { return c.kind == kind; });
  }
};

class Logic {
 public:
  explicit Logic(Findings& findings) : findings_(findings), program_(findings.program()) {}

  void Run() {
    for (uint32_t tool = 0; tool < program_.tools.size(); ++tool) Tool(tool);
  }

 private:
  void Tool(uint32_t tool) {
    Terms terms(program_);
    std::vector<Rule> rules;
    for (const Capability& capability : program_.capabilities) {
      if (program_.actions[capability.action].tool != tool) continue;
      rules.push_back(RuleOf(capability, terms));
    }
    for (const Rule& rule : rules) {
      if (!findings_.IsOwn(rule.capability->span) || IsCopy(*rule.capability)) continue;
      Guards(rule, terms);
      Redundant(rule, terms);
    }
    for (size_t i = 0; i < rules.size(); ++i) Others(rules, i, terms);
  }

  Rule RuleOf(const Capability& capability, Terms& terms) const {
    Rule rule{&capability, {}};
    const Shape& shape = program_.shapes[capability.shape];
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      const Clause& clause = program_.clauses[shape.first_clause + i];
      rule.clauses.push_back(
          {clause.kind, terms.Of(shape, clause, capability.consts), &capability.clauses[i]});
    }
    return rule;
  }

  /// A policy that includes another has copies of its capabilities: said of the first alone.
  bool IsCopy(const Capability& capability) const {
    const auto first = std::ranges::find(program_.capabilities, capability.span, &Capability::span);
    return &*first != &capability;
  }

  // --- clauses ---

  /// The guard of `… when G`, which is lowered as `not acts(G)`, alone or in an `or`.
  static bool GuardOf(const Terms& terms, TermId id, TermId& guard) {
    for (TermId at : {id, terms[id].left, terms[id].right}) {
      if (at != id && terms[id].op != Op::kOr) continue;
      if (terms[at].kind != TermKind::kOperation || terms[at].op != Op::kNot) continue;
      const Term& inner = terms[terms[at].left];
      if (inner.kind != TermKind::kOperation || inner.op != Op::kActs) continue;
      guard = inner.left;
      return true;
    }
    return false;
  }

  /// What must hold where the statement at `span` matters: the requirements of all others.
  Truths Without(const Rule& rule, const Span& span, const Terms& terms) const {
    Truths truths(program_, terms);
    for (const ClauseTerm& clause : rule.clauses) {
      if (clause.kind != ClauseKind::kRequire || clause.info->span == span) continue;
      truths.Assume(clause.term, true);
    }
    return truths;
  }

  void Guards(const Rule& rule, const Terms& terms) {
    Span said;
    for (const ClauseTerm& clause : rule.clauses) {
      TermId guard{};
      if (clause.info->span == said || !GuardOf(terms, clause.term, guard)) continue;
      const Truths truths = Without(rule, clause.info->span, terms);
      const bool never = truths.Implies(guard, false);
      if (!never && !truths.Implies(guard, true)) continue;
      said = clause.info->span;
      if (never) {
        findings_.Add(diag::Code::kLintGuardNever, said,
                      {fmt::format("the `when` of `{}` never holds: the other conditions of this "
                                   "capability exclude it",
                                   clause.info->name),
                       "never asks anything", "mend the condition, or leave the line out"});
      } else {
        findings_.Add(diag::Code::kLintGuardAlways, said,
                      {fmt::format("the `when` of `{}` always holds: the other conditions of this "
                                   "capability imply it",
                                   clause.info->name),
                       "always", "leave the `when` out, or mend it"});
      }
    }
  }

  /// From the last to the first, so that of two equal ones the later goes.
  void Redundant(const Rule& rule, const Terms& terms) {
    std::vector<Span> gone;
    for (size_t i = rule.clauses.size(); i-- > 0;) {
      const Span span = rule.clauses[i].info->span;
      if (i > 0 && rule.clauses[i - 1].info->span == span) continue;  // not its first clause
      Truths truths(program_, terms);
      for (const ClauseTerm& other : rule.clauses) {
        const bool counts = other.kind == ClauseKind::kRequire && other.info->span != span &&
                            std::ranges::find(gone, other.info->span) == gone.end();
        if (counts) truths.Assume(other.term, true);
      }
      const bool implied = std::ranges::all_of(rule.clauses, [&](const ClauseTerm& clause) {
        return clause.info->span != span ||
               (clause.kind == ClauseKind::kRequire && truths.Implies(clause.term, true));
      });
      TermId guard{};
      if (!implied || GuardOf(terms, rule.clauses[i].term, guard)) continue;
      gone.push_back(span);
      findings_.Add(
          diag::Code::kLintRedundant, span,
          {fmt::format("`{}` demands nothing that the others do not", rule.clauses[i].info->name),
           "implied by the others", "leave it out, or mend it"});
    }
  }

  // --- capabilities ---

  void Others(const std::vector<Rule>& rules, size_t at, const Terms& terms) {
    const Rule& one = rules[at];
    if (!findings_.IsOwn(one.capability->span) || IsCopy(*one.capability)) return;
    size_t compared = 0;
    for (size_t i = 0; i < rules.size() && compared < kCompared; ++i) {
      const Rule& other = rules[i];
      if (i == at || other.capability->policy != one.capability->policy ||
          other.capability->action != one.capability->action) {
        continue;
      }
      ++compared;
      // Of two that permit the same the later goes.
      const bool mutual = Permits(other, one, terms);
      if (Permits(one, other, terms) && (i < at || !mutual)) {
        Shadowed(one, other);
        return;
      }
    }
    StepUps(rules, at, terms);
  }

  static const Value* LiteralOf(const Program& program, const ConstSource& source) {
    return source.bound ? nullptr : &program.values[source.index];
  }

  bool Same(const PatternHole& a, const PatternHole& b) const {
    if (a.hole != b.hole || a.value.bound != b.value.bound) return false;
    if (a.value.bound) return a.value.index == b.value.index;
    return program_.values[a.value.index] == program_.values[b.value.index];
  }

  /// Whether every resource of `narrow` is one of `wide`: its holes are held as there, or free.
  bool Covers(const Pattern& wide, const Pattern& narrow) const {
    return std::ranges::all_of(wide.holes, [&](const PatternHole& hole) {
      return std::ranges::any_of(narrow.holes,
                                 [&](const PatternHole& other) { return Same(hole, other); });
    });
  }

  /// Whether the patterns hold a value to two literals.
  bool Apart(const Pattern& a, const Pattern& b) const {
    return std::ranges::any_of(a.holes, [&](const PatternHole& hole) {
      return std::ranges::any_of(b.holes, [&](const PatternHole& other) {
        const Value* one = LiteralOf(program_, hole.value);
        const Value* two = LiteralOf(program_, other.value);
        return hole.hole == other.hole && one != nullptr && two != nullptr && *one != *two;
      });
    });
  }

  /// Whether `other` permits whatever `one` permits.
  bool Permits(const Rule& one, const Rule& other, const Terms& terms) const {
    if (one.Has(ClauseKind::kOblige) || other.Has(ClauseKind::kOblige)) return false;
    const bool covered = std::ranges::all_of(one.capability->patterns, [&](const Pattern& p) {
      return std::ranges::any_of(other.capability->patterns,
                                 [&](const Pattern& q) { return Covers(q, p); });
    });
    if (!covered) return false;
    Truths truths(program_, terms);
    for (const ClauseTerm& clause : one.clauses) truths.Assume(clause.term, true);
    return std::ranges::all_of(
        other.clauses, [&](const ClauseTerm& clause) { return truths.Implies(clause.term, true); });
  }

  void Shadowed(const Rule& one, const Rule& other) {
    const Capability& kinder = *other.capability;
    findings_.Add(diag::Code::kLintShadowed, one.capability->span,
                  {fmt::format("`{}` permits nothing that `{}` does not permit",
                               one.capability->name, kinder.name),
                   "needless",
                   "a call is permitted by the kindest capability: leave this one out, or narrow "
                   "the other",
                   NoteAt(kinder.span, "always as kind")});
  }

  std::vector<diag::Label> NoteAt(const Span& span, std::string text) const {
    if (!findings_.IsOwn(span)) return {};
    return {{findings_.SourceOf(span), std::move(text)}};
  }

  /// Whether `other`, which asks nobody, may permit a call for which `one` asks.
  void StepUps(const std::vector<Rule>& rules, size_t at, const Terms& terms) {
    const Rule& one = rules[at];
    if (!one.Has(ClauseKind::kStepUp) || AlwaysAsked(*one.capability)) return;
    for (const Rule& other : rules) {
      const Capability& kinder = *other.capability;
      if (&other == &one || kinder.policy != one.capability->policy ||
          kinder.action != one.capability->action || other.Has(ClauseKind::kStepUp) ||
          !Around(one, other, terms)) {
        continue;
      }
      const Span& place = findings_.IsOwn(kinder.span) ? kinder.span : one.capability->span;
      findings_.Add(diag::Code::kLintStepUpBypassed, place,
                    {fmt::format("`{}` may permit, without asking anybody, a call for which `{}` "
                                 "asks",
                                 kinder.name, one.capability->name),
                     "asks nobody",
                     "let the conditions of the two exclude each other, or say what is asked in a "
                     "`forbid … unless approved by`, which no capability gets around",
                     NoteAt(one.capability->span, "this one asks")});
    }
  }

  bool Around(const Rule& one, const Rule& other, const Terms& terms) const {
    const bool meet = std::ranges::any_of(one.capability->patterns, [&](const Pattern& p) {
      return std::ranges::any_of(other.capability->patterns,
                                 [&](const Pattern& q) { return !Apart(p, q); });
    });
    if (!meet) return false;
    Truths truths(program_, terms);
    for (const Rule* rule : {&one, &other}) {
      for (const ClauseTerm& clause : rule->clauses) {
        if (clause.kind == ClauseKind::kRequire) truths.Assume(clause.term, true);
      }
    }
    if (truths.impossible()) return false;
    return std::ranges::any_of(one.clauses, [&](const ClauseTerm& clause) {
      TermId guard{};
      if (clause.kind != ClauseKind::kStepUp) return false;
      return !GuardOf(terms, clause.term, guard) || !truths.Implies(guard, false);
    });
  }

  /// Whether a forbid asks for an approval of every call of the capability's action.
  bool AlwaysAsked(const Capability& capability) const {
    return std::ranges::any_of(program_.policies[capability.policy].forbids, [&](uint32_t index) {
      const Forbid& forbid = program_.forbids[index];
      return forbid.action == capability.action && forbid.unless_approvers != 0 &&
             forbid.shape == kNone && forbid.patterns.empty();
    });
  }

  Findings& findings_;
  const Program& program_;
};

}  // namespace

void FindByLogic(Findings& findings) { Logic(findings).Run(); }

}  // namespace cap::lint
