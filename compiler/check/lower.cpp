#include "compiler/check/lower.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/domain.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"
#include "runtime/value/calendar.h"

namespace cap::check {

namespace {

// Nodes that are looked at for one rule. Values that are equal cost no instruction, so without this
// a rule within kInstructions could still take as long as its author likes.
constexpr uint32_t kVisits = 16 * limits::kInstructions;

uint64_t MemoOf(Placed placed) { return uint64_t{placed.instance} << 32 | placed.node; }

bool PlacedLess(const Placed& a, const Placed& b) { return MemoOf(a) < MemoOf(b); }

}  // namespace

Lowering::Lowering(Context& context, Shapes& shapes, ShapeKind kind, uint32_t tool,
                   const SourceSpan& rule)
    : context_(context),
      shapes_(shapes),
      rule_(rule),
      instances_(context.nodes),
      bounds_(context, instances_, tool),
      literal_consts_(PlacedLess) {
  shape_.kind = kind;
  shape_.tool = tool;
}

// --- instructions ---

uint32_t Lowering::Append(const Inst& inst, const SourceSpan& span) {
  if (insts_.size() >= limits::kInstructions) {
    full_ = true;
    return 0;
  }
  insts_.push_back(inst);
  spans_.push_back(context_.Place(span));
  return static_cast<uint32_t>(insts_.size() - 1);
}

uint32_t Lowering::Emit(Op op, TypeIndex type, uint32_t a, uint32_t b, const SourceSpan& span) {
  const InstKey key{op, static_cast<uint16_t>(type), a, b};
  if (const auto at = values_.find(key); at != values_.end()) return at->second;
  const uint32_t inst = Append({.op = op, .type = key.type, .a = a, .b = b}, span);
  values_.emplace(key, inst);
  values_order_.push_back(key);
  return inst;
}

/// A clause and a body end with their result; one that was computed before is computed again.
uint32_t Lowering::MakeLast(uint32_t inst, uint32_t first, const SourceSpan& span) {
  if (full_ || (inst >= first && inst + 1 == insts_.size())) return inst;
  const Inst result = insts_[inst];
  const bool quantifier = HasBody(result.op);
  // The body of a quantifier ends after it, so a quantifier at the end is the result itself.
  if (quantifier && inst >= first && inst + 1 + result.b == insts_.size()) return inst;
  const auto type = static_cast<uint16_t>(context_.types.Bool());
  // A fold is no bool, and is never what was computed before: LowerBody().
  if (quantifier) return Append({.op = Op::kAnd, .type = type, .a = inst, .b = inst}, span);
  return Append(result, span);
}

void Lowering::OpenRange() { ranges_.push_back({memo_order_.size(), values_order_.size()}); }

void Lowering::CloseRange() {
  const Mark mark = ranges_.back();
  ranges_.pop_back();
  while (memo_order_.size() > mark.memo) {
    memo_.erase(memo_order_.back());
    memo_order_.pop_back();
  }
  while (values_order_.size() > mark.values) {
    values_.erase(values_order_.back());
    values_order_.pop_back();
  }
}

// --- values ---

/// Constants of one kind have one type whatever their bounds, so that they share shapes. A currency
/// that a mint holds a value to belongs to the constant.
TypeIndex Lowering::ConstantType(const Node& node) {
  Types& types = context_.types;
  const Type type = types[node.type];
  if (node.kind == NodeKind::kBound && type.kind == TypeKind::kMoney) {
    return types.MoneyIn(type.currency, type.is_signed);
  }
  const bool amounts =
      types.IsContainer(node.type) && types.KindOf(type.element) == TypeKind::kMoney;
  return node.kind == NodeKind::kBound && amounts ? node.type : types.Canonical(node.type);
}

uint32_t Lowering::ConstantOf(Placed placed) {
  const Instances::Found found = instances_.Resolve(placed);
  const Node& node = found.node;
  const auto add = [&](ConstSource source) {
    consts_.push_back(source);
    shape_.const_types.push_back(ConstantType(node));
    return static_cast<uint32_t>(consts_.size() - 1);
  };
  if (node.kind == NodeKind::kBound) {
    const auto at = bound_consts_.find(node.index);
    if (at != bound_consts_.end()) return at->second;
    return bound_consts_[node.index] = add({.bound = true, .index = node.index});
  }
  if (node.kind != NodeKind::kLiteral) return kNone;
  const auto at = literal_consts_.find(found.at);
  if (at != literal_consts_.end()) return at->second;
  const uint32_t index = add({.bound = false, .index = node.index});
  literal_consts_.emplace(found.at, index);
  return index;
}

uint32_t Lowering::KnownConstant(Placed placed) const {
  const Instances::Found found = instances_.Resolve(placed);
  if (found.node.kind == NodeKind::kBound) {
    const auto at = bound_consts_.find(found.node.index);
    return at == bound_consts_.end() ? kNone : at->second;
  }
  const auto at = literal_consts_.find(found.at);
  return at == literal_consts_.end() ? kNone : at->second;
}

Lowering::Lowered Lowering::Lower(Placed placed) {
  if (++visits_ > kVisits) full_ = true;
  if (full_) return {};
  const Instances::Found found = instances_.Resolve(placed);
  const uint64_t key = MemoOf(found.at);
  if (const auto at = memo_.find(key); at != memo_.end()) return at->second;
  const Lowered lowered = LowerFound(found, found.below);
  // What is made while a choice is decided may be another thing with the other branch.
  if (!choices_.empty() && found.node.left != kNone) return lowered;
  memo_.emplace(key, lowered);
  memo_order_.push_back(key);
  return lowered;
}

Lowering::Lowered Lowering::LowerFound(const Instances::Found& found, InstanceId instance) {
  const Node& node = found.node;
  Lowered lowered;
  switch (node.kind) {
    case NodeKind::kError:
    case NodeKind::kParameter:
      break;  // neither gets here: errors are not lowered
    case NodeKind::kLiteral:
    case NodeKind::kBound:
      lowered.known = KnownLiteral(node);
      lowered.inst = Emit(Op::kConst, ConstantType(node), ConstantOf(found.at), 0, node.span);
      break;
    case NodeKind::kNow:
      lowered.inst = Emit(Op::kNow, node.type, 0, 0, node.span);
      break;
    case NodeKind::kSlot:
      shape_.required[node.index >> 6] |= uint64_t{1} << (node.index & 63);
      lowered.known.currency = context_.types[node.type].currency;
      lowered.inst = Emit(Op::kLoad, node.type, node.index, 0, node.span);
      break;
    case NodeKind::kElement:
      lowered.known.currency = context_.types[node.type].currency;
      lowered.inst = Emit(Op::kElement, node.type, variables_[node.index], node.offset, node.span);
      break;
    case NodeKind::kRow: {
      const Lowered row = Lower({node.left, instance});
      lowered.known.currency = context_.types[node.type].currency;
      lowered.inst = Emit(Op::kRow, node.type, row.inst, node.offset, node.span);
      break;
    }
    case NodeKind::kPresent:
    case NodeKind::kNull:
      return LowerPresent(node, instance);
    case NodeKind::kOperation:
      return LowerOperation(node, instance);
    case NodeKind::kQuantifier:
      return LowerQuantifier(node, instance);
    case NodeKind::kConditional:
      return LowerConditional(node, found.at);
  }
  return lowered;
}

Lowering::Lowered Lowering::LowerPresent(const Node& node, InstanceId instance) {
  const Instances::Found found = instances_.Resolve({node.left, instance});
  const Node& path = found.node;
  const TypeIndex type = context_.types.Bool();
  const bool null = node.kind == NodeKind::kNull;
  if (path.kind == NodeKind::kRow) {
    const Lowered row = Lower({path.left, found.below});
    const Op op = null ? Op::kRowNull : Op::kRowPresent;
    return {Emit(op, type, row.inst, path.offset, node.span), {}};
  }
  if (path.kind == NodeKind::kElement) {
    const Op op = null ? Op::kElementNull : Op::kElementPresent;
    return {Emit(op, type, variables_[path.index], path.offset, node.span), {}};
  }
  return {Emit(null ? Op::kNull : Op::kPresent, type, path.index, 0, node.span), {}};
}

Lowering::Lowered Lowering::LowerOperation(const Node& node, InstanceId instance) {
  if (context_.has_choices && context_.types.KindOf(node.type) == TypeKind::kBool) {
    const Placed choice = OpenChoice(node, instance);
    if (choice.node != kNone) return LowerSplit(node, instance, choice);
  }
  const Lowered left = Lower({node.left, instance});
  const Lowered right = node.right == kNone ? Lowered{} : Lower({node.right, instance});
  if (full_) return {};
  if (node.right != kNone && !DomainsFit(context_, instances_.Resolve({node.left, instance}).node,
                                         instances_.Resolve({node.right, instance}).node)) {
    failed_ = true;
    return {};
  }
  if (node.op == Op::kDateAdd && !MovesWholeDays(node, right.known)) return {};
  Lowered lowered;
  lowered.known = Fold(node, left.known, node.right == kNone ? left.known : right.known);
  // A row is a list as the one that it is of was declared.
  const bool row = node.op == Op::kListFirst || node.op == Op::kListLast ||
                   node.op == Op::kMapWord || node.op == Op::kMapStr;
  const TypeIndex type = row ? node.type : context_.types.Canonical(node.type);
  lowered.inst = Emit(node.op, type, left.inst, node.right == kNone ? 0 : right.inst, node.span);
  return lowered;
}

/// A date cannot be moved by a part of a day, which is seen here where a parameter says how far.
bool Lowering::MovesWholeDays(const Node& move, const Known& by) {
  if (!by.value || *by.value % kDayUs == 0) return true;
  failed_ = true;
  context_.Error(diag::Code::kNoWholeDays, statement_,
                 {.message = "this moves a date by parts of a day, which is always a fault",
                  .label = "a date has no hours",
                  .help = "write days or weeks: `30d`, `2w`; an instant has hours",
                  .notes = {{move.span, "moved here"}}});
  return false;
}

/// A body ends in its result. A fold that was computed outside of it cannot be the result, and
/// nothing copies one, so it is computed again.
Lowering::Lowered Lowering::LowerBody(Placed body) {
  const Instances::Found found = instances_.Resolve(body);
  const bool fold = found.node.kind == NodeKind::kQuantifier && IsFold(found.node.op);
  return fold ? LowerFound(found, found.below) : Lower(body);
}

Lowering::Lowered Lowering::LowerQuantifier(const Node& node, InstanceId instance) {
  const Lowered list = Lower({node.left, instance});
  if (IsFold(node.op) && !NoChoice(node, instance)) return {};
  // A sum of money keeps its currency, which an empty one has from nowhere else.
  const bool money = context_.types.KindOf(node.type) == TypeKind::kMoney;
  const TypeIndex type = money ? node.type : context_.types.Canonical(node.type);
  const uint32_t inst = Append(
      {.op = node.op, .type = static_cast<uint16_t>(type), .a = list.inst}, node.span);
  if (ranges_.size() > limits::kQuantifierDepth) {
    failed_ = true;
    context_.Error(
        diag::Code::kQuantifiersTooDeep, node.span,
        {.message = fmt::format("`any`, `all`, `count` and `sum` nest at most {} deep",
                                limits::kQuantifierDepth),
         .label = "one too deep",
         .help = "have a fact that says what is asked here",
         .notes = {}});
    return {};
  }
  if (full_) return {};
  const uint32_t outer = variables_.contains(node.index) ? variables_[node.index] : kNone;
  variables_[node.index] = inst;
  OpenRange();
  const Lowered body = LowerBody({node.right, instance});
  MakeLast(body.inst, inst + 1, context_.nodes[node.right].span);
  if (!full_ && !IsFold(node.op)) {
    quantifier_limits_[inst] = LimitOfBody({node.right, instance}, inst);
  }
  CloseRange();
  variables_[node.index] = outer;
  if (full_) return {};
  insts_[inst].b = static_cast<uint32_t>(insts_.size() - inst - 1);
  Lowered lowered{inst, {}};
  if (money) lowered.known.currency = context_.types[node.type].currency;
  return lowered;
}

// --- what is known ---

Lowering::Known Lowering::KnownLiteral(const Node& node) const {
  if (node.kind == NodeKind::kBound || node.datum) return {};
  Known known{.depends = false, .value = std::nullopt, .currency = 0};
  const Value& value = context_.program.values[node.index];
  if (const auto* truth = std::get_if<bool>(&value.v)) known.value = *truth ? 1 : 0;
  if (const auto* number = std::get_if<int64_t>(&value.v)) known.value = *number;
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) known.value = CoefficientOf(*decimal);
  if (const auto* instant = std::get_if<Instant>(&value.v)) known.value = instant->us;
  if (const auto* duration = std::get_if<Duration>(&value.v)) known.value = duration->us;
  if (const auto* date = std::get_if<Date>(&value.v)) known.value = date->days;
  if (const auto* money = std::get_if<Money>(&value.v)) {
    known.value = money->minor_units;
    known.currency = money->currency;
  }
  return known;
}

