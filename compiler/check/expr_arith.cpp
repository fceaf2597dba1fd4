// + - * and the two unary operators. Literals are folded; a constant out of range is reported.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/expr.h"
#include "runtime/value/decimal.h"

namespace cap::check {

namespace {

using enum TypeKind;

/// What the operators are for, and what comes of it. A product by an int may stand either way
/// round, and so may a time and what is added to it.
struct Rule {
  ast::BinaryOp symbol;
  TypeKind left, right, result;
  Op op;
};
constexpr Rule kRules[] = {
    {ast::BinaryOp::kAdd, kInt, kInt, kInt, Op::kIntAdd},
    {ast::BinaryOp::kAdd, kMoney, kMoney, kMoney, Op::kMoneyAdd},
    {ast::BinaryOp::kAdd, kDuration, kDuration, kDuration, Op::kIntAdd},
    {ast::BinaryOp::kAdd, kInstant, kDuration, kInstant, Op::kIntAdd},
    {ast::BinaryOp::kAdd, kDecimal, kDecimal, kDecimal, Op::kDecAdd},
    {ast::BinaryOp::kSubtract, kDecimal, kDecimal, kDecimal, Op::kDecSub},
    {ast::BinaryOp::kMultiply, kDecimal, kInt, kDecimal, Op::kDecMul},
    {ast::BinaryOp::kSubtract, kInt, kInt, kInt, Op::kIntSub},
    {ast::BinaryOp::kSubtract, kMoney, kMoney, kMoney, Op::kMoneySub},
    {ast::BinaryOp::kSubtract, kDuration, kDuration, kDuration, Op::kIntSub},
    {ast::BinaryOp::kSubtract, kInstant, kDuration, kInstant, Op::kIntSub},
    {ast::BinaryOp::kSubtract, kInstant, kInstant, kDuration, Op::kIntSub},
    {ast::BinaryOp::kMultiply, kInt, kInt, kInt, Op::kIntMul},
    {ast::BinaryOp::kMultiply, kMoney, kInt, kMoney, Op::kMoneyMul},
    {ast::BinaryOp::kMultiply, kDuration, kInt, kDuration, Op::kIntMul},
};

const Rule* RuleFor(ast::BinaryOp symbol, TypeKind left, TypeKind right) {
  const auto* const found = std::ranges::find_if(kRules, [&](const Rule& rule) {
    return rule.symbol == symbol && rule.left == left && rule.right == right;
  });
  return found == std::end(kRules) ? nullptr : found;
}

bool Overflows(ast::BinaryOp symbol, Coefficient a, Coefficient b, Coefficient* result) {
  if (symbol == ast::BinaryOp::kAdd) return __builtin_add_overflow(a, b, result);
  if (symbol == ast::BinaryOp::kSubtract) return __builtin_sub_overflow(a, b, result);
  if (!FitsFactor(a) || !FitsFactor(b)) return true;
  *result = a * b;
  return false;
}

std::string_view SymbolOf(ast::BinaryOp op) {
  if (op == ast::BinaryOp::kAdd) return "+";
  return op == ast::BinaryOp::kSubtract ? "-" : "*";
}

Coefficient NumberOf(const Value& value) {
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) return CoefficientOf(*decimal);
  if (const auto* money = std::get_if<Money>(&value.v)) return money->minor_units;
  if (const auto* instant = std::get_if<Instant>(&value.v)) return instant->us;
  if (const auto* duration = std::get_if<Duration>(&value.v)) return duration->us;
  return std::get<int64_t>(value.v);
}

}  // namespace

