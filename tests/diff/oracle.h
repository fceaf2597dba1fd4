// What a policy means, a second time: strong Kleene logic over the generator's own trees and the
// inputs as they were given. Knows nothing of Programs, frames or slots.
#pragma once

#include "tests/diff/requests.h"

namespace cap::diff {

enum class Tri : uint8_t { kFalse, kTrue, kFault };

enum class Outcome : uint8_t { kDeny, kStepUp, kPermit };

struct Judgement {
  bool malformed = false;
  std::vector<Tri> statements;   // of one capability
  std::vector<Tri> forbids;      // of the policy: whether its condition holds
};

/// What counts of a value that is a number, a time or an amount.
Coefficient NumberOf(const Value& value);

class Oracle {
 public:
  Oracle(const ActionModel& action, const std::vector<Value>& bound, const RequestModel& request)
      : action_(action), bound_(bound), request_(request) {}

  bool Malformed() const;
  Tri Condition(const ExprPtr& condition);  // null: true
  Tri Judge(const Statement& statement);
  /// The verdict of the policy, as if it had not the statement or forbid at `without`.
  Outcome Decide(const PolicyModel& policy, const void* without = nullptr);
  /// Whether the forbid stands against a permit, as it is or until somebody approves.
  bool Acts(const ForbidModel& forbid);
  bool Covers(const std::string& on) const;
  /// Whether the call is at a time that stores take.
  bool IsTold() const;
  /// Whether the statement charges more than there is, of a counter that nobody has touched; or
  /// asks for something that was not.
  bool IsSpent(const Statement& statement);

 private:
  struct Read {
    const Value* value = nullptr;
    bool fault = false;  // unusable; else, without a value: absent
    bool null = false;   // … because it was given as null
  };
  /// Null is absent, and known to be null.
  static Read OrNull(const Value* value) {
    const bool null = value != nullptr && std::holds_alternative<std::monostate>(value->v);
    return {null ? nullptr : value, false, null};
  }
  Read Look(const Var& var);
  Read LookLet(const LetModel& let);
  Tri Bool(const Expr& expr);
  const Value* Get(const Expr& expr);  // null: fault
  Tri Charge(const Expr& expr);
  Tri Compare(const Expr& expr);
  Tri Contain(const Expr& expr);
  Tri Quantify(const Expr& expr);
  // collections.cpp
  const Value* Element(const Expr& expr);
  const Value* Picked(const Expr& expr);
  Tri PickTest(const Expr& expr);
  Tri HasKey(const Expr& expr);
  // folds.cpp
  const Value* Fold(const Expr& expr);
  static bool IsSigned(const Expr& expr);  // an amount that may be below zero
  static std::vector<const Value*> ElementsOf(const Value& list, Kind kind);  // of a set: distinct
  const Value* Arithmetic(const Expr& expr);
  const Value* WallClock(const Expr& expr);
  const Value* Dates(ExprOp op, const Value& a, const Value& b);
  const Value* Decimals(ExprOp op, Coefficient x, Coefficient y);
  const Value* Keep(Value value) {
    kept_.push_back(std::make_unique<Value>(std::move(value)));
    return kept_.back().get();
  }

  const ActionModel& action_;
  const std::vector<Value>& bound_;
  const RequestModel& request_;
  std::vector<const Value*> elements_;  // by the number of the quantifier
  std::vector<std::unique_ptr<Value>> kept_;
};

}  // namespace cap::diff
