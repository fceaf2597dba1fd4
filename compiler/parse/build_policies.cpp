#include <algorithm>

#include "compiler/parse/builder.h"

namespace cap::parse {

void Builder::Policy(CapParser::PolicyDeclarationContext& context) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  ast::PolicyDecl policy;
  policy.name = std::move(*name);
  if (context.parameterList() != nullptr) {
    for (CapParser::ParameterContext* parameter : context.parameterList()->parameter()) {
      std::optional<ast::Param> node = Parameter(parameter);
      if (node) policy.parameters.push_back(std::move(*node));
    }
  }
  if (CapParser::ExtendsClauseContext* clause = context.extendsClause()) {
    policy.extends = {Qualified(clause->qualifiedName()), Arguments(clause->argumentList())};
  }
  if (context.policyBody() != nullptr) {
    for (CapParser::ItemContext* item : context.policyBody()->item()) Item(*item, policy);
  }
  Add(context, std::move(policy));
}

void Builder::Item(CapParser::ItemContext& context, ast::PolicyDecl& policy) {
  const auto once = [&](bool already, std::string_view what) {
    if (already) {
      Misplaced(SpanOf(context), "a policy has one " + std::string(what), "keep one of them");
    }
  };
  if (auto* version = As<CapParser::VersionItemContext>(&context)) {
    once(policy.version.has_value(), "`version`");
    policy.version = String(version->STRING());
  } else if (auto* purpose = As<CapParser::PurposeItemContext>(&context)) {
    std::ranges::move(Names(purpose->name()), std::back_inserter(policy.purposes));
  } else if (auto* expires = As<CapParser::ExpiresItemContext>(&context)) {
    once(policy.expires_after_us.has_value(), "`expires after`");
    policy.expires_after_us = Duration(expires->DURATION());
    policy.expires_span = SpanOf(context);
  } else if (auto* capability = As<CapParser::CapabilityItemContext>(&context)) {
    Capability(*capability, policy);
  } else if (auto* forbid = As<CapParser::ForbidItemContext>(&context)) {
    std::optional<ast::Forbid> node = Forbid(forbid->forbid());
    if (node && context.exception == nullptr) policy.forbids.push_back(std::move(*node));
  } else if (auto* include = As<CapParser::IncludeItemContext>(&context)) {
    ast::QualifiedName name = Qualified(include->qualifiedName());
    if (!name.parts.empty()) {
      policy.includes.push_back({std::move(name), Arguments(include->argumentList())});
    }
  } else if (auto* drop = As<CapParser::DropItemContext>(&context)) {
    std::optional<ast::Ident> name = Name(drop->name());
    if (name) policy.drops.push_back(std::move(*name));
  } else if (auto* limit = As<CapParser::LimitItemContext>(&context)) {
    std::optional<ast::Limit> node = Limit(limit->limit());
    if (node && context.exception == nullptr) policy.limits.push_back(std::move(*node));
  } else if (auto* breaker = As<CapParser::CircuitBreakerItemContext>(&context)) {
    once(policy.breaker.has_value(), "`circuit_breaker`");
    Breaker(*breaker, policy);
  } else {
    LaterItem(context);
  }
}

void Builder::LaterItem(CapParser::ItemContext& context) {
  if (As<CapParser::AuditItemContext>(&context) == nullptr) return;
  Later(diag::Code::kLaterGuards, SpanOf(*context.start), "`audit`");
}

void Builder::Capability(CapParser::CapabilityItemContext& context, ast::PolicyDecl& policy) {
  std::optional<ast::Ident> action = Name(context.name());
  // A capability that was read in part would only be blamed for what is missing.
  if (!action || context.exception != nullptr) return;
  ast::Capability capability;
  if (context.capabilityName() != nullptr) {
    capability.name = Name(context.capabilityName()->name());
  }
  capability.action = std::move(*action);
  for (Terminal* pattern : context.STRING()) {
    std::optional<ast::Text> text = String(pattern);
    if (text) capability.patterns.push_back(std::move(*text));
  }
  capability.body = Block(context.block(), Place::kCapability);
  capability.span = SpanOf(context);
  policy.capabilities.push_back(std::move(capability));
}

