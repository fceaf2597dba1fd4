// What the conditions of capabilities say of each other: guards that decide nothing, clauses that
// others imply, capabilities that others make needless or get around.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/lint/context.h"
#include "compiler/lint/rules.h"

namespace cap::lint {

namespace {

// A capability is compared with at most so many others of its action.
constexpr size_t kCompared = 64;

class Logic {
 public:
  Logic(Findings& findings, uint32_t tool)
      : findings_(findings),
        program_(findings.program()),
        tool_(findings.compilation(), tool),
        terms_(tool_.terms()) {}

  void Run() {
    const std::vector<Rule>& rules = tool_.rules();
    for (size_t i = 0; i < rules.size(); ++i) {
      const Capability& capability = *rules[i].capability;
      if (!findings_.IsOwn(capability.span) || findings_.IsCopy(capability)) continue;
      if (tool_.Required(rules[i]).impossible()) {
        Impossible(capability);
        continue;  // anything follows from what cannot be
      }
      Guards(rules[i]);
      Redundant(rules[i]);
      Others(i);
    }
  }

 private:
  // --- clauses ---

  void Impossible(const Capability& capability) {
    findings_.Add(
        diag::Code::kLintPermitsNothing, capability.span,
        {fmt::format("`{}` permits nothing: no call meets all of its conditions", capability.name),
         "permits nothing", "mend its conditions, or leave it out"});
  }

  /// What must hold where the statement at `span` matters: the requirements of all others.
  Truths Without(const Rule& rule, const Span& span) const {
    Truths truths(program_, terms_);
    for (const ClauseTerm& clause : rule.clauses) {
      if (clause.kind != ClauseKind::kRequire || clause.info->span == span) continue;
      truths.Assume(clause.term, true);
    }
    return truths;
  }

  void Guards(const Rule& rule) {
    Span said;
    for (const ClauseTerm& clause : rule.clauses) {
      const std::optional<TermId> guard = tool_.GuardOf(clause.term);
      if (clause.info->span == said || !guard) continue;
      if (!findings_.IsIn(clause.info->span, *rule.capability)) continue;
      const Truths truths = Without(rule, clause.info->span);
      const bool never = IsNever(truths, *guard);
      if (!never && !truths.Implies(*guard, true)) continue;
      said = clause.info->span;
      if (never) {
        findings_.Add(diag::Code::kLintGuardNever, said,
                      {fmt::format("the `when` of `{}` never holds where the other conditions of "
                                   "this capability do",
                                   clause.info->name),
                       "never asks anything", "mend the condition, or leave the line out"});
      } else {
        findings_.Add(diag::Code::kLintGuardAlways, said,
                      {fmt::format("the `when` of `{}` always holds where the other conditions of "
                                   "this capability do",
                                   clause.info->name),
                       "always", "leave the `when` out, or mend it"});
      }
    }
  }

  /// From the last to the first, so that of two equal ones the later goes.
  void Redundant(const Rule& rule) {
    std::vector<Span> gone;
    for (size_t i = rule.clauses.size(); i-- > 0;) {
      const Span span = rule.clauses[i].info->span;
      if (i > 0 && rule.clauses[i - 1].info->span == span) continue;  // not its first clause
      if (!findings_.IsIn(span, *rule.capability)) continue;
      Truths truths(program_, terms_);
      for (const ClauseTerm& other : rule.clauses) {
        const bool counts = other.kind == ClauseKind::kRequire && other.info->span != span &&
                            std::ranges::find(gone, other.info->span) == gone.end();
        if (counts) truths.Assume(other.term, true);
      }
      const bool implied = std::ranges::all_of(rule.clauses, [&](const ClauseTerm& clause) {
        return clause.info->span != span ||
               (clause.kind == ClauseKind::kRequire && truths.Implies(clause.term, true));
      });
      if (!implied || tool_.GuardOf(rule.clauses[i].term)) continue;
      gone.push_back(span);
      findings_.Add(diag::Code::kLintRedundant, span,
                    {fmt::format("`{}` demands nothing that the types and the other conditions of "
                                 "this capability do not",
                                 rule.clauses[i].info->name),
                     "holds anyway", "leave it out, or mend it"});
    }
  }

