#include "compiler/check/expr.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/domain.h"
#include "compiler/check/fixes.h"
#include "runtime/base/limits.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

NodeId ExprChecker::LooseConcat(const SourceSpan& span) {
  context_.Error(diag::Code::kConcatNeedsLet, span,
                 {.message = "`++` may only make the value of a `let` of an action",
                  .label = "a list made here",
                  .help = "name it in the action: `let everyone = recipients ++ cc`",
                  .notes = {}});
  return nodes_.Error(span);
}

NodeId ExprChecker::LooseAfter(const SourceSpan& span) {
  context_.Error(diag::Code::kBadAfter, span,
                 {.message = "`after` is a whole `require`, and no part of a condition",
                  .label = "asked of the store, in one step with what is counted",
                  .help = "write `require after …`, in a constraint if it needs a guard",
                  .notes = {}});
  return nodes_.Error(span);
}

NodeId ExprChecker::Check(ast::ExprId id, TypeIndex expected) {
  const ast::Expr& expr = At(id);
  const SourceSpan& span = expr.span;
  if (expected != kNone && types_.KindOf(expected) == TypeKind::kApprovers) {
    return CheckApprovers(id);
  }
  const auto binary = [&](const ast::BinaryExpr& e) {
    switch (e.op) {
      case ast::BinaryOp::kOr:
      case ast::BinaryOp::kAnd:
        return CheckLogic(e, span);
      case ast::BinaryOp::kEqual:
      case ast::BinaryOp::kNotEqual:
      case ast::BinaryOp::kLess:
      case ast::BinaryOp::kLessEqual:
      case ast::BinaryOp::kGreater:
      case ast::BinaryOp::kGreaterEqual:
        return CheckCompare(e, span);
      case ast::BinaryOp::kIn:
        return CheckIn(e, span);
      case ast::BinaryOp::kSubset:
      case ast::BinaryOp::kDisjoint:
        return CheckSets(e, span);
      case ast::BinaryOp::kUnder:
        return CheckUnder(e, span);
      case ast::BinaryOp::kMatches:
        return CheckMatches(e, span);
      case ast::BinaryOp::kAdd:
      case ast::BinaryOp::kSubtract:
      case ast::BinaryOp::kMultiply:
        return CheckArithmetic(e, span, expected);
      case ast::BinaryOp::kConcat:
        break;
    }
    return LooseConcat(span);
  };
  return std::visit(Overloaded{
                        [&](const ast::NameExpr& e) { return CheckName(e.name, expected, true); },
                        [&](const ast::BoolExpr& e) { return BoolLiteral(e.value, span); },
                        [&](const ast::IntExpr& e) {
                          return context_.AddLiteral(Value{.v = e.value}, types_.Int(), span);
                        },
                        [&](const ast::MoneyExpr& e) { return CheckMoney(e, span); },
                        [&](const ast::DecimalExpr& e) { return CheckDecimal(e, span, expected); },
                        [&](const ast::DurationExpr& e) {
                          return context_.AddLiteral({Duration{e.us}}, types_.Duration(), span);
                        },
                        [&](const ast::RateExpr& e) {
                          const Rate rate{e.count, e.period_us};
                          return context_.AddLiteral({rate}, types_.Rate(), span);
                        },
                        [&](const ast::AfterExpr&) { return LooseAfter(span); },
                        [&](const ast::StringExpr& e) { return CheckString(e, span, expected); },
                        [&](const ast::ListExpr& e) { return CheckList(e, span, expected); },
                        [&](const ast::MemberExpr&) { return CheckReference(id, true); },
                        [&](const ast::IndexExpr& e) { return CheckIndex(e, span); },
                        [&](const ast::CallExpr& e) { return CheckCall(e, span); },
                        [&](const ast::QuantifierExpr& e) {
                          return CheckQuantifier(e, span, expected);
                        },
                        [&](const ast::UnaryExpr& e) { return CheckUnary(e, span, expected); },
                        binary,
                        [&](const ast::PresenceExpr& e) { return CheckPresence(e, span); },
                        [&](const ast::ConditionalExpr& e) {
                          return CheckConditional(e, span, expected);
                        },
                        [&](const ast::ErrorExpr&) { return nodes_.Error(span); },
                    },
                    expr.node);
}

NodeId ExprChecker::CheckAs(ast::ExprId id, TypeIndex expected, std::string_view what) {
  const NodeId node = Check(id, expected);
  return Expect(node, expected, what) ? node : nodes_.Error(At(id).span);
}

