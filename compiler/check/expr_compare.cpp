// == != < <= > >=
#include <fmt/core.h>

#include "compiler/check/expr.h"
#include "compiler/check/fixes.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

/// Literals that are what is expected of them. Those of decimals are CheckOperands' own question.
bool TakesItsType(const ast::Expr& expr) {
  return std::holds_alternative<ast::StringExpr>(expr.node) ||
         std::holds_alternative<ast::ListExpr>(expr.node);
}

bool IsEquality(ast::BinaryOp op) {
  return op == ast::BinaryOp::kEqual || op == ast::BinaryOp::kNotEqual;
}

/// The opcode, or kConst where the type has none.
Op EqualityOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return Op::kBoolEq;
    case TypeKind::kInt:
    case TypeKind::kEnum:
    case TypeKind::kInstant:
    case TypeKind::kDuration:
    case TypeKind::kDate:
      return Op::kWordEq;
    case TypeKind::kMoney:
      return Op::kMoneyEq;
    case TypeKind::kDecimal:
      return Op::kDecEq;
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
      return Op::kStrEq;
    case TypeKind::kSet:
    case TypeKind::kList:
    case TypeKind::kRecord:
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kJson:
    case TypeKind::kMap:
      return Op::kConst;
  }
  return Op::kConst;
}

Op LessOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt:
    case TypeKind::kInstant:
    case TypeKind::kDuration:
    case TypeKind::kDate:
      return Op::kWordLt;
    case TypeKind::kMoney:
      return Op::kMoneyLt;
    case TypeKind::kDecimal:
      return Op::kDecLt;
    case TypeKind::kString:
      return Op::kStrLt;
    case TypeKind::kBool:
    case TypeKind::kEnum:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
    case TypeKind::kSet:
    case TypeKind::kList:
    case TypeKind::kRecord:
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kJson:
    case TypeKind::kMap:
      return Op::kConst;
  }
  return Op::kConst;
}

std::string HelpFor(const Types& types, TypeIndex a, TypeIndex b) {
  const auto either = [&](TypeKind kind) {
    return types.KindOf(a) == kind || types.KindOf(b) == kind;
  };
  if (either(TypeKind::kMoney) && either(TypeKind::kInt)) {
    return "an amount has a currency: `500.00 USD`";
  }
  if (either(TypeKind::kEmail) && either(TypeKind::kString)) {
    return "an email is no string: declare both as `email`, or compare `.domain`";
  }
  if (either(TypeKind::kIp) && either(TypeKind::kCidr)) {
    return "an address lies in a network: `x in network`";
  }
  if (either(TypeKind::kString)) {
    for (const TypeKind kind : {TypeKind::kPath, TypeKind::kIp, TypeKind::kCidr, TypeKind::kUrl}) {
      if (!either(kind)) continue;
      return fmt::format("a {0} is no string: declare both as `{0}`{1}", NameOfText(kind),
                         kind == TypeKind::kUrl ? ", or compare `.host`" : "");
    }
  }
  if (either(TypeKind::kInstant) && either(TypeKind::kString)) {
    return "write `instant(\"2026-03-31T00:00:00Z\")`";
  }
  if (either(TypeKind::kDate) && either(TypeKind::kString)) {
    return "write `date(\"2026-03-31\")`";
  }
  if (either(TypeKind::kDecimal) && either(TypeKind::kInt)) {
    return "a decimal is written with a point: `5.0`";
  }
  if (types.KindOf(a) == TypeKind::kDecimal && types.KindOf(b) == TypeKind::kDecimal) {
    return "nothing is converted: declare both with the same number of digits";
  }
  if (either(TypeKind::kDuration) && either(TypeKind::kInstant)) {
    return "a time and a span of time: compare `age(x)` with a duration, or `x + 8h` with a time";
  }
  if (either(TypeKind::kDuration) && either(TypeKind::kInt)) {
    return "a duration has a unit: `30s`, `15m`, `8h`, `400d`";
  }
  if (types.IsContainer(a) || types.IsContainer(b)) return "to look into a list, use `in`";
  return "nothing is converted: both sides need one type";
}

}  // namespace

ExprChecker::Pair ExprChecker::CheckOperands(ast::ExprId left, ast::ExprId right) {
  const auto takes = [this](ast::ExprId id) {
    return TakesItsType(At(id)) || IsDecimalLiteral(id);
  };
  if (takes(left) && !takes(right)) {
    const NodeId r = Check(right);
    return {Check(left, nodes_[r].type), r};
  }
  const NodeId l = Check(left);
  return {l, Check(right, nodes_[l].type)};
}