  // --- capabilities ---

  static bool AreOfOneAction(const Rule& a, const Rule& b) {
    return a.capability->policy == b.capability->policy &&
           a.capability->action == b.capability->action;
  }

  void Others(size_t at) {
    const std::vector<Rule>& rules = tool_.rules();
    const Rule& one = rules[at];
    size_t compared = 0;
    for (size_t i = 0; i < rules.size() && compared < kCompared; ++i) {
      const Rule& other = rules[i];
      if (i == at || !AreOfOneAction(one, other)) continue;
      ++compared;
      // Of two that permit the same the later goes.
      if (Permits(one, other) && (i < at || !Permits(other, one))) {
        Shadowed(one, other);
        return;
      }
    }
    StepUps(one);
  }

  /// Whether `other` permits whatever `one` permits.
  bool Permits(const Rule& one, const Rule& other) const {
    for (const ClauseKind kind : {ClauseKind::kOblige, ClauseKind::kLimit}) {
      if (one.Has(kind) || other.Has(kind)) return false;
    }
    const bool covered = std::ranges::all_of(one.capability->patterns, [&](const Pattern& p) {
      return std::ranges::any_of(other.capability->patterns,
                                 [&](const Pattern& q) { return Covers(program_, q, p); });
    });
    if (!covered) return false;
    Truths truths(program_, terms_);
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
                   findings_.NoteAt(kinder.span, "always as kind")});
  }

  /// Whether others, which ask nobody, may permit a call for which `one` asks.
  void StepUps(const Rule& one) {
    if (!one.Has(ClauseKind::kStepUp)) return;
    for (const Rule& other : tool_.rules()) {
      const Capability& kinder = *other.capability;
      if (&other == &one || !AreOfOneAction(one, other) || other.Has(ClauseKind::kStepUp) ||
          !GetsAround(one, other)) {
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
                     findings_.NoteAt(one.capability->span, "this one asks")});
    }
  }

  bool GetsAround(const Rule& one, const Rule& other) const {
    const bool meet = std::ranges::any_of(one.capability->patterns, [&](const Pattern& p) {
      return std::ranges::any_of(other.capability->patterns,
                                 [&](const Pattern& q) { return !AreApart(program_, p, q); });
    });
    if (!meet) return false;
    Truths both = tool_.Required(one);
    for (const ClauseTerm& clause : other.clauses) {
      if (clause.kind == ClauseKind::kRequire) both.Assume(clause.term, true);
    }
    if (both.impossible()) return false;
    return std::ranges::any_of(one.clauses, [&](const ClauseTerm& clause) {
      if (clause.kind != ClauseKind::kStepUp) return false;
      const std::optional<TermId> guard = tool_.GuardOf(clause.term);
      if (guard && IsNever(both, *guard)) return false;
      Truths asked = both;
      if (guard) asked.Assume(*guard, true);
      return !IsAskedAnyway(*one.capability, asked);
    });
  }

  /// Whether a forbid asks for an approval of every such call of the capability's action.
  bool IsAskedAnyway(const Capability& capability, const Truths& truths) const {
    return std::ranges::any_of(tool_.forbids(), [&](const Condition& condition) {
      const Forbid& forbid = program_.forbids[condition.index];
      return forbid.policy == capability.policy && forbid.action == capability.action &&
             forbid.unless_approvers != 0 && forbid.patterns.empty() &&
             (!condition.term || truths.Implies(*condition.term, true));
    });
  }

  Findings& findings_;
  const Program& program_;
  ToolRules tool_;
  const Terms& terms_;
};

}  // namespace

void FindByLogic(Findings& findings) {
  for (uint32_t tool = 0; tool < findings.program().tools.size(); ++tool) {
    Logic(findings, tool).Run();
  }
}

}  // namespace cap::lint
