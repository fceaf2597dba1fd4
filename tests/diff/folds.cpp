// `count` and `sum` of generated expressions, and what they mean.
#include <algorithm>

#include "tests/diff/expressions.h"
#include "tests/diff/oracle.h"

namespace cap::diff {

ExprPtr ExpressionMaker::Count(int depth) {
  if (open_ >= 3) return nullptr;
  Expr count;
  count.op = ExprOp::kCount;
  count.ty = kInt;
  return WithBody(std::move(count), ListToVisit(), [&] { return Bool(depth - 1); });
}

ExprPtr ExpressionMaker::Sum(Ty ty, int depth) {
  if (open_ >= 3) return nullptr;
  Expr sum;
  sum.op = ExprOp::kSum;
  sum.ty = ty;
  ++sums_;
  const ExprPtr made = WithBody(std::move(sum), ListToVisit(), [&]() -> ExprPtr {
    switch (InfoOf(ty).kind) {
      case Kind::kInt: return Int(depth - 1, false);
      case Kind::kMoney: return MoneyOf(depth - 1, false);
      case Kind::kDuration: return Span(depth - 1, false);
      case Kind::kDecimal: return Share(depth - 1, false);
      case Kind::kBool: case Kind::kString: case Kind::kEmail: case Kind::kEnum:
      case Kind::kInstant: case Kind::kSet: case Kind::kList: case Kind::kRecord: case Kind::kDate:
      case Kind::kPath: case Kind::kIp: case Kind::kCidr: case Kind::kUrl: case Kind::kJson:
      case Kind::kMap: break;
    }
    return nullptr;
  });
  --sums_;
  return made;
}

namespace {

/// The currency that is known without a call; 0: none.
uint32_t CurrencyOf(const Expr& expr) {
  switch (expr.op) {
    case ExprOp::kVar:
    case ExprOp::kLiteral:
      return expr.ty == kUsd || expr.ty == kUsdMinor || expr.ty == kSigned ? 840 : 0;
    case ExprOp::kMul: return CurrencyOf(*expr.kids[0]);
    case ExprOp::kSum: return CurrencyOf(*expr.kids[1]);
    case ExprOp::kAdd:
    case ExprOp::kSub: {
      const uint32_t left = CurrencyOf(*expr.kids[0]);
      return left != 0 ? left : CurrencyOf(*expr.kids[1]);
    }
    default: return 0;
  }
}

/// A sum without bounds: halves of the numbers are added up apart, which nothing here can fill.
struct Total {
  __int128 high = 0;
  unsigned __int128 low = 0;

  void Add(Coefficient term) {
    high += static_cast<int64_t>(term >> 64);
    low += static_cast<uint64_t>(term);
  }
  __int128 top() const { return high + static_cast<__int128>(low >> 64); }
  bool Fits128() const { return top() == static_cast<int64_t>(top()); }
  Coefficient value() const {
    const auto bits = static_cast<unsigned __int128>(top()) << 64 | static_cast<uint64_t>(low);
    return static_cast<Coefficient>(bits);
  }
};

}  // namespace

bool Oracle::IsSigned(const Expr& expr) {
  switch (expr.op) {
    case ExprOp::kVar: return expr.ty == kSigned;
    case ExprOp::kLiteral: {
      const auto* money = std::get_if<Money>(&expr.literal.v);
      return money != nullptr && money->minor_units < 0;
    }
    case ExprOp::kMul: return IsSigned(*expr.kids[0]);
    case ExprOp::kSum: return IsSigned(*expr.kids[1]);
    case ExprOp::kAdd:
    case ExprOp::kSub: return IsSigned(*expr.kids[0]) || IsSigned(*expr.kids[1]);
    default: return false;
  }
}

std::vector<const Value*> Oracle::ElementsOf(const Value& list, Kind kind) {
  std::vector<const Value*> elements;
  for (const Value& item : std::get<Value::List>(list.v)) {
    const auto same = [&](const Value* other) { return *other == item; };
    if (kind == Kind::kSet && std::ranges::any_of(elements, same)) continue;
    elements.push_back(&item);
  }
  return elements;
}

const Value* Oracle::Fold(const Expr& expr) {
  const Value* list = Get(*expr.kids[0]);
  if (list == nullptr) return nullptr;
  if (elements_.size() <= expr.element) elements_.resize(expr.element + 1);
  const Expr& body = *expr.kids[1];
  const bool counts = expr.op == ExprOp::kCount;
  int64_t count = 0;
  Total total;
  uint32_t currency = CurrencyOf(expr);
  for (const Value* item : ElementsOf(*list, InfoOf(expr.kids[0]->ty).kind)) {
    elements_[expr.element] = item;
    const Tri truth = counts ? Bool(body) : Tri::kTrue;
    const Value* term = counts ? nullptr : Get(body);
    if (truth == Tri::kFault || (!counts && term == nullptr)) return nullptr;
    count += truth == Tri::kTrue ? 1 : 0;
    if (counts) continue;
    total.Add(NumberOf(*term));
    const auto* money = std::get_if<Money>(&term->v);
    if (money == nullptr) continue;
    if (currency != 0 && money->currency != currency) return nullptr;
    currency = money->currency;
  }
  if (counts) return Keep({count});
  if (!total.Fits128()) return nullptr;
  if (expr.ty == kShare) return Keep({MakeDecimal(total.value(), 2)});
  if (total.value() != static_cast<int64_t>(total.value())) return nullptr;
  const auto word = static_cast<int64_t>(total.value());
  if (expr.ty == kInt) return Keep({word});
  if (expr.ty == kDuration) return Keep({Duration{word}});
  if ((word < 0 && !IsSigned(expr)) || currency == 0) return nullptr;
  return Keep({Money{word, currency}});
}

}  // namespace cap::diff