bool ExprChecker::SameTypes(Pair pair, const SourceSpan& span) {
  const Node& left = nodes_[pair.left];
  const Node& right = nodes_[pair.right];
  if (types_.Same(left.type, right.type)) return true;
  std::optional<diag::Fix> fix = CurrencyFix(context_, right, left.type);
  if (!fix) fix = CurrencyFix(context_, left, right.type);
  context_.Error(diag::Code::kNotComparable, span,
                 {.message = fmt::format("{} is {}, but {} is {}", context_.Quoted(left.span),
                                         types_.NameOf(left.type), context_.Quoted(right.span),
                                         types_.NameOf(right.type)),
                  .label = "these two cannot be compared",
                  .help = HelpFor(types_, left.type, right.type),
                  .notes = {},
                  .fixes = Certain(std::move(fix))});
  return false;
}

bool ExprChecker::SameCurrency(Pair pair, const SourceSpan& span) {
  const TypeIndex left = nodes_[pair.left].type;
  const TypeIndex right = nodes_[pair.right].type;
  const uint32_t a = types_[left].currency;
  const uint32_t b = types_[right].currency;
  if (a == b || a == 0 || b == 0) return true;
  context_.Error(
      diag::Code::kCurrenciesDiffer, span,
      {.message = fmt::format("{} is {}, but {} is {}", context_.Quoted(nodes_[pair.left].span),
                              types_.NameOf(left), context_.Quoted(nodes_[pair.right].span),
                              types_.NameOf(right)),
       .label = "two currencies",
       .help = "nothing is converted: use one currency",
       .notes = {}});
  return false;
}

bool ExprChecker::DifferentSides(const ast::BinaryExpr& binary, Pair pair, const SourceSpan& span) {
  const Node& left = nodes_[pair.left];
  const Node& right = nodes_[pair.right];
  if (!IsPath(left) || !IsPath(right) || KeyOf(left) != KeyOf(right)) return true;
  const bool holds = binary.op == ast::BinaryOp::kEqual || binary.op == ast::BinaryOp::kLessEqual ||
                     binary.op == ast::BinaryOp::kGreaterEqual;
  context_.Error(holds ? diag::Code::kAlwaysTrue : diag::Code::kNeverTrue, span,
                 {.message = fmt::format("{} is compared with itself: this is always {}",
                                         context_.Quoted(left.span), holds ? "true" : "false"),
                  .label = "both sides are the same",
                  .help = "compare it with something else",
                  .notes = {}});
  return false;
}

NodeId ExprChecker::CheckCompare(const ast::BinaryExpr& binary, const SourceSpan& span) {
  const Pair pair = CheckOperands(binary.left, binary.right);
  if (nodes_.IsError(pair.left) || nodes_.IsError(pair.right)) return nodes_.Error(span);
  if (!SameTypes(pair, span) || !SameCurrency(pair, span) || !DifferentSides(binary, pair, span)) {
    return nodes_.Error(span);
  }
  const TypeKind kind = types_.KindOf(nodes_[pair.left].type);
  const bool equality = IsEquality(binary.op);
  const bool ordered_enum = types_.IsOrderedEnum(nodes_[pair.left].type);
  if (equality && kind == TypeKind::kSet) {
    const NodeId same = SetsEqual(pair.left, pair.right, span);
    return binary.op == ast::BinaryOp::kNotEqual ? MakeNot(same, span) : same;
  }
  const Op op = equality ? EqualityOf(kind) : ordered_enum ? Op::kWordLt : LessOf(kind);
  if (op == Op::kConst) {
    context_.Error(
        diag::Code::kNotComparable, span,
        {.message =
             fmt::format("{} has no {}", context_.TypeName(pair.left), equality ? "`==`" : "order"),
         .label = equality ? "cannot be compared whole" : "cannot be ordered",
         .help = !equality && kind == TypeKind::kEnum
                     ? "declare it as `enum ordered`, its members with `<` between them"
                 : !equality
                     ? "only int, decimal, money, instant, date, duration, string and `enum "
                       "ordered` are ordered"
                 : kind == TypeKind::kRecord ? "compare its fields"
                                             : "say it with `subset`, both ways if need be",
         .notes = {}});
    return nodes_.Error(span);
  }
  // One opcode serves four comparisons: a > b is b < a, a <= b is not b < a.
  const bool swapped =
      binary.op == ast::BinaryOp::kGreater || binary.op == ast::BinaryOp::kLessEqual;
  const bool negated = binary.op == ast::BinaryOp::kNotEqual ||
                       binary.op == ast::BinaryOp::kLessEqual ||
                       binary.op == ast::BinaryOp::kGreaterEqual;
  const NodeId left = swapped ? pair.right : pair.left;
  const NodeId right = swapped ? pair.left : pair.right;
  const NodeId node = MakeOperation(op, types_.Bool(), left, right, span);
  return negated ? MakeNot(node, span) : node;
}

}  // namespace cap::check
