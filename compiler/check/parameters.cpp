// Parameters of policies: `policy desk(ceiling: money in "USD" = 5.00 USD) extends base(most: 5)`.
// A parameter is a bound value with a scope, the text of its policy. To one that a policy is built
// on it may give a value, which it keeps; what is left open, a mint gives.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/declare.h"
#include "compiler/check/narrow.h"
#include "compiler/check/narrower.h"
#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

void PolicyChecker::DeclareParameter(const std::string& policy, const ast::Param& param,
                                     PolicyParameter& made) {
  const DeclaredType declared = DeclareType(context_, *module_, param.type, TypePlace::kBound);
  if (declared.type == kNone) return;
  BoundDesc desc{.name = made.name, .type = declared.type, .policy = policy};
  if (param.default_value) {
    desc.default_value = DeclareDefault(context_, *module_, param, declared.type);
    if (desc.default_value == kNone) return;
  }
  if (param.narrows && !CheckOrder(context_, declared.type, *param.narrows)) return;
  made.bound = static_cast<uint32_t>(context_.program.bound.size());
  made.node = context_.nodes.Add({.kind = NodeKind::kBound,
                                  .type = declared.type,
                                  .index = made.bound,
                                  .span = made.span});
  context_.program.bound.push_back(std::move(desc));
}

/// Before what the policy is built on, whose parameters may be given these.
void PolicyChecker::DeclareParameters(uint32_t policy) {
  const ast::PolicyDecl& decl = DeclOf(policy);
  std::vector<PolicyParameter>& made = parameters_[policy];
  for (const ast::Param& param : decl.parameters) {
    if (made.size() == limits::kPolicyParameters) {
      context_.Error(diag::Code::kProgramTooLarge, param.name.span,
                     {.message = fmt::format("a policy has at most {} parameters",
                                             limits::kPolicyParameters),
                      .label = "one too many",
                      .help = "what does not differ from grant to grant belongs into the policy",
                      .notes = {}});
      return;
    }
    PolicyParameter parameter{.name = param.name.text,
                              .span = param.name.span,
                              .node = context_.nodes.Error(param.name.span)};
    if (param.narrows) parameter.order = param.narrows->order;
    DeclareParameter(decl.name.text, param, parameter);
    made.push_back(std::move(parameter));
  }
}

/// Names that end at the scope's mark. A collision is reported once, whatever actions have it.
void PolicyChecker::OpenParameters(uint32_t policy, Scope& scope) {
  if (policy == kNone) return;
  for (PolicyParameter& parameter : parameters_[policy]) {
    if (parameter.taken) continue;
    parameter.taken = !scope.Declare({.name = parameter.name,
                                      .span = parameter.span,
                                      .kind = SymbolKind::kParameter,
                                      .node = parameter.node});
  }
}

/// What stands for a parameter in an `extends` or `include`: kNone in `index` was reported.
ConstSource PolicyChecker::GivenValue(const ast::Argument& argument, const BoundDesc& desc,
                                      ExprChecker& checker) {
  const NodeId value = checker.CheckAs(argument.value, desc.type,
                                       fmt::format("the parameter `{}`", desc.name));
  const Node& node = context_.nodes[value];
  if (node.kind == NodeKind::kLiteral) return {.bound = false, .index = node.index};
  if (node.kind == NodeKind::kBound) return {.bound = true, .index = node.index};
  if (!context_.nodes.IsError(value)) {
    context_.Error(diag::Code::kNotConstant, (*module_)[argument.value].span,
                   {.message = fmt::format("the parameter `{}` needs a constant", desc.name),
                    .label = "computed",
                    .help = "give a literal, a datum, bound context or a parameter of this policy",
                    .notes = {}});
  }
  return {.bound = false, .index = kNone};
}