Lowering::Known Lowering::Fold(const Node& node, const Known& left, const Known& right) {
  Known known{.depends = left.depends || right.depends, .value = std::nullopt, .currency = 0};
  const auto is = [](const Known& side, int64_t value) { return side.value == value; };
  const bool both = left.value && right.value;
  const bool money = node.op == Op::kMoneyEq || node.op == Op::kMoneyLt ||
                     node.op == Op::kMoneyAdd || node.op == Op::kMoneySub ||
                     node.op == Op::kMoneyCharge;
  if (money && left.currency != 0 && right.currency != 0 && left.currency != right.currency) {
    failed_ = true;
    context_.Error(
        diag::Code::kCurrenciesDiffer, statement_,
        {.message = "this compares two currencies, which can never be decided",
         .label = fmt::format("{} here and {} there",
                              context_.types.NameOf(context_.types.MoneyIn(left.currency)),
                              context_.types.NameOf(context_.types.MoneyIn(right.currency))),
         .help = "nothing is converted: use one currency",
         .notes = {{node.span, "compared here"}}});
  }
  if (money || node.op == Op::kMoneyMul) {
    known.currency = left.currency != 0 ? left.currency : right.currency;
  }
  if (node.op == Op::kAnd) {
    if (is(left, 0) || is(right, 0)) known.value = 0;
    if (is(left, 1) && is(right, 1)) known.value = 1;
  } else if (node.op == Op::kOr) {
    if (is(left, 1) || is(right, 1)) known.value = 1;
    if (is(left, 0) && is(right, 0)) known.value = 0;
  } else if (node.op == Op::kNot && left.value) {
    known.value = 1 - *left.value;
  } else if (both &&
             (node.op == Op::kWordEq || node.op == Op::kMoneyEq || node.op == Op::kDecEq ||
              node.op == Op::kBoolEq)) {
    known.value = *left.value == *right.value ? 1 : 0;
  } else if (both && (node.op == Op::kWordLt || node.op == Op::kMoneyLt ||
                      node.op == Op::kDecLt)) {
    known.value = *left.value < *right.value ? 1 : 0;
  }
  // `day - last` moves by `0 - last`. Of the smallest word there is no negative.
  if (node.op == Op::kIntSub && is(left, 0) && right.value && *right.value != INT64_MIN) {
    known.value = -*right.value;
  }
  if (node.op == Op::kApproved) known = {};
  return known;
}

}  // namespace cap::check
