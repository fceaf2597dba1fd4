// What a policy leaves open: no expiry, no limit, everything.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/lint/context.h"
#include "runtime/program/layout.h"

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
      if (!said_.insert({capability.span.line, capability.span.column}).second) continue;
      Everything(capability);
      Unlimited(capability);
    }
    for (const Action& action : program_.actions) WeakFacts(action);
    IdleForbids();
  }

 private:
  void Expiry(const Policy& policy) {
    if (policy.max_ttl_us != 0) return;
    findings_.Add(diag::Code::kLintNoExpiry, policy.span,
                  {fmt::format("grants of `{}` may live for ever", policy.name),
                   "no `expires after`", "say how long a grant may live: `expires after 8h`"});
  }

  /// The forbids that hold the capability's action in its policy.
  bool IsForbidden(const Capability& capability, bool lifted_only) const {
    const std::vector<uint32_t>& forbids = program_.policies[capability.policy].forbids;
    return std::ranges::any_of(forbids, [&](uint32_t index) {
      const Forbid& forbid = program_.forbids[index];
      return forbid.action == capability.action && (!lifted_only || forbid.unless_approvers != 0);
    });
  }

  void Everything(const Capability& capability) {
    const Action& action = program_.actions[capability.action];
    const bool all =
        std::ranges::any_of(capability.patterns, [](const Pattern& p) { return p.holes.empty(); });
    if (action.resource.holes.empty() || !all || !capability.clauses.empty() ||
        IsForbidden(capability, false)) {
      return;
    }
    findings_.Add(
        diag::Code::kLintEverything, capability.span,
        {fmt::format("`{}` may act on every resource there is, on no condition", capability.name),
         "everything", "name the resources (`on \"…\"`), or say on which condition"});
  }

  bool Reads(const Capability& capability, const ArgumentDesc& argument) const {
    const uint32_t end = argument.slot + SlotsOf(program_, argument.type);
    const Shape& shape = program_.shapes[capability.shape];
    for (uint32_t i = 0; i < shape.inst_count; ++i) {
      const Inst& inst = program_.insts[shape.first_inst + i];
      const OpInfo& info = InfoOf(inst.op);
      if (info.a == OperandKind::kSlot && inst.a >= argument.slot && inst.a < end) return true;
      if (info.b == OperandKind::kSlot && inst.b >= argument.slot && inst.b < end) return true;
    }
    return false;
  }

  void Unlimited(const Capability& capability) {
    const Action& action = program_.actions[capability.action];
    if (!IsGrave(action) || IsForbidden(capability, true)) return;
    const Shape& shape = program_.shapes[capability.shape];
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      if (program_.clauses[shape.first_clause + i].kind == ClauseKind::kStepUp) return;
    }
    const std::vector<ArgumentDesc>& arguments = program_.tools[action.tool].arguments;
    const bool limited = std::ranges::any_of(arguments, [&](const ArgumentDesc& argument) {
      const TypeKind kind = program_.types[argument.type].kind;
      const bool amount =
          kind == TypeKind::kMoney || kind == TypeKind::kInt || kind == TypeKind::kDecimal;
      return amount && Reads(capability, argument);
    });
    if (limited) return;
    findings_.Add(diag::Code::kLintUnlimited, capability.span,
                  {fmt::format("`{}` {}, and `{}` limits no amount and asks nobody", action.name,
                               GraveBecause(action), capability.name),
                   "no limit, no step-up",
                   "limit an amount (`maxAmount`), or ask somebody (`requireApproval`, or `forbid "
                   "… unless approved by`)"});
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

  // --- forbids ---

  bool HasCapability(uint32_t policy, uint32_t action) const {
    const std::vector<uint32_t>& own = program_.policies[policy].capabilities;
    return std::ranges::any_of(
        own, [&](uint32_t index) { return program_.capabilities[index].action == action; });
  }

  /// A forbid of several actions is several, and one that binds several policies has copies: it is
  /// idle if all of these are.
  void IdleForbids() {
    std::map<std::pair<uint32_t, uint32_t>, bool> acts;
    for (uint32_t i = 0; i < program_.policies.size(); ++i) {
      for (const uint32_t index : program_.policies[i].forbids) {
        const Forbid& forbid = program_.forbids[index];
        if (!findings_.IsOwn(forbid.info.span)) continue;
        acts[{forbid.info.span.line, forbid.info.span.column}] |= HasCapability(i, forbid.action);
      }
    }
    for (const Forbid& forbid : program_.forbids) {
      const auto at = acts.find({forbid.info.span.line, forbid.info.span.column});
      if (at == acts.end() || at->second || !findings_.IsOwn(forbid.info.span)) continue;
      at->second = true;  // said once
      findings_.Add(diag::Code::kLintForbidIdle, forbid.info.span,
                    {"this never forbids a call: no capability permits one that it speaks of",
                     "nothing to forbid",
                     "without a capability a call is denied anyway; leave it out, or mend the "
                     "actions that it names"});
    }
  }

  Findings& findings_;
  const Program& program_;
  std::set<std::pair<uint32_t, uint32_t>> said_;  // capabilities; policies that include have copies
};

}  // namespace

void FindInPolicies(Findings& findings) { Policies(findings).Run(); }

}  // namespace cap::lint
