// The capabilities, forbids and guards of one tool as terms. Internal to lint.
#pragma once

#include <optional>
#include <vector>

#include "compiler/lint/terms.h"
#include "compiler/lint/truths.h"

namespace cap::lint {

struct ClauseTerm {
  ClauseKind kind = ClauseKind::kRequire;
  TermId term{};
  const ClauseInfo* info = nullptr;
};

struct Rule {  // a capability
  const Capability* capability = nullptr;
  std::vector<ClauseTerm> clauses;

  bool Has(ClauseKind kind) const;
};

struct Condition {             // of a forbid, or of an action that is chosen by one
  uint32_t index = 0;          // of Program::forbids, or Program::actions
  std::optional<TermId> term;  // none: it always acts
};

class ToolRules {
 public:
  ToolRules(const Compilation& compilation, uint32_t tool);

  const Terms& terms() const { return terms_; }
  const std::vector<Rule>& rules() const { return rules_; }
  const std::vector<Condition>& forbids() const { return forbids_; }
  const std::vector<Condition>& guards() const { return guards_; }

  /// What holds where the capability permits or asks: its requirements.
  Truths Required(const Rule& rule) const;

  /// The guard of `… when G`, which is lowered as `not acts(G)`, alone or in an `or`.
  std::optional<TermId> GuardOf(TermId clause) const;

 private:
  TermId Predicate(uint32_t shape, const std::vector<ConstSource>& consts);

  const Program& program_;
  Terms terms_;
  std::vector<Rule> rules_;
  std::vector<Condition> forbids_;
  std::vector<Condition> guards_;
};

/// Whether the condition is never true where all of `truths` holds.
bool IsNever(const Truths& truths, TermId condition);

/// Whether every resource of `narrow` is one of `wide`: its holes are held as there, or free.
bool Covers(const Program& program, const Pattern& wide, const Pattern& narrow);

/// Whether the patterns hold one value to two literals.
bool AreApart(const Program& program, const Pattern& a, const Pattern& b);

}  // namespace cap::lint
