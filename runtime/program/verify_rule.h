// What capabilities, forbids and shared limits have in common: they bind a shape's constants, match
// resources, hold calls against limits, and explain. Internal to runtime/program.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/program/verify_context.h"

namespace cap::verify {

class RuleVerifier {
 public:
  RuleVerifier(Context& context, std::string where, uint32_t policy, uint32_t action)
      : context_(context), program_(context.program), where_(std::move(where)), policy_(policy),
        action_(action) {}

  /// Before anything else: the policy and the action exist.
  bool Owners() const {
    if (policy_ >= program_.policies.size()) return Fail("there is no such policy");
    if (action_ >= program_.actions.size()) return Fail("there is no such action");
    return true;
  }
  bool ShapeOf(uint32_t shape, ShapeKind kind, uint32_t first_span) const;
  bool Consts(const std::vector<ConstSource>& consts, const std::vector<TypeIndex>& types) const;
  bool Patterns(const std::vector<Pattern>& patterns) const;
  bool Info(const ClauseInfo& info, ClauseKind kind, const std::vector<TypeIndex>& consts) const;
  /// The infos of all clauses of a shape.
  bool Infos(const std::vector<ClauseInfo>& infos, const Shape& shape) const;
  /// The terms of a rule whose constants and clauses are good: one a clause of kLimit.
  bool Terms(const std::vector<LimitTerm>& terms, const std::vector<ClauseInfo>& infos,
             const Shape& shape, const std::vector<ConstSource>& consts) const;
  bool Fail(std::string what) const { return context_.Fail(where_, std::move(what)); }

 private:
  bool Piece(const TextPiece& piece, const std::vector<TypeIndex>& consts) const;
  bool Obligation(const ClauseInfo& info, const std::vector<TypeIndex>& consts) const;
  bool Segment(const ResourceHole& of, std::string_view text) const;
  bool HoleValue(const PatternHole& hole, const ResourceHole& of) const;
  bool InGrant(uint32_t bound) const;

  Context& context_;
  const Program& program_;
  std::string where_;
  uint32_t policy_;
  uint32_t action_;
};

}  // namespace cap::verify
