// `policy child extends parent`: a call is let through where the parent and the child do. What the
// child says of a capability is added to the capability, so that both are one rule.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "compiler/check/narrower.h"
#include "compiler/check/pattern.h"
#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

/// The capabilities of a policy that is extended, by what a child may call them.
struct PolicyChecker::Family {
  Family(const Program& program, const Policy& parent) : policy(parent) {
    for (const uint32_t index : parent.capabilities) {
      const Capability& capability = program.capabilities[index];
      by_name.emplace(capability.name, index);
      by_action[program.actions[capability.action].name].push_back(index);
    }
  }

  const Policy& policy;
  std::map<std::string, uint32_t, std::less<>> by_name;
  std::map<std::string, std::vector<uint32_t>, std::less<>> by_action;
};

namespace {

bool IsLet(const ast::Stmt& statement) { return std::holds_alternative<ast::Let>(statement); }

const SourceSpan& NameSpan(const ast::Capability& decl) {
  return decl.name ? decl.name->span : decl.action.span;
}

/// Whether what the inner pattern matches is matched by the outer one, whatever is bound.
bool LiesWithin(const Program& program, const std::map<uint32_t, ConstSource>& fixed,
                const Pattern& inner, const Pattern& outer) {
  const auto value = [&](const PatternHole& hole) {
    const auto known = hole.value.bound ? fixed.find(hole.value.index) : fixed.end();
    return known == fixed.end() ? hole.value : known->second;
  };
  return std::ranges::all_of(outer.holes, [&](const PatternHole& wanted) {
    const auto same = std::ranges::find(inner.holes, wanted.hole, &PatternHole::hole);
    return same != inner.holes.end() && SameSource(program, value(*same), value(wanted));
  });
}

std::string TextsOf(const std::vector<Pattern>& patterns) {
  std::string texts;
  for (const Pattern& pattern : patterns) {
    texts += fmt::format("{}`{}`", texts.empty() ? "" : ", ", pattern.text);
  }
  return texts;
}

}  // namespace

/// The terms that both policies ask for. Called while the policy has its own.
void PolicyChecker::InheritTerms(Policy& policy, const Policy& parent,
                                 const ast::PolicyDecl& decl) {
  for (const ast::Ident& name : decl.purposes) {
    const uint32_t purpose = context_.Find(context_.names.purposes, *module_, name, nullptr);
    if (purpose == kNone || parent.purposes.empty()) continue;
    if (std::ranges::find(parent.purposes, purpose) != parent.purposes.end()) continue;
    context_.Error(diag::Code::kOtherPurpose, name.span,
                   {.message = fmt::format("`{}` is not for the purpose `{}`", parent.name,
                                           name.text),
                    .label = "more than the extended policy",
                    .help = "leave it out",
                    .notes = {}});
  }
  if (policy.purposes.empty()) policy.purposes = parent.purposes;
  if (parent.max_ttl_us == 0) return;
  if (policy.max_ttl_us > parent.max_ttl_us) {
    context_.Error(diag::Code::kNoEffect, decl.expires_span,
                   {.message = fmt::format("a grant of `{}` ends sooner, and so does one of `{}`",
                                           parent.name, policy.name),
                    .label = "this changes nothing",
                    .help = "leave it out, or give a shorter time",
                    .notes = {}});
  }
  if (policy.max_ttl_us == 0 || policy.max_ttl_us > parent.max_ttl_us) {
    policy.max_ttl_us = parent.max_ttl_us;
  }
}

uint32_t PolicyChecker::NotInherited(const Family& family, const SourceSpan& span,
                                     const std::string& name) {
  whole_[policy_] = false;
  // What was reported is missing in the parent, and may be what is meant.
  if (!whole_[parent_]) return kNone;
  std::vector<std::string_view> known;
  for (const auto& [other, index] : family.by_name) known.push_back(other);
  context_.Error(
      diag::Code::kNotInherited, span,
      {.message = fmt::format("`{}` has no capability `{}`", family.policy.name, name),
       .label = "not in the extended policy",
       .help = known.size() > limits::kDiagnostics ? Help() : MeantOrKnown(name, known),
       .notes = {}});
  return kNone;
}

