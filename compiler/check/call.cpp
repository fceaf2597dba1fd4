// A constraint as a statement: `name(args) [of expr] [when guard]`.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/policy.h"

namespace cap::check {

namespace {

std::string UsageOf(const Types& types, const ConstraintInfo& constraint) {
  std::string usage;
  const size_t count = constraint.parameters.size() - (constraint.has_of ? 1 : 0);
  for (size_t i = 0; i < count; ++i) {
    const Parameter& parameter = constraint.parameters[i];
    usage += fmt::format("{}{}: {}", i == 0 ? "" : ", ", parameter.name,
                         parameter.is_key ? "key" : types.NameOf(parameter.type));
  }
  return fmt::format("{}({})", constraint.name, usage);
}

}  // namespace

bool PolicyChecker::Argument(const ast::Argument& argument, size_t position,
                             const ConstraintInfo& constraint, ExprChecker& checker,
                             std::vector<NodeId>& values) {
  const size_t count = constraint.parameters.size() - (constraint.has_of ? 1 : 0);
  const SourceSpan& value_span = (*module_)[argument.value].span;
  const SourceSpan& span = argument.name ? argument.name->span : value_span;
  if (!argument.name && position > 0) {
    context_.Error(diag::Code::kUnnamedArgument, span,
                   {.message = "only the first argument of a constraint goes without its name",
                    .label = "which parameter?",
                    .help = fmt::format("it is `{}`", UsageOf(context_.types, constraint)),
                    .notes = {{constraint.span, "declared here"}}});
    return false;
  }
  size_t index = 0;
  if (argument.name) {
    while (index < count && constraint.parameters[index].name != argument.name->text) ++index;
  }
  if (index >= count) {
    std::vector<std::string_view> known;
    for (size_t i = 0; i < count; ++i) known.push_back(constraint.parameters[i].name);
    context_.Error(
        diag::Code::kNoSuchParameter, span,
        {.message = argument.name ? fmt::format("`{}` has no parameter `{}`", constraint.name,
                                                argument.name->text)
                                  : fmt::format("`{}` has no parameters", constraint.name),
         .label = "no such parameter",
         .help = argument.name ? MeantOrKnown(argument.name->text, known)
                               : fmt::format("write `{}`", constraint.name),
         .notes = {{constraint.span, "declared here"}}});
    return false;
  }
  const Parameter& parameter = constraint.parameters[index];
  if (values[index] != kNone) {
    context_.Error(diag::Code::kParameterTwice, span,
                   {.message = fmt::format("`{}` is given twice", parameter.name),
                    .label = "again",
                    .help = "leave one out",
                    .notes = {}});
    return false;
  }
  if (parameter.is_key) return KeyArgument(argument, checker, values[index]);
  values[index] =
      checker.CheckAs(argument.value, parameter.type,
                      fmt::format("the parameter `{}` of `{}`", parameter.name, constraint.name));
  return !context_.nodes.IsError(values[index]);
}

bool PolicyChecker::KeyArgument(const ast::Argument& argument, ExprChecker& checker,
                                NodeId& value) {
  value = CheckKeys(context_, checker, argument.value);
  return value != kNone;
}

bool PolicyChecker::Arguments(const ast::ConstraintCall& call, const ConstraintInfo& constraint,
                              ExprChecker& checker, std::vector<NodeId>& values) {
  bool good = true;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    good = Argument(call.arguments[i], i, constraint, checker, values) && good;
  }
  const size_t count = values.size() - (constraint.has_of ? 1 : 0);
  for (size_t i = 0; i < count && good; ++i) {
    if (values[i] == kNone) values[i] = constraint.parameters[i].default_value;
    // A value of its own, where a delegation may narrow that of this one statement.
    const bool shared = values[i] != kNone && values[i] == constraint.parameters[i].default_value;
    if (shared && constraint.parameters[i].order) {
      values[i] = context_.nodes.CopyAt(values[i], context_.nodes[values[i]].span);
    }
    if (values[i] != kNone) continue;
    good = false;
    const Parameter& parameter = constraint.parameters[i];
    context_.Error(
        diag::Code::kMissingParameter, call.name.span,
        {.message = fmt::format("`{}` needs its parameter `{}`", constraint.name, parameter.name),
         .label = fmt::format("`{}` is missing", parameter.name),
         .help = fmt::format("write `{}`", UsageOf(context_.types, constraint)),
         .notes = {{parameter.span, "declared here"}}});
  }
  return good;
}

bool PolicyChecker::Of(const ast::ConstraintCall& call, const ConstraintInfo& constraint,
                       ExprChecker& checker, std::vector<NodeId>& values) {
  if (!constraint.has_of) {
    if (!call.of) return true;
    context_.Error(
        diag::Code::kNoOf, (*module_)[*call.of].span,
        {.message = fmt::format("`{}` is not about one value, so it has no `of`", constraint.name),
         .label = "leave out the `of`",
         .help = {},
         .notes = {{constraint.span, "declared here"}}});
    return false;
  }
  const Parameter& parameter = constraint.parameters.back();
  const std::string what = fmt::format("what `{}` holds", constraint.name);
  if (call.of) {
    values.back() = checker.CheckAs(*call.of, parameter.type, what);
    return !context_.nodes.IsError(values.back());
  }
  const Symbol* symbol = checker.scope().Find(parameter.name);
  if (symbol == nullptr) {
    context_.Error(
        diag::Code::kNothingToConstrain, call.name.span,
        {.message = fmt::format("`{}` holds `{}`, which {} does not have", constraint.name,
                                parameter.name, checker.scope().owner()),
         .label = "of what?",
         .help = fmt::format("say of what: `{}(…) of …`, a {}", constraint.name,
                             context_.types.NameOf(parameter.type)),
         .notes = {{parameter.span, "asked for here"}}});
    return false;
  }
  if (context_.nodes.IsError(symbol->node)) return false;
  // The value has no place of its own in the statement, so it stands at the constraint's name.
  const NodeId shown = context_.nodes.CopyAt(symbol->node, call.name.span);
  const Node& value = context_.nodes[shown];
  if (!context_.types.Same(value.type, parameter.type)) {
    context_.Error(diag::Code::kTypeMismatch, call.name.span,
                   {.message = fmt::format("{} needs {}, but `{}` is {}", what,
                                           context_.types.NameOf(parameter.type), parameter.name,
                                           context_.types.NameOf(value.type)),
                    .label = fmt::format("holds `{}` by default", parameter.name),
                    .help = fmt::format("say of what: `{}(…) of …`", constraint.name),
                    .notes = {{symbol->span, "declared here"}}});
    return false;
  }
  if (!checker.RequirePresent(shown, parameter.name)) return false;
  values.back() = shown;
  return true;
}

