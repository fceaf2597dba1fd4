// What a policy leaves open: no expiry, no limit, everything.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/lint/context.h"

namespace cap::lint {

namespace {

bool IsGrave(const Action& action) {
  return action.risk == Risk::kHigh || action.risk == Risk::kCritical || action.irreversible;
}

std::string GraveBecause(const Action& action) {
  return action.irreversible ? "cannot be undone"
                             : fmt::format("is of {} risk", NameOf(action.risk));
}

class Policies {
 public:
  explicit Policies(Findings& findings) : findings_(findings), program_(findings.program()) {}

  void Run() {
    for (const Policy& policy : program_.policies) Expiry(policy);
    for (const Capability& capability : program_.capabilities) {
      if (findings_.IsCopy(capability)) continue;
      Everything(capability);
      Unlimited(capability);
    }
    for (const Action& action : program_.actions) WeakFacts(action);
  }

 private:
  void Expiry(const Policy& policy) {
    if (policy.max_ttl_us != 0) return;
    findings_.Add(diag::Code::kLintNoExpiry, policy.span,
                  {fmt::format("grants of `{}` may live for ever", policy.name),
                   "no `expires after`", "say how long a grant may live: `expires after 8h`"});
  }

  bool IsForbidden(const Capability& capability) const {
    const std::vector<uint32_t>& forbids = program_.policies[capability.policy].forbids;
    return std::ranges::any_of(forbids, [&](uint32_t index) {
      return program_.forbids[index].action == capability.action;
    });
  }

  void Everything(const Capability& capability) {
    const Action& action = program_.actions[capability.action];
    const bool all =
        std::ranges::any_of(capability.patterns, [](const Pattern& p) { return p.holes.empty(); });
    if (action.resource.holes.empty() || !all || !capability.clauses.empty() ||
        IsForbidden(capability)) {
      return;
    }
    findings_.Add(
        diag::Code::kLintEverything, capability.span,
        {fmt::format("`{}` may act on every resource there is, on no condition", capability.name),
         "everything", "name the resources (`on \"…\"`), or say on which condition"});
  }

  /// Whether the code reads a number, or counts something. What only says how much a limit counts
  /// (`operands`) bounds nothing by itself.
  bool ReadsAmount(uint32_t shape_index, const std::vector<LimitTerm>& terms) const {
    const Shape& shape = program_.shapes[shape_index];
    for (uint32_t nth = 0; nth < shape.clause_count; ++nth) {
      if (std::ranges::find(terms, nth, &LimitTerm::operands_clause) != terms.end()) continue;
      const Clause& clause = program_.clauses[shape.first_clause + nth];
      for (uint32_t i = clause.begin; i < clause.end; ++i) {
        const Inst& inst = program_.insts[shape.first_inst + i];
        const TypeKind kind = program_.types[inst.type].kind;
        const bool number =
            kind == TypeKind::kMoney || kind == TypeKind::kInt || kind == TypeKind::kDecimal;
        // Sizes and sums are numbers too; a constant is none of the call's.
        if (number && inst.op != Op::kConst) return true;
      }
    }
    return false;
  }

  /// An argument that a limit of the capability counts by, and that the agent may write anew for
  /// each call, so that each has a counter of its own. kNone: none of them bounds it so.
  uint32_t FreeKey(const Capability& capability, const LimitTerm& term) const {
    const Tool& tool = program_.tools[program_.actions[capability.action].tool];
    for (const LimitOperand& key : term.keys) {
      if (key.source != LimitOperand::Source::kSlot) continue;
      if (tool.slots[key.index].source != SlotSource::kArgument) continue;
      if (program_.types[tool.slots[key.index].type].kind == TypeKind::kEnum) continue;
      if (!IsHeld(capability, key.index)) return key.index;
    }
    return kNone;
  }

  /// Whether an argument is not the agent's to choose: a pattern holds it to a literal or a bound
  /// value, or the capability reads a fact that has it for its key.
  bool IsHeld(const Capability& capability, uint32_t slot) const {
    const Action& action = program_.actions[capability.action];
    const auto holds = [&](const Pattern& pattern) {
      return std::ranges::any_of(pattern.holes, [&](const PatternHole& hole) {
        const ResourceHole& of = action.resource.holes[hole.hole];
        return of.source == HoleSource::kSlot && of.index == slot;
      });
    };
    if (!capability.patterns.empty() && std::ranges::all_of(capability.patterns, holds)) {
      return true;
    }
    const Tool& tool = program_.tools[action.tool];
    return std::ranges::any_of(tool.facts, [&](const FactDesc& fact) {
      return std::ranges::find(fact.key_slots, slot) != fact.key_slots.end() &&
             Reads(capability, fact);
    });
  }

