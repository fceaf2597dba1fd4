// `capability [name:] action [on "…"] { … }`.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/fixes.h"
#include "compiler/check/pattern.h"
#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

/// False: something was reported.
bool PolicyChecker::CheckCapability(const ast::Capability& decl) {
  const uint32_t action = FindAction(decl.action);
  if (action == kNone || !actions_[action].good) return false;
  const SourceSpan& name_span = decl.name ? decl.name->span : decl.action.span;
  Capability capability;
  capability.name = decl.name ? decl.name->text : decl.action.text;
  capability.action = action;
  bool good = true;
  for (const ast::Text& text : decl.patterns) {
    good = AddPattern(capability.patterns, action, text, false) && good;
  }
  if (decl.patterns.empty()) {
    capability.patterns.push_back(EveryResource(context_, action, name_span));
    good = !TooManySkeletons(action, name_span, capability.patterns[0].skeleton) && good;
  }
  return AddCapability(std::move(capability), {{policy_name_, &decl}}, good);
}

/// The statements of one layer, in the names of the module that it was written in.
bool PolicyChecker::CheckLayer(const Layer& layer, Scope& scope, Lowering& lowering) {
  module_ = &ModuleOf(layer.policy);
  layer_policy_ = layer.policy;
  const size_t mark = scope.Mark();
  OpenParameters(layer.policy, scope);
  ExprChecker checker(context_, *module_, scope);
  bool good = true;
  for (const ast::Stmt& statement : layer.decl->body) {
    good = std::visit([&](const auto& s) { return Statement(s, checker, lowering); }, statement) &&
           good;
  }
  scope.Release(mark);
  return good;
}

void PolicyChecker::BeginRule(const std::string& owner) {
  clauses_.clear();
  terms_.clear();
  foldable_.clear();
  held_.clear();
  term_names_.clear();
  call_names_.clear();
  owner_ = owner;
  layer_ = 0;
}

/// A capability admits what every layer of it admits. False: something was reported.
bool PolicyChecker::AddCapability(Capability capability, std::vector<Layer> layers, bool good) {
  Program& program = context_.program;
  const ast::Capability& decl = *layers.back().decl;
  const SourceSpan& span = decl.name ? decl.name->span : decl.action.span;
  if (Full(program.capabilities.size(), limits::kCapabilities, "capabilities", span)) return false;
  const ActionInfo& action = actions_[capability.action];
  Lowering lowering(context_, shapes_, ShapeKind::kCapability,
                    program.actions[capability.action].tool, span);
  BeginRule(capability.name);
  for (layer_ = 0; layer_ < layers.size(); ++layer_) {
    good = CheckLayer(layers[layer_], *action.scope, lowering) && good;
  }
  module_ = &ModuleOf(policy_name_);
  layer_policy_ = policy_name_;
  std::optional<Lowering::Rule> rule = lowering.Finish();
  if (!rule || !good) return false;
  if (Full(program.shapes.size(), limits::kShapes + 1, "different shapes of code", span)) {
    return false;
  }
  capability.policy = policy_;
  capability.span = context_.Place(span);
  capability.shape = rule->shape;
  capability.consts = std::move(rule->consts);
  capability.first_inst_span = rule->first_inst_span;
  capability.clauses = std::move(clauses_);
  capability.terms = std::move(terms_);
  capability.parameters = std::move(foldable_);
  NoteBound(capability.patterns, capability.consts);
  capabilities_.push_back(static_cast<uint32_t>(program.capabilities.size()));
  capability_origins_.push_back(capabilities_.back());
  capability_layers_.push_back(std::move(layers));
  program.capabilities.push_back(std::move(capability));
  return true;
}

bool PolicyChecker::Statement(const ast::RequireStmt& statement, ExprChecker& checker,
                              Lowering& lowering) {
  bool negated = false;
  if (const ast::AfterExpr* after = WholeAfter(*module_, statement.condition, &negated)) {
    return RequireAfter(*after, negated, statement.span, checker, lowering);
  }
  if (in_limit_) return OnlyCounts(statement.span, "this asks something of the call");
  const NodeId condition = checker.CheckCondition(statement.condition);
  if (context_.nodes.IsError(condition)) return false;
  KeepOrders(condition, nullptr, false);
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

void PolicyChecker::KeepOrders(const ConstraintInfo& constraint,
                               const std::vector<NodeId>& values) {
  for (const BodyClause& clause : constraint.clauses) {
    if (clause.limit) {
      KeepOrders(*clause.limit, &values);
    } else {
      KeepOrders(clause.condition, &values, false);
    }
  }
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
  if (constraint != nullptr && constraint->good && in_limit_) {
    const auto counts = [](const BodyClause& clause) { return clause.limit.has_value(); };
    if (!std::ranges::all_of(constraint->clauses, counts)) {
      good = OnlyCounts(call.name.span, fmt::format("`{}` asks more", constraint->name));
    }
  }
  if (constraint != nullptr && constraint->good && good) {
    std::vector<NodeId> values(constraint->parameters.size(), kNone);
    good = Arguments(call, *constraint, checker, values) && good;
    good = Of(call, *constraint, checker, values) && good;
    if (good && guard != kNone) KeepOrders(guard, nullptr, true);
    if (good) KeepOrders(*constraint, values);
    good = good && Adds(call, *constraint, guard, values);
    good = good && Instantiate(call, *constraint, guard, std::move(values), checker, lowering);
  } else {
    good = false;
  }
  checker.Forget(mark);
  return good;
}

}  // namespace cap::check