/// The only capability of the action, where a child gives no other name.
uint32_t PolicyChecker::Which(const Family& family, const ast::Ident& action,
                              const std::vector<uint32_t>& several) {
  if (several.size() == 1) return several.front();
  std::string names;
  for (size_t i = 0; i < several.size() && i < 5; ++i) {
    names += fmt::format("{}`{}`", i == 0 ? "" : ", ",
                         context_.program.capabilities[several[i]].name);
  }
  whole_[policy_] = false;
  context_.Error(diag::Code::kWhichCapability, action.span,
                 {.message = fmt::format("`{}` has {} capabilities of `{}`", family.policy.name,
                                         several.size(), action.text),
                  .label = "which one?",
                  .help = fmt::format("name one of {}", names),
                  .notes = {}});
  return kNone;
}

/// The capability that a `drop` means; kNone: reported.
uint32_t PolicyChecker::Dropped(const Family& family, const ast::Ident& name) {
  if (const auto named = family.by_name.find(name.text); named != family.by_name.end()) {
    return named->second;
  }
  const auto of_action = family.by_action.find(name.text);
  if (of_action == family.by_action.end()) return NotInherited(family, name.span, name.text);
  return Which(family, name, of_action->second);
}

/// The capability that is restated; kNone: reported.
uint32_t PolicyChecker::Restated(const Family& family, const ast::Capability& decl) {
  const uint32_t action = FindAction(decl.action);
  if (action == kNone || !actions_[action].good) {
    whole_[policy_] = false;
    return kNone;
  }
  if (!decl.name) {
    const auto of_action = family.by_action.find(decl.action.text);
    if (of_action != family.by_action.end()) {
      return Which(family, decl.action, of_action->second);
    }
    return NotInherited(family, decl.action.span, decl.action.text);
  }
  const auto named = family.by_name.find(decl.name->text);
  if (named == family.by_name.end()) {
    return NotInherited(family, decl.name->span, decl.name->text);
  }
  const Capability& found = context_.program.capabilities[named->second];
  if (found.action == action) return named->second;
  whole_[policy_] = false;
  context_.Error(diag::Code::kNotInherited, decl.action.span,
                 {.message = fmt::format("the capability `{}` of `{}` is for another action",
                                         found.name, family.policy.name),
                  .label = fmt::format("it is for `{}`",
                                       context_.program.actions[found.action].name),
                  .help = {},
                  .notes = {}});
  return kNone;
}

/// Each pattern of the child must lie within one of the parent, so that matching it is enough.
bool PolicyChecker::RestatePatterns(const Capability& old, const ast::Capability& decl,
                                    Capability& capability) {
  bool good = true;
  if (decl.patterns.empty()) {
    capability.patterns = old.patterns;
    for (const Pattern& pattern : capability.patterns) {
      good = !TooManySkeletons(capability.action, NameSpan(decl), pattern.skeleton) && good;
    }
    return good;
  }
  for (const ast::Text& text : decl.patterns) {
    if (!AddPattern(capability.patterns, capability.action, text, false)) {
      good = false;
      continue;
    }
    const Pattern& made = capability.patterns.back();
    const auto holds = [&](const Pattern& outer) {
      return LiesWithin(context_.program, fixed_, made, outer);
    };
    if (std::ranges::any_of(old.patterns, holds)) continue;
    good = false;
    context_.Error(
        diag::Code::kWiderPattern, text.span,
        {.message = fmt::format("this does not lie within {} of the extended policy",
                                TextsOf(old.patterns)),
         .label = "not known to match less",
         .help = "hold the same segments to the same values, and further ones beside them",
         .notes = {}});
  }
  return good;
}

