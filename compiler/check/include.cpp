// `include other`: the capabilities and forbids of another policy, beside one's own.
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

void PolicyChecker::ReportIncludeCycle(uint32_t policy, const SourceSpan& span) {
  std::string cycle;
  std::vector<diag::Label> notes;
  bool inside = false;
  for (const Step& step : open_) {
    inside = inside || step.policy == policy;
    if (!inside) continue;
    cycle += fmt::format("`{}` → ", context_.names.policies[step.policy].name);
    if (step.include != span) notes.push_back({step.include, "included here"});
  }
  const std::string& name = context_.names.policies[policy].name;
  context_.Error(
      diag::Code::kIncludeCycle, span,
      {.message = fmt::format("the policy `{}` includes itself: {}`{}`", name, cycle, name),
       .label = notes.empty() ? "itself" : "and so it includes itself",
       .help = "put what both need into a policy that includes neither",
       .notes = std::move(notes)});
}

/// The policies that are included, checked: of Program::policies, parallel to the declaration's;
/// kNone: reported.
std::vector<uint32_t> PolicyChecker::Included(const ast::PolicyDecl& decl) {
  std::vector<uint32_t> included;
  const ast::Module* const module = module_;
  for (const ast::QualifiedName& name : decl.includes) {
    module_ = module;  // of the policy that includes; the one included may stand in another
    const uint32_t policy = FindPolicy(name);
    included.push_back(kNone);
    if (policy == kNone) continue;
    open_.back().include = name.span;
    if (checked_[policy].state == State::kOpen) {
      ReportIncludeCycle(policy, name.span);
      continue;
    }
    if (checked_[policy].state == State::kNew && open_.size() >= limits::kIncludeDepth) {
      context_.Error(diag::Code::kProgramTooLarge, name.span,
                     {.message = fmt::format("policies include each other more than {} in a row",
                                             limits::kIncludeDepth),
                      .label = "one too many",
                      .help = "include that policy directly",
                      .notes = {}});
      continue;
    }
    Check(policy);
    included.back() = checked_[policy].index;
  }
  return included;
}

bool PolicyChecker::UniteCapability(uint32_t index, const SourceSpan& span) {
  Program& program = context_.program;
  Capability capability = program.capabilities[index];
  const uint32_t origin = capability_origins_[index];
  if (!origins_.insert(origin).second) return true;  // it came by another include already
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
  if (Full(program.capabilities.size(), limits::kCapabilities, "capabilities", span)) return false;
  for (const Pattern& pattern : capability.patterns) {
    if (TooManySkeletons(capability.action, span, pattern.skeleton)) return false;
  }
  capability.policy = policy_;
  NoteBound(capability.patterns, capability.consts);
  capabilities_.push_back(static_cast<uint32_t>(program.capabilities.size()));
  capability_origins_.push_back(origin);
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
    origins_.insert(own);
    names_.insert(context_.program.capabilities[own].name);
  }
  std::set<uint32_t> forbids_seen(forbids_.begin(), forbids_.end());
  for (size_t i = 0; i < included.size(); ++i) {
    if (included[i] == kNone) continue;
    const SourceSpan& span = decl.includes[i].span;
    const Policy other = context_.program.policies[included[i]];
    UnitePurposes(policy, other, span);
    if (other.max_ttl_us != 0 && (policy.max_ttl_us == 0 || other.max_ttl_us < policy.max_ttl_us)) {
      policy.max_ttl_us = other.max_ttl_us;
    }
    for (const uint32_t capability : other.capabilities) {
      if (!UniteCapability(capability, span)) return;
    }
    for (const uint32_t forbid : other.forbids) {
      const uint32_t origin = forbid_origins_[forbid];
      if (origin == kNone || !forbids_seen.insert(origin).second) continue;
      if (!AddForbid(context_.program.forbids[forbid], origin, span)) return;
    }
  }
}

}  // namespace cap::check
