#include "compiler/check/narrow.h"

#include <fmt/core.h>

#include "runtime/value/text.h"

namespace cap::check {

namespace {

/// How a value, or the truth of a condition, moves while one parameter grows.
enum class Trend : uint8_t { kStill, kUp, kDown, kUnknown };

Trend Flip(Trend trend) {
  if (trend == Trend::kUp) return Trend::kDown;
  return trend == Trend::kDown ? Trend::kUp : trend;
}

Trend Both(Trend a, Trend b) {
  if (a == Trend::kStill) return b;
  return b == Trend::kStill || a == b ? a : Trend::kUnknown;
}

class Trends {
 public:
  Trends(const Context& context, uint32_t parameter) : context_(context), parameter_(parameter) {}
  Trends(const Context& context, uint32_t bound, const std::vector<NodeId>* arguments)
      : context_(context), bound_(bound), arguments_(arguments) {}

  /// Recursion is as deep as operators stand below each other: limits::kExpressionDepth.
  Trend Of(NodeId id) const {
    const Node& node = context_.nodes[id];
    switch (node.kind) {
      case NodeKind::kError:
      case NodeKind::kLiteral:
      case NodeKind::kNow:
      case NodeKind::kSlot:
      case NodeKind::kElement:
        return Trend::kStill;
      case NodeKind::kBound:
        return node.index == bound_ ? Trend::kUp : Trend::kStill;
      case NodeKind::kParameter:
        if (arguments_ != nullptr) {
          const Trend given = Of((*arguments_)[node.index]);
          return node.offset == 0 ? given : Changing(given);
        }
        if (node.index != parameter_) return Trend::kStill;
        return node.offset == 0 ? Trend::kUp : Trend::kUnknown;
      case NodeKind::kPresent:
      case NodeKind::kNull:
      case NodeKind::kRow:
        return Changing(Of(node.left));
      case NodeKind::kOperation:
        return OfOperation(node);
      case NodeKind::kConditional:
        return Both(Changing(Of(node.index)), Both(Of(node.left), Of(node.right)));
      case NodeKind::kQuantifier: {
        // More elements: `any` holds sooner, `all` later. A list that narrows may repeat elements,
        // and terms may be below zero, so that a fold follows no order of its list.
        const Trend list = Of(node.left);
        if (IsFold(node.op)) return Both(Changing(list), Of(node.right));
        return Both(node.op == Op::kAny ? list : Flip(list), Of(node.right));
      }
    }
    return Trend::kUnknown;
  }

  /// Of how much a limit lets through. More: a larger limit, rate or burst, smaller amounts, a
  /// shorter window of what is counted, a shorter hold, an earlier forgetting, a longer time since.
  Trend Of(const LimitSource& limit) const {
    const auto of = [&](NodeId id) { return id == kNone ? Trend::kStill : Of(id); };
    const Trend span = of(limit.span);
    Trend all = Both(of(limit.limit), of(limit.burst));
    all = Both(all, Flip(of(limit.amount)));
    all = Both(all, limit.kind == LimitKind::kAfter ? span : Flip(span));
    all = Both(all, Both(Changing(of(limit.period)), Changing(of(limit.zone))));
    for (const NodeId key : limit.keys) all = Both(all, Changing(of(key)));
    return all;
  }

 private:
  /// Of something that follows no order of its operand.
  static Trend Changing(Trend operand) {
    return operand == Trend::kStill ? Trend::kStill : Trend::kUnknown;
  }
  static bool IsOneOf(Op op, std::initializer_list<Op> ops) {
    for (const Op each : ops) {
      if (op == each) return true;
    }
    return false;
  }

  Trend OfOperation(const Node& node) const {
    const Trend left = Of(node.left);
    const Trend right = node.right == kNone ? Trend::kStill : Of(node.right);
    const Op op = node.op;
    if (IsOneOf(op, {Op::kNot, Op::kApproved})) return Flip(left);
    if (IsOneOf(op, {Op::kAnd, Op::kOr, Op::kIntAdd, Op::kMoneyAdd, Op::kDecAdd,
                     Op::kDateAdd}))
      return Both(left, right);
    if (IsOneOf(op, {Op::kMaskSize, Op::kListSize})) return left;
    if (IsOneOf(op, {Op::kIntSub, Op::kMoneySub, Op::kDecSub})) return Both(left, Flip(right));
    const bool less = IsOneOf(op, {Op::kWordLt, Op::kMoneyLt, Op::kStrLt, Op::kDecLt});
    const bool subset = IsOneOf(op, {Op::kMaskSubset, Op::kWordSubset, Op::kStrSubset,
                                     Op::kDecSubset});
    const bool under = IsOneOf(op, {Op::kPathUnder, Op::kUrlUnder, Op::kNetWithin});
    if (less || subset || under) return Both(Flip(left), right);
    if (IsOneOf(op, {Op::kMaskDisjoint, Op::kWordDisjoint, Op::kStrDisjoint, Op::kDecDisjoint})) {
      return Both(Flip(left), Flip(right));
    }
    if (IsOneOf(op, {Op::kMaskIn, Op::kWordIn, Op::kStrIn, Op::kNetIn, Op::kDecIn})) {
      return Both(Changing(left), right);
    }
    return Changing(Both(left, right));
  }