void ExprChecker::ReportNoOperation(std::string_view symbol, Pair pair, const SourceSpan& span) {
  const TypeKind left = types_.KindOf(nodes_[pair.left].type);
  const TypeKind right = types_.KindOf(nodes_[pair.right].type);
  std::string help =
      "`+ - *` are for int; for decimals, money and durations with their like, or times an int; "
      "for an instant or a date with a duration, or less another one";
  if (left == kDecimal && right == kDecimal) {
    help = "nothing is rounded: decimals are added in one scale, and multiplied by an int";
  } else if (symbol == "*" && left == kMoney && right == kMoney) {
    help = "an amount times an amount is no amount; multiply by an int";
  } else if (symbol == "+" && left == kString && right == kString) {
    help = "texts are not joined; compare their parts with `startsWith` and `endsWith`";
  } else if (symbol == "+" && types_.IsContainer(nodes_[pair.left].type)) {
    help = "lists are joined by `++`, in a `let` of the action";
  } else if ((left == kInstant || left == kDate || left == kDuration) && right == kInt) {
    help = "a span of time has a unit: `30s`, `15m`, `8h`, `400d`";
  }
  context_.Error(
      diag::Code::kNoSuchOperation, span,
      {.message = fmt::format("no `{}` of {} and {}", symbol, context_.TypeName(pair.left),
                              context_.TypeName(pair.right)),
       .label = "not defined",
       .help = std::move(help),
       .notes = {}});
}

/// A decimal number, with or without a minus.
bool ExprChecker::IsDecimalLiteral(ast::ExprId id) const {
  const auto* unary = std::get_if<ast::UnaryExpr>(&At(id).node);
  if (unary != nullptr && unary->op == ast::UnaryOp::kNegate) id = unary->operand;
  return std::holds_alternative<ast::DecimalExpr>(At(id).node);
}

/// The two sides of an operator. A decimal literal has the scale of the other side, or else the one
/// that is expected of the whole.
ExprChecker::Pair ExprChecker::CheckTerms(const ast::BinaryExpr& binary, TypeIndex expected) {
  const auto scale_of = [&](NodeId node) {
    const bool decimal = !nodes_.IsError(node) && types_.KindOf(nodes_[node].type) == kDecimal;
    return decimal ? nodes_[node].type : expected;
  };
  if (IsDecimalLiteral(binary.left) && !IsDecimalLiteral(binary.right)) {
    const NodeId right = Check(binary.right, expected);
    return {Check(binary.left, scale_of(right)), right};
  }
  const NodeId left = Check(binary.left, expected);
  return {left, Check(binary.right, scale_of(left))};
}

NodeId ExprChecker::CheckArithmetic(const ast::BinaryExpr& binary, const SourceSpan& span,
                                    TypeIndex expected) {
  const bool decimal = expected != kNone && types_.KindOf(expected) == kDecimal;
  Pair pair = CheckTerms(binary, decimal ? expected : kNone);
  if (nodes_.IsError(pair.left) || nodes_.IsError(pair.right)) return nodes_.Error(span);
  const TypeKind left = types_.KindOf(nodes_[pair.left].type);
  const TypeKind right = types_.KindOf(nodes_[pair.right].type);
  if (left == kDate || right == kDate) return CheckDateArithmetic(binary.op, pair, span);
  const Rule* rule = RuleFor(binary.op, left, right);
  if (rule == nullptr && binary.op != ast::BinaryOp::kSubtract) {
    rule = RuleFor(binary.op, right, left);
    std::swap(pair.left, pair.right);
  }
  const bool scales = left != kDecimal || right != kDecimal ||
                      types_.Same(nodes_[pair.left].type, nodes_[pair.right].type);
  if (rule == nullptr || !scales) {
    if (rule == nullptr && binary.op != ast::BinaryOp::kSubtract) std::swap(pair.left, pair.right);
    ReportNoOperation(SymbolOf(binary.op), pair, span);
    return nodes_.Error(span);
  }
  const bool amounts = rule->left == kMoney && rule->right == kMoney;
  if (amounts && !SameCurrency(pair, span)) return nodes_.Error(span);
  TypeIndex type = types_.Int();
  if (rule->result == kDuration) type = types_.Duration();
  if (rule->result == kInstant) type = types_.Instant();
  if (rule->result == kDecimal) type = nodes_[pair.left].type;
  if (rule->result == kMoney) {
    uint32_t currency = types_[nodes_[pair.left].type].currency;
    if (currency == 0 && amounts) currency = types_[nodes_[pair.right].type].currency;
    const bool is_signed = types_[nodes_[pair.left].type].is_signed ||
                           types_[nodes_[pair.right].type].is_signed;
    type = types_.MoneyIn(currency, is_signed);
  }
  // Nothing is concluded from a datum, which may be another one tomorrow.
  if (IsWritten(pair.left) && IsWritten(pair.right)) {
    return FoldArithmetic(binary.op, pair, type, span);
  }
  return MakeOperation(rule->op, type, pair.left, pair.right, span);
}