/// The values that a policy gives to the parameters of one that it is built on, by their place in
/// Program::bound.
std::map<uint32_t, ConstSource> PolicyChecker::Given(const ast::BasePolicy& base,
                                                     uint32_t base_index) {
  std::map<uint32_t, ConstSource> given;
  if (base.arguments.empty()) return given;
  const Policy other = context_.program.policies[base_index];
  Scope scope(context_, fmt::format("policy `{}`", DeclOf(policy_name_).name.text), false);
  for (uint32_t i = 0; i < context_.program.bound.size(); ++i) {
    const BoundDesc& desc = context_.program.bound[i];
    if (desc.is_parameter()) continue;
    const NodeId node = context_.nodes.Add(
        {.kind = NodeKind::kBound, .type = desc.type, .index = i, .span = base.name.span});
    scope.Declare({.name = desc.name, .span = {}, .kind = SymbolKind::kBound, .node = node});
  }
  OpenParameters(policy_name_, scope);
  ExprChecker checker(context_, *module_, scope);
  std::map<std::string_view, uint32_t> open;
  for (const uint32_t index : other.bound) {
    const BoundDesc& desc = context_.program.bound[index];
    if (desc.is_parameter()) open.emplace(desc.name, index);
  }
  for (const ast::Argument& argument : base.arguments) {
    const uint32_t index = NamedParameter(argument, other, open);
    if (index == kNone) continue;
    if (given.contains(index)) {
      context_.Error(diag::Code::kParameterTwice, argument.name->span,
                     {.message = fmt::format("`{}` is given twice", argument.name->text),
                      .label = "again",
                      .help = "leave one out",
                      .notes = {}});
      continue;
    }
    const BoundDesc desc = context_.program.bound[index];
    const ConstSource value = GivenValue(argument, desc, checker);
    if (value.index != kNone) given.emplace(index, value);
  }
  return given;
}

/// Which open parameter an argument names; kNone: reported.
uint32_t PolicyChecker::NamedParameter(const ast::Argument& argument, const Policy& other,
                                       const std::map<std::string_view, uint32_t>& open) {
  std::vector<std::string_view> known;
  for (const auto& [name, index] : open) known.push_back(name);
  if (!argument.name) {
    context_.Error(diag::Code::kUnnamedArgument, (*module_)[argument.value].span,
                   {.message = "what a policy is given goes by its name",
                    .label = "which parameter?",
                    .help = known.empty() ? fmt::format("`{}` has no parameters", other.name)
                                          : MeantOrKnown("", known),
                    .notes = {}});
    return kNone;
  }
  const auto found = open.find(argument.name->text);
  if (found != open.end()) return found->second;
  context_.Error(diag::Code::kNoSuchParameter, argument.name->span,
                 {.message = fmt::format("`{}` has no parameter `{}`, or gives it a value itself",
                                         other.name, argument.name->text),
                  .label = "no such parameter",
                  .help = MeantOrKnown(argument.name->text, known),
                  .notes = {}});
  return kNone;
}

/// A parameter has one value in a policy, however it came there.
void PolicyChecker::Fix(uint32_t bound, const ConstSource& value, const SourceSpan& span) {
  const auto [at, added] = fixed_.emplace(bound, value);
  if (added || SameSource(context_.program, at->second, value)) return;
  TwoParameters(bound, span, "it has another value already");
}

void PolicyChecker::TwoParameters(uint32_t bound, const SourceSpan& span, std::string_view why) {
  const std::string& name = context_.program.bound[bound].name;
  context_.Error(diag::Code::kTwoParameters, span,
                 {.message = fmt::format("two values for the parameter `{}` of one policy", name),
                  .label = std::string(why),
                  .help = fmt::format("give `{}` one value where it is extended or included", name),
                  .notes = {}});
}

