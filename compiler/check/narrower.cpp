#include "compiler/check/narrower.h"

#include <algorithm>

#include "runtime/value/decimal.h"
#include "runtime/value/rate.h"

namespace cap::check {

namespace {

// Two lists of literals with more elements are not compared.
constexpr size_t kCompared = 256;

bool IsSame(const Context& context, const Node& a, const Node& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case NodeKind::kLiteral:
      return a.index == b.index ||
             context.program.values[a.index] == context.program.values[b.index];
    case NodeKind::kBound:
    case NodeKind::kSlot:
      return a.index == b.index;
    case NodeKind::kNow:
      return true;
    case NodeKind::kError:
    case NodeKind::kElement:
    case NodeKind::kParameter:
    case NodeKind::kRow:
    case NodeKind::kPresent:
    case NodeKind::kNull:
    case NodeKind::kOperation:
    case NodeKind::kQuantifier:
    case NodeKind::kConditional:
      return false;
  }
  return false;
}

std::optional<Coefficient> NumberIn(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value.v)) return *number;
  if (const auto* money = std::get_if<Money>(&value.v)) return money->minor_units;
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) return CoefficientOf(*decimal);
  if (const auto* duration = std::get_if<Duration>(&value.v)) return duration->us;
  if (const auto* instant = std::get_if<Instant>(&value.v)) return instant->us;
  if (const auto* date = std::get_if<Date>(&value.v)) return date->days;
  return std::nullopt;
}

bool AtMost(const Value& a, const Value& b) {
  const auto* money = std::get_if<Money>(&a.v);
  const auto* other = std::get_if<Money>(&b.v);
  if (money != nullptr && other != nullptr && money->currency != other->currency) return false;
  const auto* rate = std::get_if<Rate>(&a.v);
  const auto* faster = std::get_if<Rate>(&b.v);
  if (rate != nullptr && faster != nullptr) return !SlowerRate(*faster, *rate);
  const std::optional<Coefficient> x = NumberIn(a);
  const std::optional<Coefficient> y = NumberIn(b);
  return x && y && *x <= *y;
}

bool IsSubset(const Value& a, const Value& b) {
  const auto* mask = std::get_if<ApproverMask>(&a.v);
  const auto* other = std::get_if<ApproverMask>(&b.v);
  if (mask != nullptr && other != nullptr) return (mask->mask & ~other->mask) == 0;
  const auto* items = std::get_if<Value::List>(&a.v);
  const auto* all = std::get_if<Value::List>(&b.v);
  if (items == nullptr || all == nullptr) return false;
  if (items->size() > kCompared || all->size() > kCompared) return false;
  return std::ranges::all_of(*items, [&](const Value& item) {
    return std::ranges::find(*all, item) != all->end();
  });
}

}  // namespace

bool NoWider(const Context& context, NodeId narrow, NodeId wide,
             std::optional<ast::Narrows::Order> order) {
  const Node& a = context.nodes[narrow];
  const Node& b = context.nodes[wide];
  if (IsSame(context, a, b)) return true;
  if (a.kind != NodeKind::kLiteral || b.kind != NodeKind::kLiteral) return false;
  if (a.datum || b.datum || !order) return false;
  const Value& x = context.program.values[a.index];
  const Value& y = context.program.values[b.index];
  switch (*order) {
    case ast::Narrows::Order::kAtMost:
      return AtMost(x, y);
    case ast::Narrows::Order::kAtLeast:
      return AtMost(y, x);
    case ast::Narrows::Order::kSubset:
      return IsSubset(x, y);
    case ast::Narrows::Order::kSuperset:
      return IsSubset(y, x);
    case ast::Narrows::Order::kSame:
    case ast::Narrows::Order::kWithin:
      return false;  // places of one another's are not compared
  }
  return false;
}

bool SameSource(const Program& program, const ConstSource& a, const ConstSource& b) {
  if (a.bound != b.bound) return false;
  return a.index == b.index || (!a.bound && program.values[a.index] == program.values[b.index]);
}

}  // namespace cap::check