NodeId ExprChecker::FoldArithmetic(ast::BinaryOp symbol, Pair pair, TypeIndex type,
                                   const SourceSpan& span) {
  const Value& left = context_.ValueOf(pair.left);
  const bool money = types_.KindOf(type) == kMoney;
  const bool decimal = types_.KindOf(type) == kDecimal;
  Coefficient exact = 0;
  const bool overflows =
      Overflows(symbol, NumberOf(left), NumberOf(context_.ValueOf(pair.right)), &exact);
  const bool below = money && exact < 0 && !types_[type].is_signed;
  if (overflows || (!decimal && !FitsFactor(exact)) || below) {
    context_.Error(diag::Code::kOverflow, span,
                   {.message = fmt::format("{} is out of range", context_.Quoted(span)),
                    .label = money     ? "not an amount of money"
                             : decimal ? "over 128 bits"
                                       : "over 64 bits",
                    .help = money ? "money is below zero only where it is `signed`; 64 bits"
                            : decimal ? "a decimal has 128 bits, a factor of a product 64"
                                      : "integers, and times in microseconds, have 64 bits",
                    .notes = {}});
    return nodes_.Error(span);
  }
  const auto result = static_cast<int64_t>(exact);
  Value value{.v = result};
  if (decimal) value.v = MakeDecimal(exact, types_[type].ref);
  if (money) value.v = Money{result, std::get<Money>(left.v).currency};
  if (type == types_.Duration()) value.v = Duration{result};
  if (type == types_.Instant()) value.v = Instant{result};
  return context_.AddLiteral(std::move(value), type, span);
}

NodeId ExprChecker::CheckUnary(const ast::UnaryExpr& unary, const SourceSpan& span,
                               TypeIndex expected) {
  if (unary.op == ast::UnaryOp::kNot) {
    return MakeNot(CheckAs(unary.operand, types_.Bool(), "`not`"), span);
  }
  const bool decimal = expected != kNone && types_.KindOf(expected) == kDecimal;
  const NodeId operand = Check(unary.operand, decimal ? expected : kNone);
  if (nodes_.IsError(operand)) return nodes_.Error(span);
  const TypeKind kind = types_.KindOf(nodes_[operand].type);
  // An amount below zero is signed; nothing turns the sign of one that is not.
  const bool literal = nodes_[operand].kind == NodeKind::kLiteral && !nodes_[operand].datum;
  const bool amount = kind == kMoney && (literal || types_[nodes_[operand].type].is_signed);
  if (kind != kInt && kind != kDuration && kind != kDecimal && !amount) {
    context_.Error(
        diag::Code::kNoSuchOperation, span,
        {.message = fmt::format("no `-` of {}", context_.TypeName(operand)),
         .label = "not defined",
         .help = kind == kMoney ? "money is never below zero unless `signed`"
                                : "only int, decimal and duration have a sign",
         .notes = {}});
    return nodes_.Error(span);
  }
  TypeIndex type = nodes_[operand].type;
  if (amount) type = types_.MoneyIn(types_[type].currency, true);
  Value nothing{.v = int64_t{0}};
  if (kind == kDuration) nothing.v = Duration{0};
  if (kind == kDecimal) nothing.v = MakeDecimal(0, types_[type].ref);
  if (amount && literal) {
    nothing.v = Money{0, std::get<Money>(context_.ValueOf(operand).v).currency};
  } else if (amount) {
    nothing.v = int64_t{-1};
    const NodeId by = context_.AddLiteral(std::move(nothing), types_.Int(), span);
    return MakeOperation(Op::kMoneyMul, type, operand, by, span);
  }
  const NodeId zero = context_.AddLiteral(std::move(nothing), type, span);
  if (literal) {
    return FoldArithmetic(ast::BinaryOp::kSubtract, {zero, operand}, type, span);
  }
  return MakeOperation(kind == kDecimal ? Op::kDecSub : Op::kIntSub, type, zero, operand, span);
}

}  // namespace cap::check