std::optional<ast::Forbid> Builder::Forbid(CapParser::ForbidContext* context) {
  if (context == nullptr || context->exception != nullptr) return std::nullopt;
  ast::Forbid forbid;
  forbid.span = SpanOf(*context);
  if (auto* named = As<CapParser::NamedActionsContext>(context->actions())) {
    forbid.actions = Names(named->name());
  } else {
    forbid.every_action = true;
  }
  forbid.pattern = String(context->STRING());
  if (context->unlessApproved() != nullptr) {
    std::optional<ast::Ident> approver = Name(context->unlessApproved()->name());
    if (approver) forbid.unless_approved_by.push_back(std::move(*approver));
  }
  if (context->WHEN() != nullptr) forbid.when = Expr(context->expr());
  return forbid;
}

// --- constraints ---

std::string Builder::DocumentationBefore(const Context& context) const {
  std::vector<std::string_view> lines;
  for (size_t i = context.start->getTokenIndex(); i > 0; --i) {
    const antlr4::Token& token = *tokens_.get(i - 1);
    if (token.getType() != CapParser::DOC) break;
    std::string_view line = TextOf(SpanOf(token)).substr(3);
    if (line.starts_with(' ')) line.remove_prefix(1);
    line = line.substr(0, line.find_last_not_of(" \t") + 1);  // nobody sees what ends a line
    lines.push_back(line);
  }
  std::string text;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (!text.empty()) text += '\n';
    text += *line;
  }
  return text;
}

void Builder::Constraint(CapParser::ConstraintDeclarationContext& context) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  ast::ConstraintDecl constraint;
  constraint.name = std::move(*name);
  if (context.parameterList() != nullptr) {
    for (CapParser::ParameterContext* parameter : context.parameterList()->parameter()) {
      std::optional<ast::Param> node = Parameter(parameter);
      if (node) constraint.parameters.push_back(std::move(*node));
    }
  }
  if (CapParser::ConstrainedContext* of = context.constrained()) {
    std::optional<ast::Ident> of_name = Name(of->name());
    if (of_name) {
      constraint.of = ast::Param{std::move(*of_name), Type(of->type()), std::nullopt, SpanOf(*of)};
    }
  }
  constraint.body = Block(context.block(), Place::kConstraint);
  constraint.doc = DocumentationBefore(context);
  Add(context, std::move(constraint));
}

std::optional<ast::Param> Builder::Parameter(CapParser::ParameterContext* context) {
  if (context == nullptr || context->argumentName() == nullptr) return std::nullopt;
  if (context->argumentName()->exception != nullptr) return std::nullopt;
  std::optional<ast::Ident> name;
  if (auto* plain = As<CapParser::PlainArgumentNameContext>(context->argumentName())) {
    name = Name(plain->name());
  } else {
    const SourceSpan span = SpanOf(*context->argumentName());
    name = ast::Ident{std::string(TextOf(span)), span};
  }
  if (!name) return std::nullopt;
  ast::Param parameter{std::move(*name), Type(context->type()), std::nullopt, SpanOf(*context)};
  if (context->expr() != nullptr) parameter.default_value = Expr(context->expr());
  if (context->narrowing() != nullptr) parameter.narrows = Narrowing(*context->narrowing());
  return parameter;
}

std::optional<ast::Narrows> Builder::Narrowing(CapParser::NarrowingContext& context) {
  using Order = ast::Narrows::Order;
  const SourceSpan span = SpanOf(context);
  if (context.exception != nullptr) return std::nullopt;
  if (context.WITHIN() != nullptr) return ast::Narrows{Order::kWithin, span};
  if (context.LESS_EQUAL() != nullptr) return ast::Narrows{Order::kAtMost, span};
  if (context.GREATER_EQUAL() != nullptr) return ast::Narrows{Order::kAtLeast, span};
  if (context.SUBSET() != nullptr) return ast::Narrows{Order::kSubset, span};
  if (context.SUPERSET() != nullptr) return ast::Narrows{Order::kSuperset, span};
  return ast::Narrows{Order::kSame, span};
}

// --- statements ---

