// `forbid actions [on "…"] [unless approved by …] [when …]`: one Forbid an action.
// And the guards of actions, which are conditions of the same kind.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

std::vector<uint32_t> PolicyChecker::ForbidActions(const ast::Forbid& decl) {
  std::vector<uint32_t> found;
  if (decl.every_action) {
    // With a pattern, `*` means every action whose resources could be of its kind.
    const std::string_view pattern = decl.pattern ? decl.pattern->text : std::string_view();
    const std::string_view scheme = pattern.substr(0, pattern.find("://"));
    for (uint32_t i = 0; i < context_.program.actions.size(); ++i) {
      const Action& action = context_.program.actions[i];
      if (!decl.pattern || action.resource.scheme == scheme) found.push_back(i);
    }
    if (found.empty() && decl.pattern && !context_.sink.HasErrors()) {
      context_.Error(diag::Code::kPatternNeverMatches, decl.pattern->span,
                     {.message = "this pattern can never match: no action has such a resource",
                      .label = "no resource begins like this",
                      .help = {},
                      .notes = {}});
    }
    return found;
  }
  for (const ast::Ident& name : decl.actions) {
    const uint32_t action = FindAction(name);
    if (action == kNone) continue;
    if (std::ranges::find(found, action) != found.end()) {
      context_.Error(diag::Code::kDeclaredTwice, name.span,
                     {.message = fmt::format("`{}` is forbidden twice here", name.text),
                      .label = "again",
                      .help = "leave it out",
                      .notes = {}});
      continue;
    }
    found.push_back(action);
  }
  return found;
}

uint64_t PolicyChecker::Approvers(const ast::Forbid& decl, bool* good) {
  uint64_t mask = 0;
  for (const ast::Ident& name : decl.unless_approved_by) {
    bool hidden = false;
    const uint32_t index = context_.Find(context_.names.approvers, *module_, name, &hidden);
    if (index != kNone) {
      if (index < limits::kApprovers) mask |= uint64_t{1} << index;
      continue;
    }
    *good = false;
    if (hidden) continue;
    const std::vector<std::string_view> known = context_.Known(context_.names.approvers);
    context_.Error(diag::Code::kNoSuchApprover, name.span,
                   {.message = fmt::format("no approver `{}`", name.text),
                    .label = "not declared",
                    .help = known.empty() ? fmt::format("declare it: `approver {}`", name.text)
                                          : MeantOrKnown(name.text, known),
                    .notes = {}});
  }
  return mask;
}

std::optional<Forbid> PolicyChecker::ForbidAction(const ast::Forbid& decl, uint32_t action,
                                                  uint64_t approvers) {
  Forbid forbid;
  forbid.action = action;
  forbid.unless_approvers = approvers;
  forbid.info.name = "forbid";
  forbid.info.span = context_.Place(decl.span);
  bool good = !decl.pattern || AddPattern(forbid.patterns, action, *decl.pattern, true);
  if (decl.when) {
    Scope& scope = *actions_[action].scope;
    const size_t mark = scope.Mark();
    OpenParameters(layer_policy_, scope);
    ExprChecker checker(context_, *module_, scope);
    Lowering lowering(context_, shapes_, ShapeKind::kPredicate,
                      context_.program.actions[action].tool, decl.span);
    const NodeId condition = checker.CheckCondition(*decl.when);
    scope.Release(mark);
    if (!context_.nodes.IsError(condition)) KeepOrders(condition, nullptr, true);
    good = !context_.nodes.IsError(condition) && good;
    good = good && lowering.AddClause({.kind = ClauseKind::kRequire,
                                       .condition = {condition, kCaller},
                                       .statement = decl.span,
                                       .name = "forbid"});
    if (good || !context_.nodes.IsError(condition)) {
      std::optional<Lowering::Rule> rule = lowering.Finish();
      if (!rule || !good) return std::nullopt;
      forbid.shape = rule->shape;
      forbid.consts = std::move(rule->consts);
      forbid.first_inst_span = rule->first_inst_span;
    }
  }
  if (!good) return std::nullopt;
  return forbid;
}

/// One an action; nothing more after the first one that was reported.
std::vector<Forbid> PolicyChecker::CheckForbid(const ast::Forbid& decl) {
  std::vector<Forbid> made;
  bool good = true;
  const uint64_t approvers = Approvers(decl, &good);
  // Each action has names of its own; the first one where the rule does not fit is reported.
  for (const uint32_t action : ForbidActions(decl)) {
    if (!actions_[action].good) continue;
    std::optional<Forbid> forbid = ForbidAction(decl, action, approvers);
    if (!forbid || !good) break;
    made.push_back(std::move(*forbid));
  }
  return made;
}

bool PolicyChecker::AddForbid(Forbid forbid, uint32_t origin, const SourceSpan& span) {
  Program& program = context_.program;
  if (Full(program.forbids.size(), limits::kCapabilities, "forbids", span)) return false;
  forbid.policy = policy_;
  NoteBound(forbid.patterns, forbid.consts);
  forbids_.push_back(static_cast<uint32_t>(program.forbids.size()));
  forbid_origins_.push_back(origin);
  program.forbids.push_back(std::move(forbid));
  return true;
}

void PolicyChecker::CheckTopForbids() {
  for (const ast::Module& module : context_.modules) {
    module_ = &module;
    for (const ast::Decl& decl : module.decls) {
      const auto* forbid = std::get_if<ast::ForbidDecl>(&decl.node);
      if (forbid == nullptr) continue;
      skeletons_.clear();
      std::ranges::move(CheckForbid(forbid->forbid), std::back_inserter(top_forbids_));
    }
  }
}

/// A decision without a capability for its action denies anyway, so a policy takes the forbids of
/// the top level for the actions that it has a capability of.
void PolicyChecker::BindTopForbids(const SourceSpan& span) {
  std::set<uint32_t> actions;
  for (const uint32_t capability : capabilities_) {
    actions.insert(context_.program.capabilities[capability].action);
  }
  for (const Forbid& forbid : top_forbids_) {
    if (actions.contains(forbid.action) && !AddForbid(forbid, kNone, span)) return;
  }
}

void PolicyChecker::CheckGuards() {
  for (uint32_t i = 0; i < actions_.size(); ++i) {
    const NodeId guard = actions_[i].guard;
    if (guard == kNone || !actions_[i].good || context_.nodes.IsError(guard)) continue;
    const SourceSpan span = context_.nodes[guard].span;
    Action& action = context_.program.actions[i];
    Lowering lowering(context_, shapes_, ShapeKind::kPredicate, action.tool, span);
    const bool added = lowering.AddClause({.kind = ClauseKind::kRequire,
                                           .condition = {guard, kCaller},
                                           .statement = span,
                                           .name = "when"});
    std::optional<Lowering::Rule> rule = lowering.Finish();
    if (!added || !rule) continue;
    if (std::ranges::any_of(rule->consts, &ConstSource::bound)) {
      context_.Error(diag::Code::kGuardNotOfCall, span,
                     {.message = fmt::format("what the action `{}` is depends on bound context, "
                                             "which differs from grant to grant",
                                             action.name),
                      .label = "reads bound context",
                      .help = "ask it in a `require` of the capability, or in a `forbid`",
                      .notes = {}});
      continue;
    }
    action.guard = rule->shape;
    action.guard_consts = std::move(rule->consts);
  }
}

}  // namespace cap::check
