#include "compiler/policytest/coverage.h"

#include <algorithm>

namespace cap::policytest {

namespace {

SourcePlace Place(const Program& program, const Span& span) {
  const std::string file = span.file < program.files.size() ? program.files[span.file] : "";
  return {file, span.line, span.column, span.length};
}

bool IsSame(const SourcePlace& a, const SourcePlace& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column;
}

/// The one step-up that stands between the call and its permit, or -1.
int OnlyStepUp(const CandidateReport& candidate) {
  int only = -1;
  for (size_t i = 0; i < candidate.clauses.size(); ++i) {
    if (candidate.clauses[i].outcome == ClauseOutcome::kTrue) continue;
    if (candidate.clauses[i].outcome != ClauseOutcome::kStepUp || only >= 0) return -1;
    only = static_cast<int>(i);
  }
  return only;
}

/// Whether the clause, made to ask, is all that asks for something that it did not ask for before.
bool AsksAlone(const Variant& variant, const DecisionReport& report) {
  for (const CandidateReport& candidate : report.candidates) {
    if (candidate.capability != variant.capability || candidate.stage != "step-up") continue;
    // Capabilities of several policies may have one name, and other clauses.
    if (variant.clause >= candidate.clauses.size() ||
        !IsSame(candidate.clauses[variant.clause].place, variant.place)) {
      continue;
    }
    return candidate.clauses[variant.clause].outcome == ClauseOutcome::kStepUp;
  }
  return false;
}

std::shared_ptr<const Program> WithoutForbid(const Program& program, const Span& place) {
  auto without = std::make_shared<Program>(program);
  std::vector<uint32_t> moved(program.forbids.size(), kNone);
  without->forbids.clear();
  for (size_t i = 0; i < program.forbids.size(); ++i) {
    if (program.forbids[i].info.span == place) continue;
    moved[i] = static_cast<uint32_t>(without->forbids.size());
    without->forbids.push_back(program.forbids[i]);
  }
  for (Policy& policy : without->policies) {
    for (uint32_t& forbid : policy.forbids) forbid = moved[forbid];
    std::erase(policy.forbids, kNone);
  }
  return without;
}

/// The clause holds the numbers and keys of a limit: the compiler wrote it, and it is the limit's.
bool IsOfLimit(const std::vector<LimitTerm>& terms, size_t clause) {
  return std::ranges::any_of(
      terms, [&](const LimitTerm& term) { return term.operands_clause == clause; });
}

std::string OwnerOf(const SharedLimit& limit) { return "limit " + limit.name; }

/// A shape may serve several capabilities: all of them ask then, and only the one is looked at.
std::shared_ptr<const Program> WithAsking(const Program& program, uint32_t shape, size_t clause) {
  auto asking = std::make_shared<Program>(program);
  asking->clauses[program.shapes[shape].first_clause + clause].kind = ClauseKind::kStepUp;
  for (Capability& capability : asking->capabilities) {
    if (capability.shape == shape) capability.clauses[clause].step_up = "approval";
  }
  return asking;
}

}  // namespace

std::vector<Variant> VariantsOf(const Program& program) {
  std::vector<Variant> variants;
  for (const Capability& capability : program.capabilities) {
    const Shape& shape = program.shapes[capability.shape];
    for (size_t i = 0; i < capability.clauses.size(); ++i) {
      if (program.clauses[shape.first_clause + i].kind != ClauseKind::kRequire) continue;
      if (IsOfLimit(capability.terms, i)) continue;
      variants.push_back({WithAsking(program, capability.shape, i),
                          Place(program, capability.clauses[i].span), capability.name, i});
    }
  }
  std::vector<Span> seen;
  for (const Forbid& forbid : program.forbids) {
    const Span& span = forbid.info.span;
    if (std::ranges::find(seen, span) != seen.end()) continue;
    seen.push_back(span);
    variants.push_back({WithoutForbid(program, span), Place(program, span), "", 0});
  }
  return variants;
}

void Coverage::Declare(const std::string& source, const Program& program) {
  std::map<Key, Part>& parts = sources_[source];
  const auto add = [&](const Span& span, size_t nth, Part part) {
    part.place = Place(program, span);
    const Key key{part.place.file, span.line, span.column, part.capability, nth};
    parts.emplace(key, std::move(part));
  };
  for (const Capability& capability : program.capabilities) {
    for (size_t i = 0; i < capability.clauses.size(); ++i) {
      const ClauseInfo& clause = capability.clauses[i];
      if (clause.obligation != kNone) continue;  // it denies nothing
      if (IsOfLimit(capability.terms, i)) continue;
      add(clause.span, i, {clause.name, capability.name, {}, false});
    }
  }
  for (const SharedLimit& limit : program.limits) {
    for (size_t i = 0; i < limit.clauses.size(); ++i) {
      if (IsOfLimit(limit.terms, i)) continue;
      add(limit.clauses[i].span, i, {limit.clauses[i].name, OwnerOf(limit), {}, false});
    }
  }
  for (const Policy& policy : program.policies) {
    if (policy.breaker.max_violations == 0) continue;
    add(policy.breaker.span, 0, {"circuit_breaker", "", {}, false});
  }
  for (const Forbid& forbid : program.forbids) add(forbid.info.span, 0, {"forbid", "", {}, false});
}

void Coverage::Mark(const std::string& source, const SourcePlace& place,
                    const std::string& capability, size_t clause) {
  std::map<Key, Part>& parts = sources_[source];
  const auto found = parts.find({place.file, place.line, place.column, capability, clause});
  if (found != parts.end()) found->second.decisive = true;
}

void Coverage::Note(const std::string& source, const std::vector<Variant>& variants,
                    const DecisionReport& report, const DecideUnder& decide) {
  if (!report.fault.empty() || report.verdict == Verdict::kPermit) return;
  const bool by_forbid = report.clause == "forbid";
  if (!by_forbid && report.code != DecisionCode::kConstraintFailed &&
      report.code != DecisionCode::kStepUp) {
    return;
  }
  if (report.code == DecisionCode::kStepUp && !by_forbid) {
    for (const CandidateReport& candidate : report.candidates) {
      const int nth = OnlyStepUp(candidate);
      if (nth < 0) continue;
      const auto clause = static_cast<size_t>(nth);
      Mark(source, candidate.clauses[clause].place, candidate.capability, clause);
    }
    return;
  }
  for (const Variant& variant : variants) {
    if (by_forbid != variant.capability.empty()) continue;
    const DecisionReport changed = decide(variant);
    const bool decisive =
        by_forbid ? changed.verdict != report.verdict : AsksAlone(variant, changed);
    if (decisive) Mark(source, variant.place, variant.capability, variant.clause);
  }
}

/// A limit that several capabilities have from one policy is one limit.
void Coverage::MarkLimit(const std::string& source, const Program& program,
                         const SpentLimit& limit) {
  const auto mark = [&](const auto& owner, const std::string& name) {
    for (const LimitTerm& term : owner.terms) {
      if (SpentLimit{term.policy, term.owner, term.name} != limit) continue;
      Mark(source, Place(program, owner.clauses[term.clause].span), name, term.clause);
    }
  };
  for (const Capability& capability : program.capabilities) mark(capability, capability.name);
  for (const SharedLimit& shared : program.limits) mark(shared, OwnerOf(shared));
}

void Coverage::NoteLimits(const std::string& source, const Program& program,
                          const Decision& decision, const std::vector<SpentLimit>& decisive) {
  for (const SpentLimit& limit : decisive) {
    if (!limit.owner.empty()) {
      MarkLimit(source, program, limit);
    } else if (decision.code == DecisionCode::kCircuitOpen && decision.policy != kNone) {
      Mark(source, Place(program, program.policies[decision.policy].breaker.span), "", 0);
    }
  }
}

std::vector<std::pair<std::string, std::vector<Coverage::Part>>> Coverage::Result() const {
  std::vector<std::pair<std::string, std::vector<Part>>> result;
  for (const auto& [source, parts] : sources_) {
    std::vector<Part>& list = result.emplace_back(source, std::vector<Part>{}).second;
    for (const auto& [key, part] : parts) list.push_back(part);
  }
  return result;
}

}  // namespace cap::policytest
