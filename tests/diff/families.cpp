#include "tests/diff/families.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/diff/generator.h"

namespace cap::diff {
namespace {

using test::Below;
using test::Chance;
using test::Random;

const PolicyModel& Named(const std::vector<PolicyModel>& policies, const std::string& name) {
  return *std::ranges::find(policies, name, &PolicyModel::name);
}

CapabilityModel* Find(PolicyModel& policy, const std::string& name) {
  const auto found = std::ranges::find(policy.capabilities, name, &CapabilityModel::name);
  return found == policy.capabilities.end() ? nullptr : &*found;
}

/// A policy over the action whose parts a child may take: one of the module's, or a new one.
PolicyModel Donor(const ModuleModel& module, size_t action, Random& random) {
  std::vector<const PolicyModel*> fitting;
  for (const PolicyModel& policy : module.policies) {
    if (policy.action == action) fitting.push_back(&policy);
  }
  if (Chance(random, 0.7)) return *fitting[Below(random, fitting.size())];
  return GeneratePolicy(random, module, action);
}

std::string NarrowerOn(const std::string& on, Random& random) {
  static const char* kOns[] = {"*", "C1", "{{customer}}", "ab"};
  const bool any = on.empty() || on == "*";
  return any || Chance(random, 0.2) ? kOns[Below(random, 4)] : on;
}

PolicyModel MakeChild(const ModuleModel& module, const PolicyModel& parent, Random& random) {
  PolicyModel child;
  child.name = parent.name + (parent.extends.empty() ? "_child" : "_again");
  child.extends = parent.name;
  child.action = parent.action;
  const PolicyModel donor = Donor(module, parent.action, random);
  child.literals = donor.literals;
  for (const CapabilityModel& capability : parent.capabilities) {
    if (Chance(random, 0.1)) {
      child.drops.push_back(capability.name);
      continue;
    }
    if (Chance(random, 0.2)) continue;
    CapabilityModel own;
    own.name = capability.name;
    const bool resource = module.actions[parent.action].resource_argument >= 0;
    if (resource && Chance(random, 0.4)) own.on = NarrowerOn(capability.on, random);
    const CapabilityModel& from = donor.capabilities[Below(random, donor.capabilities.size())];
    for (const Statement& statement : from.statements) {
      if (own.statements.size() < 2 && Chance(random, 0.6)) own.statements.push_back(statement);
    }
    child.capabilities.push_back(std::move(own));
  }
  for (const ForbidModel& forbid : donor.forbids) {
    if (Chance(random, 0.6)) child.forbids.push_back(forbid);
  }
  return child;
}

/// What is left of the parent's capabilities and forbids, with the child's beside them.
PolicyModel Whole(const PolicyModel& parent, const PolicyModel& child) {
  PolicyModel whole = parent;
  whole.name = child.name;
  whole.extends = child.extends;
  whole.first_line = child.first_line;
  whole.last_line = child.last_line;
  std::erase_if(whole.capabilities, [&](const CapabilityModel& capability) {
    return std::ranges::find(child.drops, capability.name) != child.drops.end();
  });
  for (const CapabilityModel& own : child.capabilities) {
    CapabilityModel* const capability = Find(whole, own.name);
    if (capability == nullptr) continue;
    capability->line = own.line;
    if (!own.on.empty()) capability->on = own.on;
    capability->statements.insert(capability->statements.end(), own.statements.begin(),
                                  own.statements.end());
  }
  whole.forbids.insert(whole.forbids.end(), child.forbids.begin(), child.forbids.end());
  whole.literals.insert(whole.literals.end(), child.literals.begin(), child.literals.end());
  return whole;
}

/// What one policy says by itself of a call that only this capability could permit.
Outcome Alone(const PolicyModel& policy, const std::string& capability, Oracle& oracle) {
  PolicyModel alone = policy;
  std::erase_if(alone.capabilities, [&](const CapabilityModel& c) { return c.name != capability; });
  if (std::ranges::find(policy.drops, capability) != policy.drops.end()) return Outcome::kDeny;
  if (alone.capabilities.empty()) {
    if (policy.extends.empty()) return Outcome::kDeny;
    alone.capabilities.emplace_back();  // nothing is said of it
  }
  return oracle.Decide(alone);
}

}  // namespace

void AddChildren(ModuleModel& module, Random& random) {
  for (const PolicyModel& policy : module.policies) {
    module.children.push_back(MakeChild(module, policy, random));
    const PolicyModel whole = Whole(policy, module.children.back());
    if (Chance(random, 0.3)) module.children.push_back(MakeChild(module, whole, random));
  }
  PrintModule(module);
}

std::vector<PolicyModel> WholeChildren(const ModuleModel& module) {
  std::vector<PolicyModel> known = module.policies;
  for (const PolicyModel& child : module.children) {
    known.push_back(Whole(Named(known, child.extends), child));
  }
  known.erase(known.begin(), known.begin() + static_cast<int64_t>(module.policies.size()));
  return known;
}

Outcome Together(const ModuleModel& module, const std::string& policy, Oracle& oracle) {
  std::vector<const PolicyModel*> line;  // the child, its parent, …
  for (std::string name = policy; !name.empty(); name = line.back()->extends) {
    const auto found = std::ranges::find(module.children, name, &PolicyModel::name);
    line.push_back(found == module.children.end() ? &Named(module.policies, name) : &*found);
  }
  Outcome best = Outcome::kDeny;
  for (const CapabilityModel& capability : line.back()->capabilities) {
    Outcome all = Outcome::kPermit;
    for (const PolicyModel* each : line) all = std::min(all, Alone(*each, capability.name, oracle));
    best = std::max(best, all);
  }
  return best;
}

}  // namespace cap::diff
