// `forbid actions [on "…"] [unless approved by …] [when …]`: one Forbid an action.
#include <fmt/core.h>

#include <algorithm>

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

bool PolicyChecker::ForbidAction(const ast::Forbid& decl, uint32_t action, uint64_t approvers) {
  Program& program = context_.program;
  if (!actions_[action].good) return true;
  if (Full(program.forbids.size(), limits::kCapabilities, "forbids", decl.span)) return false;
  Forbid forbid;
  forbid.policy = policy_;
  forbid.action = action;
  forbid.unless_approvers = approvers;
  forbid.info.name = "forbid";
  forbid.info.span = context_.Place(decl.span);
  bool good = !decl.pattern || AddPattern(forbid.patterns, action, *decl.pattern);
  if (decl.when) {
    ExprChecker checker(context_, *module_, *actions_[action].scope);
    Lowering lowering(context_, shapes_, ShapeKind::kPredicate, program.actions[action].tool,
                      decl.span);
    const NodeId condition = checker.CheckCondition(*decl.when);
    good = !context_.nodes.IsError(condition) && good;
    good = good && lowering.AddClause({.kind = ClauseKind::kRequire,
                                       .condition = {condition, kCaller},
                                       .statement = decl.span,
                                       .name = "forbid"});
    if (good || !context_.nodes.IsError(condition)) {
      std::optional<Lowering::Rule> rule = lowering.Finish();
      if (!rule || !good) return false;
      forbid.shape = rule->shape;
      forbid.consts = std::move(rule->consts);
      forbid.first_inst_span = rule->first_inst_span;
    }
  }
  if (!good) return false;
  NoteBound(forbid.patterns, forbid.consts);
  forbids_.push_back(static_cast<uint32_t>(program.forbids.size()));
  program.forbids.push_back(std::move(forbid));
  return true;
}

void PolicyChecker::CheckForbid(const ast::Forbid& decl) {
  bool good = true;
  const uint64_t approvers = Approvers(decl, &good);
  // Each action has names of its own; the first one where the rule does not fit is reported.
  for (const uint32_t action : ForbidActions(decl)) {
    good = ForbidAction(decl, action, approvers) && good;
    if (!good) break;
  }
}

}  // namespace cap::check
