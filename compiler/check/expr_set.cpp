// in, subset, disjoint.
#include <fmt/core.h>

#include "compiler/check/expr.h"

namespace cap::check {

namespace {

enum class Elements : uint8_t { kWords, kTexts, kDecimals, kNeither };

Elements ElementsOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt:
    case TypeKind::kEnum:
    case TypeKind::kInstant:
    case TypeKind::kDuration:
    case TypeKind::kDate:
      return Elements::kWords;
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
      return Elements::kTexts;
    case TypeKind::kDecimal:
      return Elements::kDecimals;
    case TypeKind::kBool:
    case TypeKind::kMoney:
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
      return Elements::kNeither;
  }
  return Elements::kNeither;
}

/// The opcodes of one question, for each way in which elements are compared.
struct SetOps {
  Op mask, words, texts, decimals;

  Op Of(bool is_mask, TypeKind element) const {
    if (is_mask) return mask;
    const Elements elements = ElementsOf(element);
    if (elements == Elements::kDecimals) return decimals;
    return elements == Elements::kWords ? words : texts;
  }
};
constexpr SetOps kIn{Op::kMaskIn, Op::kWordIn, Op::kStrIn, Op::kDecIn};
constexpr SetOps kSubset{Op::kMaskSubset, Op::kWordSubset, Op::kStrSubset, Op::kDecSubset};
constexpr SetOps kDisjoint{Op::kMaskDisjoint, Op::kWordDisjoint, Op::kStrDisjoint,
                           Op::kDecDisjoint};

}  // namespace

bool ExprChecker::RequireContainer(NodeId id, std::string_view what) {
  const Node& node = nodes_[id];
  if (types_.IsContainer(node.type)) return true;
  context_.Error(diag::Code::kNotAList, node.span,
                 {.message = fmt::format("{} needs a list or a set, but {} is {}", what,
                                         context_.Quoted(node.span), types_.NameOf(node.type)),
                  .label = types_.NameOf(node.type),
                  .help = types_.KindOf(node.type) == TypeKind::kString
                              ? "for a part of a text, write `contains(text, part)`"
                              : "",
                  .notes = {}});
  return false;
}

bool ExprChecker::ElementsComparable(TypeIndex element, const SourceSpan& span) {
  if (ElementsOf(types_.KindOf(element)) != Elements::kNeither) return true;
  context_.Error(
      diag::Code::kNotAList, span,
      {.message = fmt::format("a list of {} cannot be searched as a whole", types_.NameOf(element)),
       .label = "elements have to be int, decimal, enum, instant, date, duration or texts",
       .help = "ask its elements: `any(x in xs: …)`",
       .notes = {}});
  return false;
}

NodeId ExprChecker::CheckIn(const ast::BinaryExpr& binary, const SourceSpan& span) {
  NodeId left = kNone;
  NodeId right = kNone;
  if (std::holds_alternative<ast::StringExpr>(At(binary.left).node)) {
    right = Check(binary.right);
    const bool container = !nodes_.IsError(right) && types_.IsContainer(nodes_[right].type);
    const TypeIndex element = container ? ElementToFind(nodes_[right].type) : kNone;
    left = Check(binary.left, element == types_.Cidr() ? NetworkOrAddress(binary.left) : element);
  } else {
    left = Check(binary.left);
    const bool scalar = !nodes_.IsError(left) && types_.IsScalar(nodes_[left].type);
    TypeIndex expected = scalar ? types_.SetOf(nodes_[left].type) : kNone;
    if (scalar && nodes_[left].type == types_.Ip()) expected = NetworksFor(binary.right);
    right = Check(binary.right, expected);
  }
  if (nodes_.IsError(left) || nodes_.IsError(right)) return nodes_.Error(span);
  if (types_.KindOf(nodes_[right].type) == TypeKind::kSchedule) {
    return CheckInSchedule(left, right, span);
  }
  if (types_.KindOf(nodes_[right].type) == TypeKind::kMap) return InMap(left, right, span);
  if (const NodeId in = InNetwork(left, right, span); in != kNone) return in;
  if (!RequireContainer(right, "`in`")) return nodes_.Error(span);
  const TypeIndex element = types_[nodes_[right].type].element;
  if (!types_.Same(nodes_[left].type, element)) {
    const bool whole = types_.IsContainer(nodes_[left].type);
    context_.Error(
        diag::Code::kNotComparable, span,
        {.message = fmt::format("{} is {}, but the elements of {} are {}",
                                context_.Quoted(nodes_[left].span), context_.TypeName(left),
                                context_.Quoted(nodes_[right].span), types_.NameOf(element)),
         .label = "can never be an element",
         .help = whole ? "for all elements of a list, write `xs subset ys`" : "",
         .notes = {}});
    return nodes_.Error(span);
  }
  if (!ElementsComparable(element, span)) return nodes_.Error(span);
  const bool mask = ClassOf(context_.program, nodes_[right].type) == ValueClass::kMask;
  const Op op = kIn.Of(mask, types_.KindOf(element));
  return MakeOperation(op, types_.Bool(), left, right, span);
}

/// a == b of two sets of one type: neither has an element that the other lacks.
NodeId ExprChecker::SetsEqual(NodeId left, NodeId right, const SourceSpan& span) {
  const TypeIndex type = nodes_[left].type;
  const TypeIndex element = types_[type].element;
  const bool mask = ClassOf(context_.program, type) == ValueClass::kMask;
  const Op op = kSubset.Of(mask, types_.KindOf(element));
  const NodeId there = MakeOperation(op, types_.Bool(), left, right, span);
  const NodeId back = MakeOperation(op, types_.Bool(), right, left, span);
  return MakeOperation(Op::kAnd, types_.Bool(), there, back, span);
}

NodeId ExprChecker::CheckSets(const ast::BinaryExpr& binary, const SourceSpan& span) {
  const bool subset = binary.op == ast::BinaryOp::kSubset;
  const std::string_view what = subset ? "`subset`" : "`disjoint`";
  const Pair pair = CheckOperands(binary.left, binary.right);
  if (nodes_.IsError(pair.left) || nodes_.IsError(pair.right)) return nodes_.Error(span);
  if (!RequireContainer(pair.left, what) || !RequireContainer(pair.right, what)) {
    return nodes_.Error(span);
  }
  const TypeIndex left = nodes_[pair.left].type;
  const TypeIndex right = nodes_[pair.right].type;
  const TypeIndex element = types_[left].element;
  const bool mask = ClassOf(context_.program, left) == ValueClass::kMask;
  const bool same = types_.Same(element, types_[right].element) &&
                    mask == (ClassOf(context_.program, right) == ValueClass::kMask);
  if (!same) {
    context_.Error(
        diag::Code::kNotComparable, span,
        {.message = fmt::format("{} is {}, but {} is {}", context_.Quoted(nodes_[pair.left].span),
                                types_.NameOf(left), context_.Quoted(nodes_[pair.right].span),
                                types_.NameOf(right)),
         .label = fmt::format("{} needs elements of one type", what),
         .help = mask ? "declare both as sets of the enum" : "",
         .notes = {}});
    return nodes_.Error(span);
  }
  if (!ElementsComparable(element, span)) return nodes_.Error(span);
  const Op op = (subset ? kSubset : kDisjoint).Of(mask, types_.KindOf(element));
  return MakeOperation(op, types_.Bool(), pair.left, pair.right, span);
}

}  // namespace cap::check
