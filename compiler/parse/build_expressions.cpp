#include "compiler/parse/builder.h"
#include "compiler/parse/literals.h"

namespace cap::parse {

namespace {

using P = CapParser;

bool IsRelation(const P::ExprContext* context) {
  return As<const P::CompareExprContext>(context) != nullptr ||
         As<const P::ContainExprContext>(context) != nullptr ||
         As<const P::MatchExprContext>(context) != nullptr ||
         As<const P::PresentExprContext>(context) != nullptr ||
         As<const P::AbsentExprContext>(context) != nullptr ||
         As<const P::NullExprContext>(context) != nullptr;
}

ast::BinaryOp OperatorOf(size_t type) {
  switch (type) {
    case P::NOT_EQUAL:
      return ast::BinaryOp::kNotEqual;
    case P::LESS:
      return ast::BinaryOp::kLess;
    case P::LESS_EQUAL:
      return ast::BinaryOp::kLessEqual;
    case P::GREATER:
      return ast::BinaryOp::kGreater;
    case P::GREATER_EQUAL:
      return ast::BinaryOp::kGreaterEqual;
    case P::IN:
      return ast::BinaryOp::kIn;
    case P::SUBSET:
      return ast::BinaryOp::kSubset;
    case P::DISJOINT:
      return ast::BinaryOp::kDisjoint;
    case P::UNDER:
      return ast::BinaryOp::kUnder;
    case P::MATCHES:
      return ast::BinaryOp::kMatches;
    case P::PLUS:
      return ast::BinaryOp::kAdd;
    case P::MINUS:
      return ast::BinaryOp::kSubtract;
    case P::CONCAT:
      return ast::BinaryOp::kConcat;
    case P::STAR:
      return ast::BinaryOp::kMultiply;
    case P::AND:
      return ast::BinaryOp::kAnd;
    case P::OR:
      return ast::BinaryOp::kOr;
    default:
      return ast::BinaryOp::kEqual;
  }
}

/// The operator of `expr OP expr`: the one terminal among the children.
const antlr4::Token* OperatorToken(const antlr4::ParserRuleContext& context) {
  for (antlr4::tree::ParseTree* child : context.children) {
    auto* terminal = As<antlr4::tree::TerminalNode>(child);
    if (terminal != nullptr) return terminal->getSymbol();
  }
  return nullptr;
}

}  // namespace

ast::ExprId Builder::Add(SourceSpan span, decltype(ast::Expr::node) node) {
  module_.exprs.push_back({std::move(node), span});
  return static_cast<ast::ExprId>(module_.exprs.size() - 1);
}

ast::ExprId Builder::Error(const Context* context) {
  return Add(context == nullptr ? SourceSpan{} : SpanOf(*context), ast::ErrorExpr{});
}

ast::ExprId Builder::Whole(const Context& statement, P::ExprContext* context) {
  return statement.exception != nullptr ? Error(context) : Expr(context);
}

ast::ExprId Builder::Expr(P::ExprContext* context) {
  if (context == nullptr || context->exception != nullptr) return Error(context);
  if (auto* operand = As<P::OperandExprContext>(context)) return Operand(operand->operand());
  if (auto* negate = As<P::NegateExprContext>(context)) return Negate(*negate);
  if (auto* no = As<P::NotExprContext>(context)) {
    return Add(SpanOf(*context), ast::UnaryExpr{ast::UnaryOp::kNot, Expr(no->expr())});
  }
  if (auto* choice = As<P::ConditionalExprContext>(context)) {
    const ast::ExprId condition = Expr(choice->expr(0));
    const ast::ExprId yes = Expr(choice->expr(1));
    return Add(SpanOf(*context), ast::ConditionalExpr{condition, yes, Expr(choice->expr(2))});
  }
  if (IsRelation(context)) return Relation(*context);
  std::vector<P::ExprContext*> sides;
  if (auto* either = As<P::OrExprContext>(context)) sides = either->expr();
  if (auto* both = As<P::AndExprContext>(context)) sides = both->expr();
  if (auto* sum = As<P::AddExprContext>(context)) sides = sum->expr();
  if (auto* product = As<P::MultiplyExprContext>(context)) sides = product->expr();
  if (sides.size() != 2) return Error(context);
  if (!CheckOperands(*context)) return Error(context);
  return Binary(*context, OperatorOf(OperatorToken(*context)->getType()), sides[0], sides[1]);
}

ast::ExprId Builder::Negate(P::NegateExprContext& context) {
  if (!CheckOperands(context)) return Error(&context);
  const SourceSpan span = SpanOf(context);
  const auto* operand = As<P::OperandExprContext>(context.expr());
  const bool smallest = operand != nullptr && TextOf(SpanOf(*operand)) == "9223372036854775808";
  if (smallest) return Add(span, ast::IntExpr{INT64_MIN});
  return Add(span, ast::UnaryExpr{ast::UnaryOp::kNegate, Expr(context.expr())});
}

ast::ExprId Builder::Binary(Context& context, ast::BinaryOp op, P::ExprContext* left,
                            P::ExprContext* right) {
  const SourceSpan op_span = SpanOf(*OperatorToken(context));
  const ast::ExprId left_id = Expr(left);
  const ast::ExprId right_id = Expr(right);
  return Add(SpanOf(context), ast::BinaryExpr{op, op_span, left_id, right_id});
}

ast::ExprId Builder::Relation(P::ExprContext& context) {
  if (!CheckOperands(context)) return Error(&context);
  const SourceSpan span = SpanOf(context);
  if (auto* present = As<P::PresentExprContext>(&context)) {
    return Add(span, ast::PresenceExpr{Expr(present->expr()), ast::Presence::kPresent});
  }
  if (auto* absent = As<P::AbsentExprContext>(&context)) {
    return Add(span, ast::PresenceExpr{Expr(absent->expr()), ast::Presence::kAbsent});
  }
  if (auto* null = As<P::NullExprContext>(&context)) {
    return Add(span, ast::PresenceExpr{Expr(null->expr()), ast::Presence::kNull});
  }
  std::vector<P::ExprContext*> sides;
  if (auto* compare = As<P::CompareExprContext>(&context)) sides = compare->expr();
  if (auto* contain = As<P::ContainExprContext>(&context)) sides = contain->expr();
  if (auto* match = As<P::MatchExprContext>(&context)) sides = match->expr();
  if (sides.size() != 2) return Error(&context);
  return Binary(context, OperatorOf(OperatorToken(context)->getType()), sides[0], sides[1]);
}

bool Builder::CheckOperands(P::ExprContext& context) {
  const bool relation = IsRelation(&context);
  const bool logical =
      As<P::AndExprContext>(&context) != nullptr || As<P::OrExprContext>(&context) != nullptr;
  for (antlr4::tree::ParseTree* child : context.children) {
    auto* operand = As<P::ExprContext>(child);
    if (operand == nullptr || logical) continue;
    if (relation && IsRelation(operand)) {
      reporter_.Report(diag::Code::kChainedComparison, SpanOf(context), "comparisons do not chain",
                       "two comparisons in a row", "join two comparisons by `and`");
      return false;
    }
    if (As<P::NotExprContext>(operand) != nullptr) {
      reporter_.Report(diag::Code::kSyntax, SpanOf(*operand),
                       "`not` is looser than the operator in front of it", "not expected",
                       "put brackets around the `not`");
      return false;
    }
  }
  return true;
}

ast::ExprId Builder::Operand(P::OperandContext* context) {
  if (context == nullptr || context->exception != nullptr) return Error(context);
  const SourceSpan span = SpanOf(*context);
  if (auto* name = As<P::NameOperandContext>(context)) {
    std::optional<ast::Ident> ident = Name(name->name());
    return ident ? Add(span, ast::NameExpr{std::move(*ident)}) : Error(context);
  }
  if (auto* member = As<P::MemberOperandContext>(context)) {
    const ast::ExprId object = Operand(member->operand());
    std::optional<ast::Ident> name = Name(member->name());
    return name ? Add(span, ast::MemberExpr{object, std::move(*name)}) : Error(context);
  }
  if (auto* call = As<P::CallOperandContext>(context)) {
    std::optional<ast::Ident> callee = Name(call->name());
    if (!callee) return Error(context);
    return Add(span, ast::CallExpr{std::move(*callee), Arguments(call->argumentList())});
  }
  if (auto* list = As<P::ListOperandContext>(context)) {
    ast::ListExpr node;
    for (P::ExprContext* item : list->expr()) node.items.push_back(Expr(item));
    return Add(span, std::move(node));
  }
  if (auto* inner = As<P::ParenthesisOperandContext>(context)) return Expr(inner->expr());
  if (auto* any = As<P::AnyOperandContext>(context)) {
    return Quantifier(*any, ast::QuantifierKind::kAny, any->name(), any->expr(0), any->expr(1));
  }
  if (auto* all = As<P::AllOperandContext>(context)) {
    return Quantifier(*all, ast::QuantifierKind::kAll, all->name(), all->expr(0), all->expr(1));
  }
  if (auto* count = As<P::CountOperandContext>(context)) {
    return Quantifier(*count, ast::QuantifierKind::kCount, count->name(), count->expr(0),
                      count->expr(1));
  }
  if (auto* sum = As<P::SumOperandContext>(context)) {
    return Quantifier(*sum, ast::QuantifierKind::kSum, sum->name(), sum->expr(0), sum->expr(1));
  }
  if (auto* after = As<P::AfterOperandContext>(context)) return After(*after);
  if (auto* index = As<P::IndexOperandContext>(context)) {
    const ast::ExprId object = Operand(index->operand());
    return Add(span, ast::IndexExpr{object, Expr(index->expr())});
  }
  return Literal(*context);
}

ast::ExprId Builder::Quantifier(Context& context, ast::QuantifierKind kind, P::NameContext* name,
                                P::ExprContext* list, P::ExprContext* body) {
  std::optional<ast::Ident> variable = Name(name);
  if (!variable) return Error(&context);
  const ast::ExprId list_id = Expr(list);
  const bool all = kind == ast::QuantifierKind::kCount && body == nullptr;
  std::optional<ast::ExprId> body_id;
  if (!all) body_id = Expr(body);
  return Add(SpanOf(context), ast::QuantifierExpr{kind, std::move(*variable), list_id, body_id});
}

ast::ExprId Builder::Literal(P::OperandContext& context) {
  const SourceSpan span = SpanOf(context);
  if (reporter_.IsUnreadable(span.begin)) return Error(&context);
  const std::string_view text = TextOf(span);
  switch (context.start->getType()) {
    case P::TRUE:
    case P::FALSE:
      return Add(span, ast::BoolExpr{context.start->getType() == P::TRUE});
    case P::INTEGER: {
      const std::optional<int64_t> value = ReadInteger(text);
      if (!value && text == "9223372036854775808") {
        reporter_.Report(diag::Code::kBadLiteral, span, Quoted(text) + " does not fit into 64 bits",
                         "too large");
      }
      return value ? Add(span, ast::IntExpr{*value}) : Error(&context);
    }
    case P::MONEY: {
      const size_t space = text.find_first_of(" \t");
      return Add(span, ast::MoneyExpr{std::string(text.substr(0, space)),
                                      std::string(text.substr(text.size() - 3))});
    }
    case P::DECIMAL:
      return Add(span, ast::DecimalExpr{std::string(text)});
    case P::DURATION: {
      const std::optional<int64_t> value = ReadDuration(text);
      return value ? Add(span, ast::DurationExpr{*value}) : Error(&context);
    }
    case P::STRING:
      return Add(span, ast::StringExpr{ReadString(text).text});
    case P::RATE:
      return Rate(context);
    default:
      return Error(&context);
  }
}

std::vector<ast::Argument> Builder::Arguments(P::ArgumentListContext* context) {
  std::vector<ast::Argument> arguments;
  if (context == nullptr) return arguments;
  for (P::ArgumentContext* argument : context->argument()) {
    if (auto* named = As<P::NamedArgumentContext>(argument)) {
      const SourceSpan span = SpanOf(*named->argumentName());
      std::optional<ast::Ident> name = ast::Ident{std::string(TextOf(span)), span};
      if (auto* plain = As<P::PlainArgumentNameContext>(named->argumentName())) {
        name = Name(plain->name());
      }
      arguments.push_back({std::move(name), Expr(named->expr())});
    } else if (auto* positional = As<P::PositionalArgumentContext>(argument)) {
      arguments.push_back({std::nullopt, Expr(positional->expr())});
    }
  }
  return arguments;
}

}  // namespace cap::parse
