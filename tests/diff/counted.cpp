#include "tests/diff/counted.h"

#include <fmt/format.h>

namespace cap::diff {
namespace {

using test::Below;
using test::Chance;
using test::Random;

ExprPtr Make(ExprOp op, std::vector<ExprPtr> kids) {
  Expr expr;
  expr.op = op;
  expr.kids = std::move(kids);
  return std::make_shared<const Expr>(std::move(expr));
}

class Maker {
 public:
  Maker(Random& random, ExpressionMaker& maker) : random_(random), maker_(maker) {}

  bool Run(Statement& made) {
    const bool money = Chance(random_, 0.4);
    const ExprPtr amount = money ? maker_.VarOfKind(Kind::kMoney) : Amount();
    const ExprPtr limit = money ? MoneyLimit() : Limit();
    if (amount == nullptr || limit == nullptr) return false;
    made.amount = amount;
    made.limit = limit;
    ExprPtr body = Make(ExprOp::kCharge, {amount, limit});
    std::string per;
    for (const ExprPtr& key : Keys()) {
      body = Make(ExprOp::kAnd, {body, Make(ExprOp::kUsable, {key})});
      per += (per.empty() ? "" : ", ") + TextOf(*key);
    }
    made.bodies = {body};
    made.text = Text(money, TextOf(*amount), TextOf(*limit), per);
    made.bare = !constrained_;
    return true;
  }

 private:
  ExprPtr Number(int64_t value) { return maker_.LiteralOf(kInt, {value}); }

  ExprPtr Amount() {
    const ExprPtr var = maker_.VarOf(kInt);
    if (var == nullptr || Chance(random_, 0.2)) return Number(1);
    if (Chance(random_, 0.6)) return var;
    Expr sum;
    sum.op = ExprOp::kAdd;
    sum.ty = kInt;
    sum.kids = {var, Number(static_cast<int64_t>(Below(random_, 5)))};
    return std::make_shared<const Expr>(std::move(sum));
  }
  ExprPtr Limit() {
    const ExprPtr var = maker_.VarOf(kInt);
    if (var == nullptr || Chance(random_, 0.5)) {
      return Number(1'000'000 + static_cast<int64_t>(Below(random_, 3)));
    }
    return var;
  }
  ExprPtr MoneyLimit() {
    if (Chance(random_, 0.4)) return maker_.VarOfKind(Kind::kMoney);
    return maker_.Literal(kUsd);
  }

  std::vector<ExprPtr> Keys() {
    static constexpr Ty kTys[] = {kString, kInt, kColor, kDay, kEmail, kIp};
    std::vector<ExprPtr> keys;
    const uint64_t wanted = Below(random_, 3);
    for (uint64_t i = 0; i < wanted; ++i) {
      const ExprPtr key = maker_.VarOf(kTys[Below(random_, std::size(kTys))]);
      if (key != nullptr) keys.push_back(key);
    }
    return keys;
  }

  std::string Text(bool money, const std::string& amount, const std::string& limit,
                   const std::string& per) {
    const std::string key = per.find(',') == per.npos ? per : "[" + per + "]";
    if (Chance(random_, 0.5)) {
      return fmt::format("consume {} of quota({}, every: \"{}\"){}", amount, limit,
                         Chance(random_, 0.5) ? "day" : "month",
                         key.empty() ? "" : " per " + key);
    }
    constrained_ = true;
    const std::string named = key.empty() ? "" : ", per: " + key;
    if (money) return fmt::format("spent({}{}) of {}", limit, named, amount);
    return fmt::format("counted({}, most: {}{})", amount, limit, named);
  }

  Random& random_;
  ExpressionMaker& maker_;
  bool constrained_ = false;
};

}  // namespace

std::string CountingConstraints() {
  return "constraint counted(n: int, most: int, per: key = subject) {\n"
         "  consume n of quota(most, every: \"month\") per per\n"
         "  deny \"{{n}} of {{most}}\" }\n"
         "constraint spent(most: money, per: key = subject) of sum: money {\n"
         "  consume sum of quota(most, every: \"day\") per per }\n";
}

bool MakeCounted(Random& random, ExpressionMaker& maker, Statement& made) {
  return Maker(random, maker).Run(made);
}

}  // namespace cap::diff