  const Context& context_;
  uint32_t parameter_ = kNone;
  uint32_t bound_ = kNone;
  const std::vector<NodeId>* arguments_ = nullptr;
};

bool HasOrder(const Types& types, TypeIndex type, ast::Narrows::Order order) {
  const TypeKind kind = types.KindOf(type);
  const bool map = kind == TypeKind::kMap;
  const bool set = (types.IsContainer(type) && !map) || kind == TypeKind::kApprovers;
  switch (order) {
    case ast::Narrows::Order::kSame:
      return true;
    case ast::Narrows::Order::kSubset:
    case ast::Narrows::Order::kSuperset:
      return set;
    case ast::Narrows::Order::kAtMost:
    case ast::Narrows::Order::kAtLeast:
      return !set && !map && kind != TypeKind::kRecord && kind != TypeKind::kBool &&
             !IsTextKind(kind) && kind != TypeKind::kEnum && !IsTable(kind);
    case ast::Narrows::Order::kWithin:
      return kind == TypeKind::kPath || kind == TypeKind::kUrl || kind == TypeKind::kCidr;
  }
  return false;
}

/// Whether a wider value, in the declared order, is the larger one.
bool WiderIsLarger(ast::Narrows::Order order) {
  return order == ast::Narrows::Order::kAtMost || order == ast::Narrows::Order::kSubset ||
         order == ast::Narrows::Order::kWithin;
}

constexpr std::string_view kOrders =
    "`<=` and `>=` are for numbers, amounts and times, `subset` and `superset` for sets, lists and "
    "approvers, `within` for paths, urls and networks, `==` for all";

bool CheckParameter(Context& context, const ConstraintInfo& constraint, uint32_t index,
                    const ast::Narrows& narrows) {
  const Parameter& parameter = constraint.parameters[index];
  const auto bad = [&](std::string message, std::string help, std::vector<diag::Label> notes) {
    context.Error(diag::Code::kNotNarrowing, narrows.span,
                  {.message = std::move(message),
                   .label = "not so",
                   .help = std::move(help),
                   .notes = std::move(notes)});
    return false;
  };
  if (!CheckOrder(context, parameter.type, narrows)) return false;
  if (narrows.order == ast::Narrows::Order::kSame) return true;
  for (const BodyClause& clause : constraint.clauses) {
    const Trends trends(context, index);
    const Trend trend = clause.limit ? trends.Of(*clause.limit) : trends.Of(clause.condition);
    const Trend wanted = WiderIsLarger(narrows.order) ? Trend::kUp : Trend::kDown;
    if (trend == Trend::kStill || trend == wanted) continue;
    const SourceSpan& place = context.nodes[clause.condition].span;
    if (trend == Trend::kUnknown) {
      return bad(fmt::format("that a narrower `{}` permits less does not follow from the body",
                             parameter.name),
                 "write `narrows ==`: then only the same value counts as narrower",
                 {{place, "this condition follows no order of it"}});
    }
    return bad(fmt::format("a `{}` that is narrower in this order permits more", parameter.name),
               "turn the order round", {{place, "by this condition"}});
  }
  return true;
}

}  // namespace

bool CheckOrder(Context& context, TypeIndex type, const ast::Narrows& narrows) {
  if (HasOrder(context.types, type, narrows.order)) return true;
  context.Error(diag::Code::kNotNarrowing, narrows.span,
                {.message = fmt::format("{} has no such order", context.types.NameOf(type)),
                 .label = "not so",
                 .help = std::string(kOrders),
                 .notes = {}});
  return false;
}

bool Keeps(const Context& context, NodeId condition, const std::vector<NodeId>* arguments,
           uint32_t bound, ast::Narrows::Order order, bool restricts) {
  if (order == ast::Narrows::Order::kSame) return true;
  const Trend trend = Trends(context, bound, arguments).Of(condition);
  const Trend wanted = WiderIsLarger(order) != restricts ? Trend::kUp : Trend::kDown;
  return trend == Trend::kStill || trend == wanted;
}

bool Keeps(const Context& context, const LimitSource& limit, const std::vector<NodeId>* arguments,
           uint32_t bound, ast::Narrows::Order order) {
  if (order == ast::Narrows::Order::kSame) return true;
  const Trend trend = Trends(context, bound, arguments).Of(limit);
  return trend == Trend::kStill || trend == (WiderIsLarger(order) ? Trend::kUp : Trend::kDown);
}

bool CheckNarrowing(Context& context, const ConstraintInfo& constraint,
                    const std::vector<const ast::Param*>& declared) {
  bool good = true;
  for (uint32_t i = 0; i < declared.size(); ++i) {
    if (!declared[i]->narrows || constraint.parameters[i].type == kNone) continue;
    good = CheckParameter(context, constraint, i, *declared[i]->narrows) && good;
  }
  return good;
}

}  // namespace cap::check