std::vector<ast::Stmt> Builder::Block(CapParser::BlockContext* context, Place place) {
  std::vector<ast::Stmt> statements;
  if (context == nullptr) return statements;
  for (CapParser::StatementContext* statement : context->statement()) {
    std::optional<ast::Stmt> node = Statement(*statement, place);
    if (node) statements.push_back(std::move(*node));
  }
  return statements;
}

bool Builder::Allowed(Place place, Place wanted, const SourceSpan& span, std::string_view what) {
  if (place == wanted) return true;
  // A limit holds what a capability does; what it asks for is looked at by the checker.
  if (place == Place::kLimit && wanted == Place::kCapability) return true;
  const bool in_constraint = place == Place::kConstraint;
  Misplaced(span,
            std::string(what) + (in_constraint ? " may not stand in a constraint"
                                               : " may stand only in a constraint"),
            in_constraint ? "write it in the capability"
                          : "declare a `constraint` and name it in the capability");
  return false;
}

std::optional<ast::Stmt> Builder::Statement(CapParser::StatementContext& context, Place place) {
  const SourceSpan span = SpanOf(context);
  if (auto* require = As<CapParser::RequireStatementContext>(&context)) {
    return ast::RequireStmt{Whole(context, require->expr()), span};
  }
  if (auto* let = As<CapParser::LetStatementContext>(&context)) {
    std::optional<ast::Ident> name = Name(let->name());
    if (!name || !Allowed(place, Place::kCapability, span, "`let`")) return std::nullopt;
    return ast::Let{std::move(*name), Whole(context, let->expr()), span};
  }
  // What is left has no meaning in part.
  if (context.exception != nullptr) return std::nullopt;
  if (auto* call = As<CapParser::CallStatementContext>(&context)) return Call(*call, place);
  if (auto* step_up = As<CapParser::StepUpStatementContext>(&context)) {
    std::optional<ast::Ident> kind = Name(step_up->name());
    if (!kind || !Allowed(place, Place::kConstraint, span, "`stepup`")) return std::nullopt;
    return ast::StepUpStmt{std::move(*kind), Arguments(step_up->argumentList()), span};
  }
  if (auto* deny = As<CapParser::DenyStatementContext>(&context)) {
    std::optional<ast::Text> text = String(deny->STRING());
    if (!text || !Allowed(place, Place::kConstraint, span, "`deny`")) return std::nullopt;
    return ast::DenyStmt{std::move(*text), span};
  }
  if (auto* consent = As<CapParser::ConsentStatementContext>(&context)) {
    std::optional<ast::Text> text = String(consent->STRING());
    if (!text || !Allowed(place, Place::kConstraint, span, "`consent`")) return std::nullopt;
    return ast::ConsentStmt{std::move(*text), span};
  }
  if (auto* oblige = As<CapParser::ObligeStatementContext>(&context)) {
    std::optional<ast::Ident> name = Name(oblige->name());
    if (!name || !Allowed(place, Place::kConstraint, span, "`oblige`")) return std::nullopt;
    return ast::ObligeStmt{std::move(*name), Arguments(oblige->argumentList()), span};
  }
  if (auto* consume = As<CapParser::ConsumeStatementContext>(&context)) {
    return Consume(false, *consume, consume->expr(), consume->operand());
  }
  if (auto* hold = As<CapParser::HoldStatementContext>(&context)) {
    return Consume(true, *hold, hold->expr(), hold->operand());
  }
  return std::nullopt;
}

std::optional<ast::Stmt> Builder::Call(CapParser::CallStatementContext& context, Place place) {
  const SourceSpan span = SpanOf(context);
  std::optional<ast::Ident> name = Name(context.name());
  if (!name || !Allowed(place, Place::kCapability, span, "a constraint")) return std::nullopt;
  ast::ConstraintCall call{std::move(*name), Arguments(context.argumentList()), std::nullopt,
                           std::nullopt, span};
  size_t next = 0;
  if (context.OF() != nullptr) call.of = Expr(context.expr(next++));
  if (context.WHEN() != nullptr) call.when = Expr(context.expr(next));
  return call;
}

}  // namespace cap::parse