  /// Whether a clause of the capability, or its resource, needs a value of the fact.
  bool Reads(const Capability& capability, const FactDesc& fact) const {
    const Tool& tool = program_.tools[program_.actions[capability.action].tool];
    const auto of_fact = [&](uint32_t slot) {
      return tool.slots[slot].path == fact.name ||
             tool.slots[slot].path.starts_with(fact.name + ".");
    };
    const Shape& shape = program_.shapes[capability.shape];
    for (uint32_t i = 0; i < shape.inst_count; ++i) {
      const Inst& inst = program_.insts[shape.first_inst + i];
      if (InfoOf(inst.op).a == OperandKind::kSlot && of_fact(inst.a)) return true;
    }
    return std::ranges::any_of(program_.actions[capability.action].resource.holes,
                               [&](const ResourceHole& hole) {
                                 return hole.source == HoleSource::kSlot && of_fact(hole.index);
                               });
  }

  /// Whether a term counts the calls, however many there are. One that does not, and why, is kept.
  bool Counts(const Capability& capability, const LimitTerm& term) {
    if (term.kind == LimitKind::kAfter || term.kind == LimitKind::kNotAfter) return false;
    const uint32_t free = FreeKey(capability, term);
    if (free == kNone) return true;
    const Tool& tool = program_.tools[program_.actions[capability.action].tool];
    apart_ = fmt::format("`{}` counts apart for each `{}`, which the agent writes", term.name,
                         tool.slots[free].path);
    return false;
  }

  /// Whether the capability, or a limit that it shares, counts its calls.
  bool IsCounted(const Capability& capability) {
    apart_.clear();
    const auto counts = [&](const LimitTerm& term) { return Counts(capability, term); };
    if (std::ranges::any_of(capability.terms, counts)) return true;
    const std::vector<uint32_t>& shared = program_.policies[capability.policy].limits;
    return std::ranges::any_of(shared, [&](uint32_t index) {
      const SharedLimit& limit = program_.limits[index];
      return limit.action == capability.action && std::ranges::any_of(limit.terms, counts);
    });
  }

  void Unlimited(const Capability& capability) {
    const Action& action = program_.actions[capability.action];
    if (!IsGrave(action) || ReadsAmount(capability.shape, capability.terms) ||
        IsCounted(capability)) {
      return;
    }
    const Shape& shape = program_.shapes[capability.shape];
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      if (program_.clauses[shape.first_clause + i].kind == ClauseKind::kStepUp) return;
    }
    for (const uint32_t index : program_.policies[capability.policy].forbids) {
      const Forbid& forbid = program_.forbids[index];
      if (forbid.action != capability.action) continue;
      if (forbid.unless_approvers != 0) return;
      if (forbid.shape != kNone && ReadsAmount(forbid.shape, {})) return;
    }
    findings_.Add(diag::Code::kLintUnlimited, capability.span,
                  {fmt::format("`{}` {}, and `{}` limits no amount and asks nobody", action.name,
                               GraveBecause(action), capability.name),
                   apart_.empty() ? "no limit, no step-up" : apart_,
                   "limit an amount (`maxAmount`) or a number of calls (`maxPerDay`), or ask "
                   "somebody (`requireApproval`, or `forbid … unless approved by`)"});
  }

  void WeakFacts(const Action& action) {
    if (!IsGrave(action)) return;
    for (const FactDesc& fact : program_.tools[action.tool].facts) {
      const bool ages = fact.max_age_us == 0;
      if (!ages && !fact.attestor.empty()) continue;
      const std::string lacks = !ages                   ? "by anybody"
                                : fact.attestor.empty() ? "by anybody, however old"
                                                        : "however old";
      findings_.Add(diag::Code::kLintWeakFact, fact.span,
                    {fmt::format("`{}` {}, and believes the fact `{}` {}", action.name,
                                 GraveBecause(action), fact.name, lacks),
                     "believed too easily",
                     "say who attests it and how old it may be: `by crm "
                     "within 30s`"});
    }
  }

  Findings& findings_;
  const Program& program_;
  std::string apart_;  // of the latest limit that bounds nothing: why
};

}  // namespace

void FindInPolicies(Findings& findings) { Policies(findings).Run(); }

}  // namespace cap::lint
