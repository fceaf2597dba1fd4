// Policies: capabilities, forbids, and what a mint has to know.
#pragma once

#include <map>
#include <optional>
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
      : context_(context),
        actions_(actions),
        constraints_(constraints),
        shapes_(context.program),
        checked_(context.names.policies.entries().size()),
        parameters_(context.names.policies.entries().size()) {}

  /// The guards of actions: which of its tool's actions a call is.
  void CheckGuards();

  /// The forbids and limits outside of policies. Before any policy, since they bind them all.
  void CheckTopForbids();
  void CheckTopLimits();

  /// Checks one policy, after those that it is built on, and adds it to the Program. Not again.
  /// `policy`: of names.policies.
  void Check(uint32_t policy);

 private:
  /// Where a capability was written: in its policy, and again in those that extend it.
  struct Layer {
    uint32_t policy = 0;  // of names.policies
    const ast::Capability* decl = nullptr;
  };

  /// A parameter of a policy: a bound value that its text alone sees.
  struct PolicyParameter {
    std::string name;
    SourceSpan span;
    uint32_t bound = kNone;  // of Program::bound; kNone: reported
    NodeId node = kNone;
    std::optional<ast::Narrows::Order> order = std::nullopt;
    bool taken = false;       // the name collides, and was reported
    bool disordered = false;  // the order is not kept, and was reported
  };

  // parameters.cpp
  void DeclareParameters(uint32_t policy);
  void DeclareParameter(const std::string& policy, const ast::Param& param,
                        PolicyParameter& made);
  void OpenParameters(uint32_t policy, Scope& scope);
  ConstSource GivenValue(const ast::Argument& argument, const BoundDesc& desc,
                         ExprChecker& checker);
  std::map<uint32_t, ConstSource> Given(const ast::BasePolicy& base, uint32_t index);
  uint32_t NamedParameter(const ast::Argument& argument, const Policy& other,
                          const std::map<std::string_view, uint32_t>& open);
  void Fix(uint32_t bound, const ConstSource& value, const SourceSpan& span);
  void TwoParameters(uint32_t bound, const SourceSpan& span, std::string_view why);
  void Adopt(const ast::BasePolicy& base, uint32_t index);
  void BindParameters(Policy& policy);
  void KeepOrders(NodeId condition, const std::vector<NodeId>* arguments, bool restricts);
  void KeepOrders(const Pattern& pattern, const SourceSpan& span, bool restricts);
  void KeepOrders(const LimitSource& limit, const std::vector<NodeId>* arguments);
  void ReportDisorder(PolicyParameter& parameter, const SourceSpan& span);

  // include.cpp
  std::vector<uint32_t> Included(const ast::PolicyDecl& decl);
  uint32_t BuiltOn(const ast::QualifiedName& name);
  uint32_t FindPolicy(const ast::QualifiedName& name);
  void ReportCycle(uint32_t policy, const SourceSpan& span);
  void Unite(Policy& policy, const std::vector<uint32_t>& included, const ast::PolicyDecl& decl);
  bool UniteCapability(uint32_t index, const SourceSpan& span);
  bool Copy(uint32_t index, const SourceSpan& span);
  void UnitePurposes(Policy& policy, const Policy& other, const SourceSpan& span);
  void BindTopForbids(const SourceSpan& span);

  // extend.cpp
  struct Family;
  void Extend(Policy& policy, const ast::PolicyDecl& decl);
  void InheritTerms(Policy& policy, const Policy& parent, const ast::PolicyDecl& decl);
  uint32_t Dropped(const Family& family, const ast::Ident& name);
  uint32_t Restated(const Family& family, const ast::Capability& decl);
  uint32_t NotInherited(const Family& family, const SourceSpan& span, const std::string& name);
  uint32_t Which(const Family& family, const ast::Ident& action,
                 const std::vector<uint32_t>& several);
  bool Restate(uint32_t index, const ast::Capability& decl);
  bool RestatePatterns(const Capability& old, const ast::Capability& decl, Capability& capability);
  void InheritForbids(const SourceSpan& span);

  // restate.cpp
  bool Adds(const ast::ConstraintCall& call, const ConstraintInfo& constraint, NodeId guard,
            const std::vector<NodeId>& values);
  void KeepObligations(const std::map<uint32_t, SourceSpan>& changed);

  // policy.cpp
  const ast::Module& ModuleOf(uint32_t policy) const;
  const ast::PolicyDecl& DeclOf(uint32_t policy) const;
  void Begin(uint32_t policy);
  void Terms(const ast::PolicyDecl& decl, Policy& policy);
  void Purposes(const ast::PolicyDecl& decl, Policy& policy);
  void CapabilityNames(const ast::PolicyDecl& decl);
  uint32_t FindAction(const ast::Ident& name);
  bool AddPattern(std::vector<Pattern>& patterns, uint32_t action, const ast::Text& text,
                  bool restricts);
  bool TooManySkeletons(uint32_t action, const SourceSpan& span, uint32_t skeleton);
  void NoteBound(const std::vector<Pattern>& patterns, const std::vector<ConstSource>& consts);
  bool Full(size_t count, uint32_t limit, std::string_view what, const SourceSpan& span);

  // capability.cpp
  bool CheckCapability(const ast::Capability& decl);
  bool AddCapability(Capability capability, std::vector<Layer> layers, bool good);
  bool CheckLayer(const Layer& layer, Scope& scope, Lowering& lowering);
  bool Statement(const ast::RequireStmt& statement, ExprChecker& checker, Lowering& lowering);
  bool Statement(const ast::Let& statement, ExprChecker& checker, Lowering& lowering);
  bool Statement(const ast::ConstraintCall& call, ExprChecker& checker, Lowering& lowering);
  bool Statement(const ast::ConsumeStmt& statement, ExprChecker& checker, Lowering& lowering);
  // The parser refuses these in a capability.
  bool Statement(const ast::StepUpStmt&, ExprChecker&, Lowering&) { return false; }
  bool Statement(const ast::DenyStmt&, ExprChecker&, Lowering&) { return false; }
  bool Statement(const ast::ObligeStmt&, ExprChecker&, Lowering&) { return false; }
  bool Statement(const ast::ConsentStmt&, ExprChecker&, Lowering&) { return false; }
  const ConstraintInfo* FindConstraint(const ast::Ident& name);
  void BeginRule(const std::string& owner);
  void KeepOrders(const ConstraintInfo& constraint, const std::vector<NodeId>& values);

  // charge.cpp
  /// Where a limit stands in a rule.
  struct LimitPlace {
    std::string_view name;  // of its constraint, or "consume"
    SourceSpan statement;
    InstanceId instance = kCaller;
    const std::vector<NodeId>* values = nullptr;  // of the constraint's parameters
    NodeId guard = kNone;
  };
  Node Given(NodeId id, const LimitPlace& place, const Lowering& lowering) const;
  bool IsKnown(const Node& node, uint32_t tool) const;
  bool HasKey(const LimitSource& source, const std::vector<NodeId>& keys, const LimitPlace& place);
  NodeId OperandsCondition(const LimitSource& source, const std::vector<NodeId>& keys,
                           const LimitPlace& place, ExprChecker& checker,
                           const Lowering& lowering);
  std::optional<LimitOperand> Operand(NodeId id, const LimitPlace& place,
                                      const std::vector<NodeId>& kept, Lowering& lowering);
  NodeId RateOf(const LimitSource& source, const LimitPlace& place, const Lowering& lowering);
  LimitSource Essential(LimitSource source, const LimitPlace& place,
                        const Lowering& lowering) const;
  bool TooManyOperands(const SourceSpan& span, const Lowering& lowering);
  uint32_t HistoryOf(const LimitSource& source, const SourceSpan& span);
  std::string TermName(const std::string& policy, std::string_view name);
  std::optional<LimitTerm> Term(const LimitSource& source, const std::vector<NodeId>& keys,
                                const LimitPlace& place, const std::vector<NodeId>& kept,
                                Lowering& lowering);
  bool AddLimit(const LimitSource& written, const LimitPlace& place, ClauseInfo info,
                ExprChecker& checker, Lowering& lowering);
  bool RequireAfter(const ast::AfterExpr& after, bool negated, const SourceSpan& statement,
                    ExprChecker& checker, Lowering& lowering);
  uint32_t RateConstant(const ConstraintInfo& constraint, size_t parameter) const;
  void NoteParameters(const ConstraintInfo& constraint, const std::vector<NodeId>& values,
                      const Lowering& lowering);

  // shared_limit.cpp
  std::vector<uint32_t> LimitActions(const ast::Limit& decl);
  bool LimitBody(const ast::Limit& decl, uint32_t action, Lowering& lowering);
  std::optional<SharedLimit> LimitAction(const ast::Limit& decl, uint32_t action);
  std::vector<SharedLimit> CheckLimit(const ast::Limit& decl);
  bool AddSharedLimit(SharedLimit limit, uint32_t origin, const SourceSpan& span);
  void OwnLimits(const ast::PolicyDecl& decl);
  void TwoLimits(const ast::Ident& name, const SourceSpan& first);
  void InheritLimits(const Policy& other, const SourceSpan& span);
  void BindTopLimits(const SourceSpan& span);
  bool OnlyCounts(const SourceSpan& span, std::string_view what);
  bool BreakerSetting(const ast::ConstraintCall& setting, Breaker& breaker);
  void SetBreaker(Policy& policy, const ast::PolicyDecl& decl,
                  const std::vector<uint32_t>& included);
  static void Strictest(const Breaker& other, Breaker& breaker);

  // call.cpp
  bool Arguments(const ast::ConstraintCall& call, const ConstraintInfo& constraint,
                 ExprChecker& checker, std::vector<NodeId>& values);
  bool Argument(const ast::Argument& argument, size_t position, const ConstraintInfo& constraint,
                ExprChecker& checker, std::vector<NodeId>& values);
  bool Of(const ast::ConstraintCall& call, const ConstraintInfo& constraint, ExprChecker& checker,
          std::vector<NodeId>& values);
  bool Instantiate(const ast::ConstraintCall& call, const ConstraintInfo& constraint, NodeId guard,
                   std::vector<NodeId> values, ExprChecker& checker, Lowering& lowering);
  bool KeyArgument(const ast::Argument& argument, ExprChecker& checker, NodeId& value);
  std::vector<TextPiece> Consent(const ConstraintInfo& constraint, InstanceId instance,
                                 NodeId guard, Lowering& lowering);
  std::vector<TextPiece> Text(const std::vector<BodyText>& text, InstanceId instance,
                              Lowering& lowering);

  // forbid.cpp
  std::vector<Forbid> CheckForbid(const ast::Forbid& decl);
  std::optional<Forbid> ForbidAction(const ast::Forbid& decl, uint32_t action, uint64_t approvers);
  bool AddForbid(Forbid forbid, uint32_t origin, const SourceSpan& span);
  std::vector<uint32_t> ForbidActions(const ast::Forbid& decl);
  uint64_t Approvers(const ast::Forbid& decl, bool* good);

  Context& context_;
  const std::vector<ActionInfo>& actions_;
  const std::vector<ConstraintInfo>& constraints_;
  Shapes shapes_;
  std::vector<Forbid> top_forbids_;  // policy: that of the copies
  std::vector<SharedLimit> top_limits_;
  // Of capabilities and forbids: which one it was before policies took it over. kNone: a forbid of
  // the top level.
  std::vector<uint32_t> capability_origins_;
  std::vector<std::vector<Layer>> capability_layers_;  // parallel to Program::capabilities
  std::vector<uint32_t> forbid_origins_;
  std::vector<uint32_t> limit_origins_;
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Checked {
    State state = State::kNew;
    uint32_t index = kNone;  // of Program::policies; kNone: reported
  };
  std::vector<Checked> checked_;     // parallel to names.policies
  struct Step {
    uint32_t policy = 0;
    SourceSpan next;                 // which policy it is built on next
  };
  std::vector<Step> open_;
  std::vector<std::vector<PolicyParameter>> parameters_;  // parallel to names.policies
  std::vector<bool> whole_;          // parallel to Program::policies: no capability was reported

  // Of the policy that is being checked.
  const ast::Module* module_ = nullptr;
  uint32_t policy_name_ = kNone;   // of names.policies; kNone: outside of policies
  uint32_t layer_policy_ = kNone;  // … whose text is being read
  std::map<uint32_t, ConstSource> fixed_;   // by bound value: of what it is built on
  std::map<uint32_t, SourceSpan> left_open_;  // parameters that a mint gives, and from where
  uint32_t policy_ = 0;
  uint32_t parent_ = kNone;   // of Program::policies: which it extends
  std::set<uint32_t> bound_;
  std::map<uint32_t, std::set<uint32_t>> skeletons_;  // by action
  // Of the capability or limit that is being checked.
  std::vector<ClauseInfo> clauses_;
  std::vector<LimitTerm> terms_;
  std::vector<CapabilityParameter> foldable_;
  std::string owner_;                               // its name
  std::map<std::string, uint32_t> term_names_;      // how many have it already
  std::map<std::string, uint32_t> call_names_;
  bool in_limit_ = false;
  struct Held {  // a constraint of it
    const ConstraintInfo* constraint = nullptr;
    std::vector<NodeId> values;
    NodeId guard = kNone;
    size_t clause = 0;  // its first one
    size_t end = 0;
    size_t layer = 0;
    SourceSpan span;
  };
  std::vector<Held> held_;
  size_t layer_ = 0;
  std::set<uint32_t> origins_;                        // of capabilities, while policies unite
  std::set<std::string> names_;
  std::vector<uint32_t> capabilities_;
  std::vector<uint32_t> forbids_;
  std::vector<uint32_t> limits_;
  std::set<uint32_t> limits_seen_;                    // origins, while policies unite
};

ParameterOrder OrderOf(std::optional<ast::Narrows::Order> order);

}  // namespace cap::check
