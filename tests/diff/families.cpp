#include "tests/diff/families.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/diff/generator.h"
#include "tests/diff/running.h"

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

using Change = std::function<ExprPtr(const Expr&)>;  // null: as it is

/// The tree with every node that changes; what a function means stands apart from its text.
ExprPtr Rewrite(const ExprPtr& from, const Change& change) {
  if (ExprPtr made = change(*from)) return made;
  if (from->op == ExprOp::kDef) return from;
  Expr copy = *from;
  for (ExprPtr& kid : copy.kids) kid = Rewrite(kid, change);
  return std::make_shared<const Expr>(std::move(copy));
}

/// Of what is written as a condition: calls of constraints stay.
void RewritePolicy(PolicyModel& policy, const Change& change) {
  for (CapabilityModel& capability : policy.capabilities) {
    for (Statement& statement : capability.statements) {
      if (!statement.text.starts_with("require ") || statement.bodies.empty()) continue;
      statement.bodies[0] = Rewrite(statement.bodies[0], change);
      statement.text = "require " + TextOf(*statement.bodies[0]);
    }
  }
  for (ForbidModel& forbid : policy.forbids) {
    if (forbid.when != nullptr) forbid.when = Rewrite(forbid.when, change);
  }
}

/// Reads parameters where literals stood.
void Parametrise(PolicyModel& policy, Random& random) {
  policy.parameters = true;
  RewritePolicy(policy, [&](const Expr& expr) -> ExprPtr {
    if (expr.op != ExprOp::kLiteral) return nullptr;
    for (size_t i = 0; i < ParameterFields().size(); ++i) {
      const FieldModel& field = ParameterFields()[i];
      if (field.ty != expr.ty || !Chance(random, 0.5)) continue;
      Expr read;
      read.op = ExprOp::kVar;
      read.ty = field.ty;
      read.var = {field.name, field.ty, false, Var::Root::kBound, BoundFields().size() + i, -1};
      return std::make_shared<const Expr>(std::move(read));
    }
    return nullptr;
  });
}

/// The policy as it is with the values that a child gives to its parameters.
PolicyModel WithGiven(PolicyModel policy, const PolicyModel& child) {
  RewritePolicy(policy, [&](const Expr& expr) -> ExprPtr {
    if (expr.op != ExprOp::kVar || expr.var.root != Var::Root::kBound) return nullptr;
    if (expr.var.index < BoundFields().size()) return nullptr;
    const auto given = child.given.find(expr.var.index - BoundFields().size());
    if (given == child.given.end() || !given->second) return nullptr;
    Expr literal;
    literal.ty = expr.ty;
    literal.literal = *given->second;
    return std::make_shared<const Expr>(std::move(literal));
  });
  return policy;
}

/// Gives the parent's parameters values: its own, literals, or none, which leaves them open.
void Give(PolicyModel& child, const std::set<size_t>& open, Random& random) {
  static const std::vector<std::vector<Value>> kLiterals = ParameterChoices();
  for (const size_t index : open) {
    const bool literal = Chance(random, child.parameters ? 0.4 : 0.5);
    if (literal) {
      child.given[index] = kLiterals[Below(random, 2)][index];
      child.literals.push_back(*child.given[index]);
    } else if (child.parameters) {
      child.given[index] = std::nullopt;
    }
  }
}

/// The parameters of a policy that are open, as its children see them.
std::set<size_t> OpenOf(const ModuleModel& module, const PolicyModel& policy) {
  std::set<size_t> open;
  if (policy.parameters) {
    for (size_t i = 0; i < ParameterFields().size(); ++i) open.insert(i);
    return open;
  }
  if (policy.extends.empty()) return open;
  const auto parent = std::ranges::find(module.children, policy.extends, &PolicyModel::name);
  open = OpenOf(module, parent == module.children.end() ? Named(module.policies, policy.extends)
                                                        : *parent);
  for (const auto& [index, value] : policy.given) open.erase(index);
  return open;
}

std::string NarrowerOn(const std::string& on, Random& random) {
  static const char* kOns[] = {"*", "C1", "{{customer}}", "ab"};
  const bool any = on.empty() || on == "*";
  return any || Chance(random, 0.2) ? kOns[Below(random, 4)] : on;
}

PolicyModel MakeChild(const ModuleModel& donors, const ModuleModel& module,
                      const PolicyModel& parent, Random& random) {
  PolicyModel child;
  child.name = parent.name + (parent.extends.empty() ? "_child" : "_again");
  child.extends = parent.name;
  child.action = parent.action;
  const PolicyModel donor = Donor(donors, parent.action, random);
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
  if (Chance(random, 0.4)) Parametrise(child, random);
  Give(child, OpenOf(module, parent), random);
  return child;
}

/// What is left of the parent's capabilities and forbids, with the child's beside them.
PolicyModel Whole(const PolicyModel& parent, const PolicyModel& child) {
  PolicyModel whole = WithGiven(parent, child);
  whole.name = child.name;
  whole.extends = child.extends;
  whole.given = child.given;
  whole.parameters = child.parameters;
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
  const ModuleModel donors = module;
  for (PolicyModel& policy : module.policies) {
    if (Chance(random, 0.6)) Parametrise(policy, random);
  }
  for (const PolicyModel& policy : module.policies) {
    const PolicyModel child = MakeChild(donors, module, policy, random);
    const PolicyModel whole = Whole(policy, child);
    module.children.push_back(child);
    if (Chance(random, 0.3)) module.children.push_back(MakeChild(donors, module, whole, random));
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
    for (size_t i = 0; i < line.size(); ++i) {
      PolicyModel each = *line[i];
      for (size_t below = i; below-- > 0;) each = WithGiven(std::move(each), *line[below]);
      all = std::min(all, Alone(each, capability.name, oracle));
    }
    best = std::max(best, all);
  }
  return best;
}

}  // namespace cap::diff