/// Takes over what another policy fixed, what it left open, and what it is given here.
void PolicyChecker::Adopt(const ast::BasePolicy& base, uint32_t index) {
  const std::map<uint32_t, ConstSource> given = Given(base, index);
  const Policy other = context_.program.policies[index];
  for (const FixedBound& fixed : other.fixed) {
    const auto through = fixed.value.bound ? given.find(fixed.value.index) : given.end();
    Fix(fixed.bound, through != given.end() ? through->second : fixed.value, base.name.span);
  }
  for (const auto& [bound, value] : given) Fix(bound, value, base.name.span);
  for (const uint32_t bound : other.bound) {
    if (context_.program.bound[bound].is_parameter() && !given.contains(bound)) {
      left_open_.emplace(bound, base.name.span);
    }
  }
}

/// Of the policy: what a mint gives, and what is fixed.
void PolicyChecker::BindParameters(Policy& policy) {
  for (const PolicyParameter& parameter : parameters_[policy_name_]) {
    const bool good = parameter.bound != kNone && !parameter.taken;
    if (good) left_open_.emplace(parameter.bound, parameter.span);
  }
  std::map<std::string_view, uint32_t> names;
  for (const auto& [bound, span] : left_open_) {
    bound_.insert(bound);
    if (fixed_.contains(bound)) {
      TwoParameters(bound, span, "it is left open here, and given a value elsewhere");
    } else if (!names.emplace(context_.program.bound[bound].name, bound).second) {
      TwoParameters(bound, span, "a mint could not tell the two apart");
    }
  }
  for (const auto& [bound, value] : fixed_) {
    bound_.erase(bound);
    policy.fixed.push_back({bound, value});
  }
  for (const auto& [bound, value] : fixed_) {
    if (value.bound) bound_.insert(value.index);
  }
  policy.bound.assign(bound_.begin(), bound_.end());
}

// --- the declared order ---

/// A narrower value must not make a condition hold sooner, or, of a forbid or a guard, later.
void PolicyChecker::KeepOrders(NodeId condition, const std::vector<NodeId>* arguments,
                               bool restricts) {
  if (layer_policy_ == kNone) return;
  for (PolicyParameter& parameter : parameters_[layer_policy_]) {
    if (!parameter.order || parameter.bound == kNone || parameter.disordered) continue;
    if (Keeps(context_, condition, arguments, parameter.bound, *parameter.order, restricts)) {
      continue;
    }
    ReportDisorder(parameter, context_.nodes[condition].span);
  }
}

void PolicyChecker::KeepOrders(const LimitSource& limit, const std::vector<NodeId>* arguments) {
  if (layer_policy_ == kNone) return;
  for (PolicyParameter& parameter : parameters_[layer_policy_]) {
    if (!parameter.order || parameter.bound == kNone || parameter.disordered) continue;
    if (Keeps(context_, limit, arguments, parameter.bound, *parameter.order)) continue;
    ReportDisorder(parameter, limit.statement);
  }
}

/// Patterns follow the order of sets alone: fewer alternatives match less.
void PolicyChecker::KeepOrders(const Pattern& pattern, const SourceSpan& span, bool restricts) {
  if (layer_policy_ == kNone) return;
  using Order = ast::Narrows::Order;
  for (PolicyParameter& parameter : parameters_[layer_policy_]) {
    if (!parameter.order || *parameter.order == Order::kSame || parameter.disordered) continue;
    const bool read = std::ranges::any_of(pattern.holes, [&](const PatternHole& hole) {
      return hole.value.bound && hole.value.index == parameter.bound;
    });
    if (!read || *parameter.order == (restricts ? Order::kSuperset : Order::kSubset)) continue;
    ReportDisorder(parameter, span);
  }
}

void PolicyChecker::ReportDisorder(PolicyParameter& parameter, const SourceSpan& span) {
  parameter.disordered = true;
  context_.Error(
      diag::Code::kNotNarrowing, parameter.span,
      {.message = fmt::format("that a narrower `{}` permits less does not follow from the policy",
                              parameter.name),
       .label = "not so",
       .help = "turn the order round, or write `narrows ==`: only the same value is narrower then",
       .notes = {{span, "by what is asked here"}}});
}

}  // namespace cap::check
