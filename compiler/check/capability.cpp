// `capability [name:] action [on "…"] { … }`.
#include <fmt/core.h>

#include "compiler/check/fixes.h"
#include "compiler/check/pattern.h"
#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

void PolicyChecker::CheckCapability(const ast::Capability& decl) {
  const uint32_t action = FindAction(decl.action);
  if (action == kNone || !actions_[action].good) return;
  Program& program = context_.program;
  const SourceSpan& name_span = decl.name ? decl.name->span : decl.action.span;
  if (Full(program.capabilities.size(), limits::kCapabilities, "capabilities", name_span)) return;
  Capability capability;
  capability.name = decl.name ? decl.name->text : decl.action.text;
  capability.policy = policy_;
  capability.action = action;
  capability.span = context_.Place(name_span);
  bool good = true;
  for (const ast::Text& text : decl.patterns) {
    good = AddPattern(capability.patterns, action, text) && good;
  }
  if (decl.patterns.empty()) {
    capability.patterns.push_back(EveryResource(context_, action, name_span));
    good = !TooManySkeletons(action, name_span, capability.patterns[0].skeleton) && good;
  }
  Scope& scope = *actions_[action].scope;
  const size_t mark = scope.Mark();
  ExprChecker checker(context_, *module_, scope);
  Lowering lowering(context_, shapes_, ShapeKind::kCapability, program.actions[action].tool,
                    name_span);
  clauses_.clear();
  for (const ast::Stmt& statement : decl.body) {
    good = std::visit([&](const auto& s) { return Statement(s, checker, lowering); }, statement) &&
           good;
  }
  scope.Release(mark);
  std::optional<Lowering::Rule> rule = lowering.Finish();
  if (!rule || !good) return;
  if (Full(program.shapes.size(), limits::kShapes + 1, "different shapes of code", name_span)) {
    return;
  }
  capability.shape = rule->shape;
  capability.consts = std::move(rule->consts);
  capability.first_inst_span = rule->first_inst_span;
  capability.clauses = std::move(clauses_);
  NoteBound(capability.patterns, capability.consts);
  capabilities_.push_back(static_cast<uint32_t>(program.capabilities.size()));
  capability_origins_.push_back(capabilities_.back());
  program.capabilities.push_back(std::move(capability));
}

bool PolicyChecker::Statement(const ast::RequireStmt& statement, ExprChecker& checker,
                              Lowering& lowering) {
  const NodeId condition = checker.CheckCondition(statement.condition);
  if (context_.nodes.IsError(condition)) return false;
  const bool good = lowering.AddClause({.kind = ClauseKind::kRequire,
                                        .condition = {condition, kCaller},
                                        .statement = statement.span,
                                        .name = "require"});
  ClauseInfo info;
  info.name = "require";
  info.span = context_.Place(statement.span);
  clauses_.push_back(std::move(info));
  return good;
}

bool PolicyChecker::Statement(const ast::Let& statement, ExprChecker& checker, Lowering&) {
  const NodeId node = checker.Check(statement.value);
  checker.scope().Declare({.name = statement.name.text,
                           .span = statement.name.span,
                           .kind = SymbolKind::kLet,
                           .node = node});
  return !context_.nodes.IsError(node);
}

const ConstraintInfo* PolicyChecker::FindConstraint(const ast::Ident& name) {
  bool hidden = false;
  const uint32_t index = context_.Find(context_.names.constraints, *module_, name, &hidden);
  if (index != kNone) return &constraints_[index];
  if (hidden) return nullptr;
  Report report{.message = fmt::format("no constraint `{}`", name.text),
                .label = "not declared",
                .help = {},
                .notes = {}};
  const auto library = context_.library.find(name.text);
  if (library != context_.library.end()) {
    report.help = fmt::format("it is in the standard library: `import {}`", library->second);
    report.fixes = Certain(ImportFix(*module_, library->second));
  } else {
    std::vector<std::string_view> known = context_.Known(context_.names.constraints);
    for (const auto& [constraint, module] : context_.library) known.push_back(constraint);
    known.push_back("require");  // misspelt, it reads as the name of a constraint
    report.help = DidYouMean(name.text, known);
  }
  context_.Error(diag::Code::kNoSuchConstraint, name.span, std::move(report));
  return nullptr;
}

bool PolicyChecker::Statement(const ast::ConstraintCall& call, ExprChecker& checker,
                              Lowering& lowering) {
  const ConstraintInfo* constraint = FindConstraint(call.name);
  // The guard comes first: where it holds, what it tests is present.
  NodeId guard = kNone;
  bool good = true;
  if (call.when) {
    guard = checker.CheckCondition(*call.when);
    good = !context_.nodes.IsError(guard);
  }
  const size_t mark = checker.Assume(call.when && good ? context_.nodes.FactsOf(guard).when_true
                                                       : std::vector<PathKey>());
  if (constraint != nullptr && constraint->good) {
    std::vector<NodeId> values(constraint->parameters.size(), kNone);
    good = Arguments(call, *constraint, checker, values) && good;
    good = Of(call, *constraint, checker, values) && good;
    good = good && Instantiate(call, *constraint, guard, std::move(values), lowering);
  } else {
    good = false;
  }
  checker.Forget(mark);
  return good;
}

}  // namespace cap::check