std::vector<TextPiece> PolicyChecker::Text(const std::vector<BodyText>& text, InstanceId instance,
                                           Lowering& lowering) {
  std::vector<TextPiece> pieces;
  for (const BodyText& part : text) {
    TextPiece piece{.kind = TextPiece::Kind::kLiteral, .literal = part.literal};
    if (part.value != kNone) {
      Placed at{part.value, instance};
      Instances::Found found = lowering.instances().Resolve(at);
      const bool domain =
          found.node.kind == NodeKind::kOperation &&
          (found.node.op == Op::kEmailDomain || found.node.op == Op::kUrlHost);
      if (domain) {
        at = {found.node.left, found.at.instance};
        found = lowering.instances().Resolve(at);
      }
      if (found.node.kind == NodeKind::kSlot) {
        piece = {.kind = TextPiece::Kind::kSlot,
                 .literal = {},
                 .index = found.node.index,
                 .email_domain = domain};
      } else if (const uint32_t constant = lowering.ConstantOf(at); constant != kNone) {
        piece = {.kind = TextPiece::Kind::kConst,
                 .literal = {},
                 .index = constant,
                 .email_domain = domain};
      } else {
        // A computed value has no slot to show; what the author wrote says as much.
        piece.literal = std::string(context_.sources.TextOf(context_.nodes[found.at.node].span));
      }
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

/// What a giver of grants is told of a constraint, and when it counts.
std::vector<TextPiece> PolicyChecker::Consent(const ConstraintInfo& constraint,
                                              InstanceId instance, NodeId guard,
                                              Lowering& lowering) {
  std::vector<TextPiece> pieces = Text(constraint.consent, instance, lowering);
  if (guard == kNone || pieces.empty()) return pieces;
  pieces.push_back(
      {.kind = TextPiece::Kind::kLiteral,
       .literal = fmt::format(" when {}", context_.sources.TextOf(context_.nodes[guard].span))});
  return pieces;
}

bool PolicyChecker::Instantiate(const ast::ConstraintCall& call, const ConstraintInfo& constraint,
                                NodeId guard, std::vector<NodeId> values, ExprChecker& checker,
                                Lowering& lowering) {
  const InstanceId instance = lowering.AddInstance(values);
  bool good = true;
  for (const BodyClause& clause : constraint.clauses) {
    if (clause.limit) {
      ClauseInfo info;
      info.name = constraint.name;
      info.span = context_.Place(call.span);
      info.text = Text(constraint.text, instance, lowering);
      if (&clause == &constraint.clauses.front()) {
        info.consent = Consent(constraint, instance, guard, lowering);
      }
      good = AddLimit(*clause.limit,
                      {.name = constraint.name,
                       .statement = call.span,
                       .instance = instance,
                       .values = &values,
                       .guard = guard},
                      std::move(info), checker, lowering) &&
             good;
      continue;
    }
    good = lowering.AddClause({.kind = clause.kind,
                               .condition = {clause.condition, instance},
                               .guard = guard,
                               .statement = call.span,
                               .name = constraint.name}) &&
           good;
    ClauseInfo info;
    info.name = constraint.name;
    info.span = context_.Place(call.span);
    info.text = Text(constraint.text, instance, lowering);
    // Said once, though a constraint may be several clauses.
    if (&clause == &constraint.clauses.front()) {
      info.consent = Consent(constraint, instance, guard, lowering);
    }
    info.obligation = clause.obligation;
    for (const NodeId argument : clause.arguments) {
      info.obligation_consts.push_back(lowering.ConstantOf({argument, instance}));
      if (info.obligation_consts.back() != kNone) continue;
      good = false;
      context_.Error(diag::Code::kBadObligation, call.span,
                     {.message = fmt::format("an obligation of `{}` would depend on the call",
                                             constraint.name),
                      .label = "not a constant",
                      .help = "give literals, data or bound context",
                      .notes = {{context_.nodes[argument].span, "handed on here"}}});
    }
    if (clause.kind == ClauseKind::kStepUp) {
      info.step_up = clause.step_up;
      info.approvers_const = lowering.ConstantOf({clause.approvers, instance});
      const Node mask = lowering.instances().Resolve({clause.approvers, instance}).node;
      if (mask.kind == NodeKind::kLiteral) {
        info.approvers = std::get<ApproverMask>(context_.program.values[mask.index].v).mask;
      }
    }
    clauses_.push_back(std::move(info));
  }
  if (!held_.empty()) held_.back().end = clauses_.size();
  NoteParameters(constraint, values, lowering);
  return good;
}

}  // namespace cap::check