/// False: something was reported.
bool PolicyChecker::Restate(uint32_t index, const ast::Capability& decl) {
  const Capability old = context_.program.capabilities[index];
  Capability capability;
  capability.name = old.name;
  capability.action = old.action;
  const bool good = RestatePatterns(old, decl, capability);
  const auto same = [&](const Pattern& a, const Pattern& b) {
    return LiesWithin(context_.program, fixed_, a, b) && LiesWithin(context_.program, fixed_, b, a);
  };
  const bool adds = !std::ranges::all_of(decl.body, IsLet) ||
                    !std::ranges::equal(capability.patterns, old.patterns, same);
  if (good && !adds && !context_.ReportedIn(decl.span)) {
    context_.Error(diag::Code::kNoEffect, NameSpan(decl),
                   {.message = fmt::format("`{}` is as in the extended policy", old.name),
                    .label = "this changes nothing",
                    .help = "leave it out: a child has what its parent has",
                    .notes = {}});
  }
  std::vector<Layer> layers = capability_layers_[index];
  layers.push_back({policy_name_, &decl});
  return AddCapability(std::move(capability), std::move(layers), good);
}

void PolicyChecker::InheritForbids(const SourceSpan& span) {
  const std::vector<uint32_t> inherited = context_.program.policies[parent_].forbids;
  for (const uint32_t forbid : inherited) {
    // Those of the top level are bound to this policy in their own way.
    if (forbid_origins_[forbid] == kNone) continue;
    if (!AddForbid(context_.program.forbids[forbid], forbid_origins_[forbid], span)) return;
  }
}

/// The capabilities: one's own, or those of the policy that is extended, with what is said of them.
void PolicyChecker::Extend(Policy& policy, const ast::PolicyDecl& decl) {
  if (parent_ == kNone) {
    if (decl.extends) whole_[policy_] = false;
    for (const ast::Ident& name : decl.extends ? std::vector<ast::Ident>() : decl.drops) {
      context_.Error(diag::Code::kNothingToDrop, name.span,
                     {.message = fmt::format("`{}` extends no policy", policy.name),
                      .label = "nothing to drop",
                      .help = "leave the capability out, or write `policy … extends …`",
                      .notes = {}});
    }
    for (const ast::Capability& capability : decl.capabilities) {
      if (!CheckCapability(capability)) whole_[policy_] = false;
    }
    return;
  }
  const Policy parent = context_.program.policies[parent_];
  whole_[policy_] = whole_[parent_];
  InheritTerms(policy, parent, decl);
  const Family family(context_.program, parent);
  std::map<uint32_t, SourceSpan> changed;
  std::map<uint32_t, const ast::Capability*> restated;  // null: dropped
  const auto change = [&](uint32_t index, const SourceSpan& span, const ast::Capability* to) {
    if (index == kNone || changed.emplace(index, span).second) {
      if (index != kNone) restated[index] = to;
      return;
    }
    context_.Error(diag::Code::kDeclaredTwice, span,
                   {.message = fmt::format("two lines speak of the capability `{}`",
                                           context_.program.capabilities[index].name),
                    .label = "again",
                    .help = "drop a capability, or narrow it, once",
                    .notes = {{changed[index], "the first"}}});
  };
  for (const ast::Ident& name : decl.drops) change(Dropped(family, name), name.span, nullptr);
  for (const ast::Capability& capability : decl.capabilities) {
    change(Restated(family, capability), NameSpan(capability), &capability);
  }
  for (const uint32_t index : parent.capabilities) {
    const auto found = restated.find(index);
    if (found == restated.end()) {
      if (!Copy(index, decl.extends->name.span)) return;
    } else if (found->second != nullptr && !Restate(index, *found->second)) {
      whole_[policy_] = false;
    }
  }
  KeepObligations(changed);
}

}  // namespace cap::check
