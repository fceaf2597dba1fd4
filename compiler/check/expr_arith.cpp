// + - * and the two unary operators. Literals are folded; a constant out of range is reported.
#include <fmt/core.h>

#include "compiler/check/expr.h"

namespace cap::check {

namespace {

bool Overflows(Op op, int64_t a, int64_t b, int64_t* result) {
  if (op == Op::kIntAdd || op == Op::kMoneyAdd) return __builtin_add_overflow(a, b, result);
  if (op == Op::kIntSub || op == Op::kMoneySub) return __builtin_sub_overflow(a, b, result);
  return __builtin_mul_overflow(a, b, result);
}

Op OpFor(ast::BinaryOp op, bool money) {
  if (op == ast::BinaryOp::kAdd) return money ? Op::kMoneyAdd : Op::kIntAdd;
  if (op == ast::BinaryOp::kSubtract) return money ? Op::kMoneySub : Op::kIntSub;
  return money ? Op::kMoneyMul : Op::kIntMul;
}

std::string_view SymbolOf(ast::BinaryOp op) {
  if (op == ast::BinaryOp::kAdd) return "+";
  return op == ast::BinaryOp::kSubtract ? "-" : "*";
}

}  // namespace

void ExprChecker::ReportNoOperation(std::string_view symbol, Pair pair, const SourceSpan& span) {
  const TypeKind left = types_.KindOf(nodes_[pair.left].type);
  const TypeKind right = types_.KindOf(nodes_[pair.right].type);
  std::string help = "`+ - *` are for int, and for money: money + money, money * int";
  if (symbol == "*" && left == TypeKind::kMoney && right == TypeKind::kMoney) {
    help = "an amount times an amount is no amount; multiply by an int";
  } else if (symbol == "+" && left == TypeKind::kString && right == TypeKind::kString) {
    help = "texts are not joined; compare their parts with `startsWith` and `endsWith`";
  } else if (symbol == "+" && types_.IsContainer(nodes_[pair.left].type)) {
    help = "lists are joined by `++`, in a `let` of the action";
  }
  context_.Error(
      diag::Code::kNoSuchOperation, span,
      {.message = fmt::format("no `{}` of {} and {}", symbol, context_.TypeName(pair.left),
                              context_.TypeName(pair.right)),
       .label = "not defined",
       .help = std::move(help),
       .notes = {}});
}

NodeId ExprChecker::CheckArithmetic(const ast::BinaryExpr& binary, const SourceSpan& span) {
  Pair pair{Check(binary.left), Check(binary.right)};
  if (nodes_.IsError(pair.left) || nodes_.IsError(pair.right)) return nodes_.Error(span);
  TypeKind left = types_.KindOf(nodes_[pair.left].type);
  TypeKind right = types_.KindOf(nodes_[pair.right].type);
  const bool product = binary.op == ast::BinaryOp::kMultiply;
  if (product && left == TypeKind::kInt && right == TypeKind::kMoney) {
    std::swap(pair.left, pair.right);
    std::swap(left, right);
  }
  const bool ints = left == TypeKind::kInt && right == TypeKind::kInt;
  const bool money =
      left == TypeKind::kMoney && right == (product ? TypeKind::kInt : TypeKind::kMoney);
  if (!ints && !money) {
    ReportNoOperation(SymbolOf(binary.op), pair, span);
    return nodes_.Error(span);
  }
  if (money && !product && !SameCurrency(pair, span)) return nodes_.Error(span);
  const Op op = OpFor(binary.op, money);
  const bool literals =
      nodes_[pair.left].kind == NodeKind::kLiteral && nodes_[pair.right].kind == NodeKind::kLiteral;
  if (literals) return FoldArithmetic(op, pair, span);
  uint32_t currency = types_[nodes_[pair.left].type].currency;
  if (currency == 0 && !product) currency = types_[nodes_[pair.right].type].currency;
  const TypeIndex type = money ? types_.MoneyIn(currency) : types_.Int();
  return MakeOperation(op, type, pair.left, pair.right, span);
}

NodeId ExprChecker::FoldArithmetic(Op op, Pair pair, const SourceSpan& span) {
  const Value& left = context_.ValueOf(pair.left);
  const Value& right = context_.ValueOf(pair.right);
  const auto* amount = std::get_if<Money>(&left.v);
  const auto* factor = std::get_if<Money>(&right.v);
  const int64_t a = amount != nullptr ? amount->minor_units : std::get<int64_t>(left.v);
  const int64_t b = factor != nullptr ? factor->minor_units : std::get<int64_t>(right.v);
  int64_t result = 0;
  if (Overflows(op, a, b, &result) || (amount != nullptr && result < 0)) {
    context_.Error(diag::Code::kOverflow, span,
                   {.message = fmt::format("{} is out of range", context_.Quoted(span)),
                    .label = amount != nullptr ? "not an amount of money" : "over 64 bits",
                    .help = amount != nullptr ? "money is never negative, and counts in 64 bits"
                                              : "integers have 64 bits",
                    .notes = {}});
    return nodes_.Error(span);
  }
  if (amount == nullptr) return context_.AddLiteral(Value{.v = result}, types_.Int(), span);
  const Money money{result, amount->currency};
  return context_.AddLiteral(Value{.v = money}, types_.MoneyIn(money.currency), span);
}

NodeId ExprChecker::CheckUnary(const ast::UnaryExpr& unary, const SourceSpan& span) {
  if (unary.op == ast::UnaryOp::kNot) {
    return MakeNot(CheckAs(unary.operand, types_.Bool(), "`not`"), span);
  }
  const NodeId operand = Check(unary.operand);
  if (nodes_.IsError(operand)) return nodes_.Error(span);
  if (types_.KindOf(nodes_[operand].type) != TypeKind::kInt) {
    const bool money = types_.KindOf(nodes_[operand].type) == TypeKind::kMoney;
    context_.Error(diag::Code::kNoSuchOperation, span,
                   {.message = fmt::format("no `-` of {}", context_.TypeName(operand)),
                    .label = "not defined",
                    .help = money ? "money is never negative" : "only int has a sign",
                    .notes = {}});
    return nodes_.Error(span);
  }
  const NodeId zero = context_.AddLiteral(Value{.v = int64_t{0}}, types_.Int(), span);
  if (nodes_[operand].kind == NodeKind::kLiteral) {
    return FoldArithmetic(Op::kIntSub, {zero, operand}, span);
  }
  return MakeOperation(Op::kIntSub, types_.Int(), zero, operand, span);
}

}  // namespace cap::check
