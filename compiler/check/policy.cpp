#include "compiler/check/policy.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/pattern.h"
#include "runtime/base/limits.h"

namespace cap::check {

const ast::Module& PolicyChecker::ModuleOf(uint32_t policy) const {
  return context_.modules[context_.names.policies[policy].module];
}

const ast::PolicyDecl& PolicyChecker::DeclOf(uint32_t policy) const {
  const uint32_t decl = context_.names.policies[policy].decl;
  return std::get<ast::PolicyDecl>(ModuleOf(policy).decls[decl].node);
}

/// What is known of the policy before is forgotten.
void PolicyChecker::Begin(uint32_t policy) {
  module_ = &ModuleOf(policy);
  policy_name_ = policy;
  policy_ = static_cast<uint32_t>(context_.program.policies.size());
  checked_[policy].index = policy_;
  whole_.push_back(true);
  layer_policy_ = policy;
  fixed_.clear();
  left_open_.clear();
  bound_.clear();
  skeletons_.clear();
  capabilities_.clear();
  forbids_.clear();
  limits_.clear();
  limits_seen_.clear();
}

// Policies are built on each other at most limits::kIncludeDepth deep, and so deep is this
// recursion.
void PolicyChecker::Check(uint32_t policy_name) {
  if (checked_[policy_name].state != State::kNew) return;
  checked_[policy_name].state = State::kOpen;
  const ast::PolicyDecl& decl = DeclOf(policy_name);
  open_.push_back({policy_name, {}});
  module_ = &ModuleOf(policy_name);
  DeclareParameters(policy_name);
  const uint32_t parent = decl.extends ? BuiltOn(decl.extends->name) : kNone;
  module_ = &ModuleOf(policy_name);
  const std::vector<uint32_t> included = Included(decl);
  open_.pop_back();
  checked_[policy_name].state = State::kDone;
  Program& program = context_.program;
  if (Full(program.policies.size(), limits::kPolicies, "policies", decl.name.span)) return;
  Begin(policy_name);
  parent_ = parent;
  Policy policy;
  policy.name = decl.name.text;
  policy.span = context_.Place(decl.name.span);
  Terms(decl, policy);
  if (parent_ != kNone) Adopt(*decl.extends, parent_);
  for (size_t i = 0; i < included.size(); ++i) {
    if (included[i] != kNone) Adopt(decl.includes[i], included[i]);
  }
  CapabilityNames(decl);
  Extend(policy, decl);
  for (const ast::Forbid& forbid : decl.forbids) {
    for (Forbid& made : CheckForbid(forbid)) {
      const auto own = static_cast<uint32_t>(program.forbids.size());
      if (!AddForbid(std::move(made), own, forbid.span)) break;
    }
  }
  OwnLimits(decl);
  if (parent_ != kNone) {
    InheritForbids(decl.extends->name.span);
    InheritLimits(Policy(program.policies[parent_]), decl.extends->name.span);
  }
  Unite(policy, included, decl);
  SetBreaker(policy, decl, included);
  BindTopForbids(decl.name.span);
  BindTopLimits(decl.name.span);
  BindParameters(policy);
  policy.capabilities = capabilities_;
  policy.forbids = forbids_;
  policy.limits = limits_;
  program.policies.push_back(std::move(policy));
}

bool PolicyChecker::Full(size_t count, uint32_t limit, std::string_view what,
                         const SourceSpan& span) {
  if (count < limit) return false;
  context_.Error(diag::Code::kProgramTooLarge, span,
                 {.message = fmt::format("a program has at most {} {}", limit, what),
                  .label = "one too many",
                  .help = "what differs between holders belongs into bound context",
                  .notes = {}});
  return true;
}

void PolicyChecker::Terms(const ast::PolicyDecl& decl, Policy& policy) {
  if (decl.version) policy.version = decl.version->text;
  Purposes(decl, policy);
  if (!decl.expires_after_us) return;
  policy.max_ttl_us = *decl.expires_after_us;
  if (policy.max_ttl_us != 0) return;
  context_.Error(diag::Code::kZeroDuration, decl.expires_span,
                 {.message = "a grant that expires at once permits nothing",
                  .label = "a duration of zero",
                  .help = "give a duration, or leave `expires` to whoever mints the grant",
                  .notes = {}});
}

void PolicyChecker::Purposes(const ast::PolicyDecl& decl, Policy& policy) {
  for (const ast::Ident& name : decl.purposes) {
    bool hidden = false;
    const uint32_t index = context_.Find(context_.names.purposes, *module_, name, &hidden);
    if (hidden) continue;
    if (index == kNone) {
      const std::vector<std::string_view> known = context_.Known(context_.names.purposes);
      context_.Error(
          diag::Code::kNoSuchPurpose, name.span,
          {.message = fmt::format("no purpose `{}`", name.text),
           .label = "not declared",
           .help = known.empty() ? fmt::format("declare it: `purpose {} \"…\"`", name.text)
                                 : MeantOrKnown(name.text, known),
           .notes = {}});
    } else if (std::ranges::find(policy.purposes, index) != policy.purposes.end()) {
      context_.Error(diag::Code::kDeclaredTwice, name.span,
                     {.message = fmt::format("the purpose `{}` is named twice", name.text),
                      .label = "again",
                      .help = "leave it out",
                      .notes = {}});
    } else {
      policy.purposes.push_back(index);
    }
  }
}

/// Names are the handles of revocation and audit, so two capabilities of one action need them.
void PolicyChecker::CapabilityNames(const ast::PolicyDecl& decl) {
  std::unordered_map<std::string, const ast::Capability*> names;
  std::unordered_map<std::string, std::vector<const ast::Capability*>> by_action;
  for (const ast::Capability& capability : decl.capabilities) {
    by_action[capability.action.text].push_back(&capability);
  }
  for (const ast::Capability& capability : decl.capabilities) {
    const std::vector<const ast::Capability*>& same = by_action[capability.action.text];
    if (!capability.name && same.size() > 1) {
      const ast::Capability* other = same[0] == &capability ? same[1] : same[0];
      context_.Error(
          diag::Code::kCapabilityNeedsName, capability.action.span,
          {.message = fmt::format("the policy has several capabilities of `{}`, so "
                                  "each needs a name",
                                  capability.action.text),
           .label = "unnamed",
           .help = fmt::format("name it: `capability some_name: {}`", capability.action.text),
           .notes = {{other->action.span, "another one"}}});
      continue;
    }
    const ast::Ident& name = capability.name ? *capability.name : capability.action;
    const auto [at, added] = names.emplace(name.text, &capability);
    if (added) continue;
    const ast::Capability& first = *at->second;
    context_.Error(diag::Code::kDeclaredTwice, name.span,
                   {.message = fmt::format("two capabilities are named `{}`", name.text),
                    .label = "the name again",
                    .help = "names of capabilities are unique in a policy",
                    .notes = {{first.name ? first.name->span : first.action.span, "the first"}}});
  }
}

uint32_t PolicyChecker::FindAction(const ast::Ident& name) {
  bool hidden = false;
  const uint32_t index = context_.Find(context_.names.actions, *module_, name, &hidden);
  if (index != kNone || hidden || name.text.empty()) return index;
  const std::vector<std::string_view> known = context_.Known(context_.names.actions);
  context_.Error(diag::Code::kNoSuchAction, name.span,
                 {.message = fmt::format("no action `{}`", name.text),
                  .label = "not declared",
                  .help = MeantOrKnown(name.text, known),
                  .notes = {}});
  return kNone;
}

bool PolicyChecker::TooManySkeletons(uint32_t action, const SourceSpan& span, uint32_t skeleton) {
  std::set<uint32_t>& used = skeletons_[action];
  used.insert(skeleton);
  if (used.size() <= limits::kSkeletons) return false;
  context_.Error(diag::Code::kTooManySkeletons, span,
                 {.message = fmt::format("the patterns of `{}` hold more than {} different sets of "
                                         "segments in this policy",
                                         context_.program.actions[action].name, limits::kSkeletons),
                  .label = "one kind too many",
                  .help = "hold the same segments in each pattern, and ask the rest in a `require`",
                  .notes = {}});
  return true;
}

bool PolicyChecker::AddPattern(std::vector<Pattern>& patterns, uint32_t action,
                               const ast::Text& text, bool restricts) {
  Scope& scope = *actions_[action].scope;
  const size_t mark = scope.Mark();
  OpenParameters(layer_policy_, scope);
  std::optional<Pattern> pattern = MatchPattern(context_, actions_[action], action, text);
  scope.Release(mark);
  if (pattern) KeepOrders(*pattern, text.span, restricts);
  if (!pattern || TooManySkeletons(action, text.span, pattern->skeleton)) return false;
  patterns.push_back(std::move(*pattern));
  return true;
}

void PolicyChecker::NoteBound(const std::vector<Pattern>& patterns,
                              const std::vector<ConstSource>& consts) {
  for (const Pattern& pattern : patterns) {
    for (const PatternHole& hole : pattern.holes) {
      if (hole.value.bound) bound_.insert(hole.value.index);
    }
  }
  for (const ConstSource& source : consts) {
    if (source.bound) bound_.insert(source.index);
  }
}

}  // namespace cap::check
