// Policies: capabilities, forbids, and what a mint has to know.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "compiler/check/action.h"
#include "compiler/check/constraint.h"
#include "compiler/check/lower.h"
#include "compiler/check/shapes.h"

namespace cap::check {

class PolicyChecker {
 public:
  PolicyChecker(Context& context, const std::vector<ActionInfo>& actions,
                const std::vector<ConstraintInfo>& constraints)
      : context_(context), actions_(actions), constraints_(constraints), shapes_(context.program) {}

  /// Checks one policy and adds it to the Program.
  void Check(const resolve::Entry& entry);

 private:
  // policy.cpp
  void Purposes(const ast::PolicyDecl& decl, Policy& policy);
  void CapabilityNames(const ast::PolicyDecl& decl);
  uint32_t FindAction(const ast::Ident& name);
  bool AddPattern(std::vector<Pattern>& patterns, uint32_t action, const ast::Text& text);
  bool TooManySkeletons(uint32_t action, const SourceSpan& span, uint32_t skeleton);
  void NoteBound(const std::vector<Pattern>& patterns, const std::vector<ConstSource>& consts);
  bool Full(size_t count, uint32_t limit, std::string_view what, const SourceSpan& span);

  // capability.cpp
  void CheckCapability(const ast::Capability& decl);
  bool Statement(const ast::RequireStmt& statement, ExprChecker& checker, Lowering& lowering);
  bool Statement(const ast::Let& statement, ExprChecker& checker, Lowering& lowering);
  bool Statement(const ast::ConstraintCall& call, ExprChecker& checker, Lowering& lowering);
  // The parser refuses these two in a capability.
  bool Statement(const ast::StepUpStmt&, ExprChecker&, Lowering&) { return false; }
  bool Statement(const ast::DenyStmt&, ExprChecker&, Lowering&) { return false; }
  const ConstraintInfo* FindConstraint(const ast::Ident& name);

  // call.cpp
  bool Arguments(const ast::ConstraintCall& call, const ConstraintInfo& constraint,
                 ExprChecker& checker, std::vector<NodeId>& values);
  bool Argument(const ast::Argument& argument, size_t position, const ConstraintInfo& constraint,
                ExprChecker& checker, std::vector<NodeId>& values);
  bool Of(const ast::ConstraintCall& call, const ConstraintInfo& constraint, ExprChecker& checker,
          std::vector<NodeId>& values);
  bool Instantiate(const ast::ConstraintCall& call, const ConstraintInfo& constraint, NodeId guard,
                   std::vector<NodeId> values, Lowering& lowering);
  std::vector<TextPiece> Text(const ConstraintInfo& constraint, InstanceId instance,
                              Lowering& lowering);

  // forbid.cpp
  void CheckForbid(const ast::Forbid& decl);
  bool ForbidAction(const ast::Forbid& decl, uint32_t action, uint64_t approvers);
  std::vector<uint32_t> ForbidActions(const ast::Forbid& decl);
  uint64_t Approvers(const ast::Forbid& decl, bool* good);

  Context& context_;
  const std::vector<ActionInfo>& actions_;
  const std::vector<ConstraintInfo>& constraints_;
  Shapes shapes_;

  // Of the policy that is being checked.
  const ast::Module* module_ = nullptr;
  uint32_t policy_ = 0;
  std::set<uint32_t> bound_;
  std::map<uint32_t, std::set<uint32_t>> skeletons_;  // by action
  std::vector<ClauseInfo> clauses_;                   // of the capability that is being checked
  std::vector<uint32_t> capabilities_;
  std::vector<uint32_t> forbids_;
};

}  // namespace cap::check