namespace {

Help MismatchHelp(const Types& types, const Node& node, TypeIndex expected) {
  const TypeKind wanted = types.KindOf(expected);
  const TypeKind found = types.KindOf(node.type);
  const bool literal = node.kind == NodeKind::kLiteral;
  if (wanted == TypeKind::kMoney && found == TypeKind::kInt && literal) {
    return "write the amount with its currency, such as `500.00 USD`";
  }
  if (wanted == TypeKind::kInstant && found == TypeKind::kString && literal) {
    return "write `instant(\"2026-03-31T00:00:00Z\")`";
  }
  if (wanted == TypeKind::kDate && found == TypeKind::kString && literal) {
    return "write `date(\"2026-03-31\")`";
  }
  if (wanted == TypeKind::kDecimal && found == TypeKind::kInt && literal) {
    return "write it with a point: `5.0`";
  }
  if (wanted == TypeKind::kDuration && found == TypeKind::kInt && literal) {
    return "write it with its unit: `30s`, `15m`, `8h`, `400d`";
  }
  if (types.IsContainer(expected) && types.Same(types[expected].element, node.type)) {
    return "write a list of one: `[…]`";
  }
  if (wanted == TypeKind::kBool && types.IsContainer(node.type)) {
    return "compare its size, or ask about its elements: `size(xs) <= 5`, `any(x in xs: …)`";
  }
  if (wanted == TypeKind::kBool) return "compare it with something: `==`, `<=`, `in`";
  if (wanted == TypeKind::kString && found == TypeKind::kEmail) {
    return "an email is no string: declare both as `email`, or use `.domain`";
  }
  if (wanted == TypeKind::kString && IsCanonicalKind(found)) {
    return "it is no string, so that nobody cuts it at the wrong place: ask with `under`, `in` or "
           "its parts";
  }
  return {};
}

}  // namespace

bool ExprChecker::Expect(NodeId id, TypeIndex expected, std::string_view what) {
  const Node& node = nodes_[id];
  if (node.kind == NodeKind::kError) return false;
  if (expected == kNone) return false;
  if (types_.Same(node.type, expected)) {
    const uint32_t wanted = types_[expected].currency;
    const uint32_t found = types_[node.type].currency;
    if (wanted == 0 || found == 0 || wanted == found) return true;
    context_.Error(diag::Code::kCurrenciesDiffer, node.span,
                   {.message = fmt::format("{} needs {}, but this is {}", what,
                                           types_.NameOf(expected), types_.NameOf(node.type)),
                    .label = types_.NameOf(node.type),
                    .help = "nothing is converted: use one currency",
                    .notes = {}});
    return false;
  }
  context_.Error(
      diag::Code::kTypeMismatch, node.span,
      {.message = fmt::format("{} needs {}, but {} is {}", what, types_.NameOf(expected),
                              context_.Quoted(node.span), types_.NameOf(node.type)),
       .label = fmt::format("{}, not {}", types_.NameOf(node.type), types_.NameOf(expected)),
       .help = MismatchHelp(types_, node, expected),
       .notes = {},
       .fixes = Certain(CurrencyFix(context_, node, expected))});
  return false;
}

bool ExprChecker::RequireReadable(NodeId id) {
  const Node& node = nodes_[id];
  if (node.kind == NodeKind::kError || types_.KindOf(node.type) != TypeKind::kJson) return true;
  context_.Error(diag::Code::kJsonIsOpaque, node.span,
                 {.message = fmt::format("{} is a `json`, which no policy reads",
                                         context_.Quoted(node.span)),
                  .label = "opaque",
                  .help = "only `is present`, `is absent` and `is null` ask about one; declare the "
                          "fields that matter in a record, with `...` for the others",
                  .notes = {}});
  return false;
}

size_t ExprChecker::Assume(const std::vector<PathKey>& present) {
  const size_t mark = present_.size();
  present_.insert(present_.end(), present.begin(), present.end());
  return mark;
}

bool ExprChecker::RequirePresent(NodeId id, std::string_view shown) {
  const Node& node = nodes_[id];
  if (!node.optional || !IsPath(node)) return true;
  if (std::ranges::find(present_, KeyOf(node)) != present_.end()) return true;
  const std::string name(shown.empty() ? context_.sources.TextOf(node.span) : shown);
  context_.Error(diag::Code::kMayBeAbsent, node.span,
                 {.message = fmt::format("`{}` is optional and may be absent here", name),
                  .label = "used without a test",
                  .help = fmt::format("say what an absent one means: `{} is absent or …`, "
                                      "`{} is present and …`",
                                      name, name),
                  .notes = {}});
  return false;
}

NodeId ExprChecker::MakeOperation(Op op, TypeIndex type, NodeId left, NodeId right,
                                  const SourceSpan& span) {
  if (nodes_.IsError(left) || (right != kNone && nodes_.IsError(right))) return nodes_.Error(span);
  const uint16_t below =
      std::max(nodes_[left].depth, right == kNone ? uint16_t{0} : nodes_[right].depth);
  if (below >= limits::kExpressionDepth) return TooDeep(span);
  if (right != kNone && !DomainsFit(context_, nodes_[left], nodes_[right])) {
    return nodes_.Error(span);
  }
  return nodes_.Add({.kind = NodeKind::kOperation,
                     .op = op,
                     .depth = static_cast<uint16_t>(below + 1),
                     .type = type,
                     .left = left,
                     .right = right,
                     .span = span});
}

NodeId ExprChecker::TooDeep(const SourceSpan& span) {
  context_.Error(diag::Code::kExpressionTooDeep, span,
                 {.message = fmt::format("more than {} operators stand below each other, with "
                                         "the `let`s that are used put in",
                                         limits::kExpressionDepth),
                  .label = "too deep",
                  .help = "split the condition over several `require`s",
                  .notes = {}});
  return nodes_.Error(span);
}

const bool* ExprChecker::BoolOf(NodeId id) const {
  if (nodes_[id].kind != NodeKind::kLiteral || nodes_[id].datum) return nullptr;
  return std::get_if<bool>(&context_.ValueOf(id).v);
}

}  // namespace cap::check
