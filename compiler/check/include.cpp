// `include other`: the capabilities and forbids of another policy, beside one's own. And what
// policies are built on, for `extends` too.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

uint32_t PolicyChecker::FindPolicy(const ast::QualifiedName& name) {
  const ast::Ident& last = name.parts.back();
  const resolve::Table& policies = context_.names.policies;
  bool hidden = false;
  const uint32_t found = context_.Find(policies, *module_, last, &hidden);
  if (hidden) return kNone;
  bool there = found != kNone;
  if (there && name.parts.size() > 1) {
    const std::optional<ast::QualifiedName>& module = context_.modules[policies[found].module].name;
    there = module && module->Joined() + "." + last.text == name.Joined();
  }
  if (there) return found;
  context_.Error(diag::Code::kNoSuchPolicy, name.span,
                 {.message = fmt::format("no policy `{}`", name.Joined()),
                  .label = "not declared",
                  .help = MeantOrKnown(last.text, context_.Known(policies)),
                  .notes = {}});
  return kNone;
}

void PolicyChecker::ReportCycle(uint32_t policy, const SourceSpan& span) {
  std::string cycle;
  std::vector<diag::Label> notes;
  bool inside = false;
  for (const Step& step : open_) {
    inside = inside || step.policy == policy;
    if (!inside) continue;
    cycle += fmt::format("`{}` → ", context_.names.policies[step.policy].name);
    if (step.next != span) notes.push_back({step.next, "built on it here"});
  }
  const std::string& name = context_.names.policies[policy].name;
  context_.Error(
      diag::Code::kPolicyCycle, span,
      {.message = fmt::format("the policy `{}` is built on itself: {}`{}`", name, cycle, name),
       .label = notes.empty() ? "itself" : "and so it is built on itself",
       .help = "put what both need into a policy that is built on neither",
       .notes = std::move(notes)});
}

/// A policy that the open one includes or extends, checked: of Program::policies; kNone: reported.
uint32_t PolicyChecker::BuiltOn(const ast::QualifiedName& name) {
  if (name.parts.empty()) return kNone;
  const uint32_t policy = FindPolicy(name);
  if (policy == kNone) return kNone;
  open_.back().next = name.span;
  if (checked_[policy].state == State::kOpen) {
    ReportCycle(policy, name.span);
    return kNone;
  }
  if (checked_[policy].state == State::kNew && open_.size() >= limits::kIncludeDepth) {
    context_.Error(diag::Code::kProgramTooLarge, name.span,
                   {.message = fmt::format("policies are built on each other more than {} in a row",
                                           limits::kIncludeDepth),
                    .label = "one too many",
                    .help = "name the policy that holds what is meant",
                    .notes = {}});
    return kNone;
  }
  Check(policy);
  return checked_[policy].index;
}

/// The policies that are included, checked: parallel to the declaration's.
std::vector<uint32_t> PolicyChecker::Included(const ast::PolicyDecl& decl) {
  std::vector<uint32_t> included;
  const ast::Module* const module = module_;
  for (const ast::BasePolicy& base : decl.includes) {
    module_ = module;  // of the policy that includes; the one included may stand in another
    included.push_back(BuiltOn(base.name));
  }
  return included;
}

bool PolicyChecker::UniteCapability(uint32_t index, const SourceSpan& span) {
  const Program& program = context_.program;
  const Capability& capability = program.capabilities[index];
  if (!origins_.insert(capability_origins_[index]).second) return true;  // it is there already
  if (parent_ != kNone) {
    context_.Error(
        diag::Code::kNotInherited, span,
        {.message = fmt::format("this brings the capability `{}`, which `{}` does not have",
                                capability.name, program.policies[parent_].name),
         .label = "more than the extended policy",
         .help = "a policy that extends another may include forbids only",
         .notes = {}});
    return false;
  }
  if (!names_.insert(capability.name).second) {
    context_.Error(
        diag::Code::kDeclaredTwice, span,
        {.message = fmt::format("two capabilities are named `{}`, one of `{}`", capability.name,
                                program.policies[capability.policy].name),
         .label = "brings the second one",
         .help = fmt::format("names of capabilities are unique in a policy: name one of them, "
                             "`capability some_name: {}`",
                             program.actions[capability.action].name),
         .notes = {}});
    return true;
  }
  return Copy(index, span);
}

/// Takes a capability of another policy over. False: something was reported.
bool PolicyChecker::Copy(uint32_t index, const SourceSpan& span) {
  Program& program = context_.program;
  Capability capability = program.capabilities[index];
  if (Full(program.capabilities.size(), limits::kCapabilities, "capabilities", span)) return false;
  for (const Pattern& pattern : capability.patterns) {
    if (TooManySkeletons(capability.action, span, pattern.skeleton)) return false;
  }
  capability.policy = policy_;
  NoteBound(capability.patterns, capability.consts);
  capabilities_.push_back(static_cast<uint32_t>(program.capabilities.size()));
  capability_origins_.push_back(capability_origins_[index]);
  capability_layers_.push_back(capability_layers_[index]);
  program.capabilities.push_back(std::move(capability));
  return true;
}

/// What either policy was written for, and nothing else: no purposes are all of them.
void PolicyChecker::UnitePurposes(Policy& policy, const Policy& other, const SourceSpan& span) {
  if (other.purposes.empty()) return;
  if (policy.purposes.empty()) {
    policy.purposes = other.purposes;
    return;
  }
  std::erase_if(policy.purposes, [&](uint32_t purpose) {
    return std::ranges::find(other.purposes, purpose) == other.purposes.end();
  });
  if (!policy.purposes.empty()) return;
  context_.Error(
      diag::Code::kNoSuchPurpose, span,
      {.message = fmt::format("`{}` and `{}` have no purpose in common", policy.name, other.name),
       .label = "for other purposes",
       .help = "a grant would have no purpose that it could be minted for",
       .notes = {}});
}

void PolicyChecker::Unite(Policy& policy, const std::vector<uint32_t>& included,
                          const ast::PolicyDecl& decl) {
  origins_.clear();
  names_.clear();
  for (const uint32_t own : capabilities_) {
    origins_.insert(capability_origins_[own]);
    names_.insert(context_.program.capabilities[own].name);
  }
  std::set<uint32_t> forbids_seen;
  for (const uint32_t own : forbids_) forbids_seen.insert(forbid_origins_[own]);
  for (size_t i = 0; i < included.size(); ++i) {
    if (included[i] == kNone) {
      whole_[policy_] = false;
      continue;
    }
    whole_[policy_] = whole_[policy_] && whole_[included[i]];
    const SourceSpan& span = decl.includes[i].name.span;
    const Policy other = context_.program.policies[included[i]];
    UnitePurposes(policy, other, span);
    if (other.max_ttl_us != 0 && (policy.max_ttl_us == 0 || other.max_ttl_us < policy.max_ttl_us)) {
      policy.max_ttl_us = other.max_ttl_us;
    }
    for (const uint32_t capability : other.capabilities) {
      if (!UniteCapability(capability, span)) return;
    }
    InheritLimits(other, span);
    for (const uint32_t forbid : other.forbids) {
      const uint32_t origin = forbid_origins_[forbid];
      if (origin == kNone || !forbids_seen.insert(origin).second) continue;
      if (!AddForbid(context_.program.forbids[forbid], origin, span)) return;
    }
  }
}

}  // namespace cap::check
