// What is counted: `consume`, `hold`, `limit`, `circuit_breaker`, `after`, and rates.
#include "compiler/parse/builder.h"
#include "compiler/parse/literals.h"
#include "runtime/value/rate.h"

namespace cap::parse {

std::optional<ast::Stmt> Builder::Consume(bool hold, Context& statement,
                                          const std::vector<CapParser::ExprContext*>& sides,
                                          CapParser::OperandContext* per) {
  if (sides.size() != 2) return std::nullopt;
  ast::ConsumeStmt node{.hold = hold,
                        .amount = Expr(sides[0]),
                        .quota = Expr(sides[1]),
                        .per = std::nullopt,
                        .span = SpanOf(statement)};
  if (per != nullptr) node.per = Operand(per);
  return node;
}

std::optional<ast::Limit> Builder::Limit(CapParser::LimitContext* context) {
  if (context == nullptr || context->exception != nullptr) return std::nullopt;
  std::optional<ast::Ident> name = Name(context->name());
  if (!name) return std::nullopt;
  ast::Limit limit;
  limit.name = std::move(*name);
  limit.span = SpanOf(*context);
  if (auto* named = As<CapParser::NamedActionsContext>(context->actions())) {
    limit.actions = Names(named->name());
  } else {
    limit.every_action = true;
  }
  limit.body = Block(context->block(), Place::kLimit);
  return limit;
}

void Builder::Breaker(CapParser::CircuitBreakerItemContext& context, ast::PolicyDecl& policy) {
  ast::Breaker breaker;
  breaker.span = SpanOf(context);
  if (context.exception != nullptr || context.block() == nullptr) return;
  for (CapParser::StatementContext* statement : context.block()->statement()) {
    if (statement->exception != nullptr) continue;
    auto* call = As<CapParser::CallStatementContext>(statement);
    std::optional<ast::Stmt> node;
    if (call != nullptr) node = Call(*call, Place::kCapability);
    auto* setting = node ? std::get_if<ast::ConstraintCall>(&*node) : nullptr;
    if (setting != nullptr) {
      breaker.settings.push_back(std::move(*setting));
    } else if (call == nullptr) {
      Misplaced(SpanOf(*statement), "a `circuit_breaker` holds its three settings alone",
                "write `maxViolations(3) window(5m) suspendDuration(30m)`");
    }
  }
  policy.breaker = std::move(breaker);
}

ast::ExprId Builder::After(CapParser::AfterOperandContext& context) {
  std::optional<ast::Ident> action = Name(context.name());
  const std::optional<int64_t> within = Duration(context.DURATION());
  if (!action || !within) return Error(&context);
  return Add(SpanOf(context),
             ast::AfterExpr{.action = std::move(*action),
                            .arguments = Arguments(context.argumentList()),
                            .within_us = *within,
                            .within_span = SpanOf(*context.DURATION()->getSymbol())});
}

ast::ExprId Builder::Rate(CapParser::OperandContext& context) {
  const SourceSpan span = SpanOf(context);
  const Result<cap::Rate> rate = ParseRate(TextOf(span));
  if (rate) return Add(span, ast::RateExpr{rate->count, rate->period_us});
  reporter_.Report(diag::Code::kBadLiteral, span,
                   Quoted(TextOf(span)) + " does not fit into 64 bits", "too large");
  return Error(&context);
}

}  // namespace cap::parse
