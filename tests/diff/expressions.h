// Random well-typed expressions over a scope. Internal to the generator.
#pragma once

#include <functional>

#include "tests/diff/model.h"
#include "tests/support/random_frame.h"

namespace cap::diff {

class ExpressionMaker {
 public:
  /// `literals` collects every literal that is made.
  ExpressionMaker(test::Random& random, std::vector<Var> scope, std::vector<Value>& literals)
      : random_(random), scope_(std::move(scope)), literals_(literals) {}

  ExprPtr Bool(int depth);
  /// A variable of the scope that is always there; null if there is none.
  ExprPtr VarOf(Ty ty);
  ExprPtr VarOfKind(Kind kind);
  ExprPtr Literal(Ty ty);
  ExprPtr LiteralOf(Ty ty, Value value);
  Value Simple(Ty ty);

 private:
  ExprPtr Make(Expr expr) { return std::make_shared<const Expr>(std::move(expr)); }
  ExprPtr Node(ExprOp op, Ty ty, std::vector<ExprPtr> kids, std::string compare = "");
  ExprPtr Leaf(int depth);
  ExprPtr Comparison(int depth);
  ExprPtr CompareScalars(int depth);
  ExprPtr Membership(int depth);
  ExprPtr SetRelation();
  ExprPtr TextRelation();
  ExprPtr Matching();
  ExprPtr Presence(int depth);
  ExprPtr Null(const Var& var, int depth);
  ExprPtr About(const Var& var);
  ExprPtr Condition(const ExprPtr& self);
  ExprPtr Quantifier(int depth);
  ExprPtr WithBody(Expr quantifier, const ExprPtr& list, const std::function<ExprPtr()>& body);
  ExprPtr ListToVisit();
  // folds.cpp
  ExprPtr Count(int depth);
  ExprPtr Sum(Ty ty, int depth);
  ExprPtr Int(int depth, bool literal_fine);
  ExprPtr MoneyOf(int depth, bool literal_fine);
  ExprPtr Text(bool literal_fine);
  ExprPtr Time(int depth, bool literal_fine);
  ExprPtr Span(int depth, bool literal_fine);
  ExprPtr Share(int depth, bool literal_fine);
  ExprPtr Day(int depth, bool literal_fine);
  ExprPtr WholeDays(int depth);
  ExprPtr CompareDays(int depth);
  ExprPtr InZone(ExprOp op, Ty ty, int depth);
  ExprPtr SizeOf();
  ExprPtr Choice(Ty ty, int depth);
  ExprPtr Def(int depth);
  // collections.cpp
  ExprPtr Collection(int depth);
  ExprPtr ElementOf(Ty ty);
  ExprPtr Key(Ty map);
  ExprPtr FieldOf(const Expr& element, const FieldModel& field);
  ExprPtr Picked(Ty ty);
  ExprPtr PickedTest(int depth);
  ExprPtr HasKey(int depth);
  // expressions_place.cpp
  ExprPtr Place();
  ExprPtr PathOf();
  ExprPtr UrlPart(Ty ty, const std::string& part);
  ExprPtr PlaceLiteral(Ty ty);
  template <typename Pred>
  ExprPtr Pick(Pred pred);
  uint64_t Dice(uint64_t sides) { return test::Below(random_, sides); }

  test::Random& random_;
  std::vector<Var> scope_;
  std::vector<Value>& literals_;
  size_t quantifiers_ = 0;  // of the expression so far
  int open_ = 0;            // of them, those around
  int sums_ = 0;            // of these, sums, which have no choices in them
  std::string focus_ = "-";  // how the names begin that are chosen most; at first none
};

template <typename Pred>
ExprPtr ExpressionMaker::Pick(Pred pred) {
  // A bound value is the same in every call, so a condition on it alone decides little.
  const bool bound_fine = test::Chance(random_, 0.15);
  std::vector<const Var*> fitting;
  for (const Var& var : scope_) {
    const bool wanted = bound_fine || var.root != Var::Root::kBound;
    if (var.optional || !wanted || !pred(var)) continue;
    fitting.push_back(&var);
    // What has just been tested or bound is what the rest speaks about.
    if (var.text.starts_with(focus_)) fitting.insert(fitting.end(), 8, &var);
  }
  if (fitting.empty()) return nullptr;
  Expr expr;
  expr.op = ExprOp::kVar;
  expr.var = *fitting[Dice(fitting.size())];
  expr.ty = expr.var.ty;
  return Make(std::move(expr));
}

}  // namespace cap::diff
