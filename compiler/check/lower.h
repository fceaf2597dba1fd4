// Typed expressions to instructions: one capability or forbid at a time. Constants go to the rule's
// record, equal values of a clause are computed once, and what a decision shows is marked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/check/bounds.h"
#include "compiler/check/context.h"
#include "compiler/check/instances.h"
#include "compiler/check/shapes.h"
#include "runtime/value/decimal.h"

namespace cap::check {

/// A clause before it is code.
struct ClauseSource {
  ClauseKind kind = ClauseKind::kRequire;
  Placed condition;
  NodeId guard = kNone;   // `when`: of the capability, never of the constraint
  SourceSpan statement;   // in the policy
  std::string_view name;  // "require", "maxAmount", "forbid": for messages
  std::vector<NodeId> kept{};  // values of the condition whose instructions Kept() says then
};

class Lowering {
 public:
  Lowering(Context& context, Shapes& shapes, ShapeKind kind, uint32_t tool, const SourceSpan& rule);

  InstanceId AddInstance(std::vector<NodeId> arguments) {
    return instances_.Add(std::move(arguments));
  }
  const Instances& instances() const { return instances_; }

  /// Appends a clause. False: something was reported.
  bool AddClause(const ClauseSource& source);

  /// Of the clause that was added last: the instructions of its `kept`, kNone where one is decided
  /// by an `if` and so is none.
  const std::vector<uint32_t>& Kept() const { return kept_; }

  uint32_t tool() const { return shape_.tool; }
  uint32_t LastClauseSize() const { return clauses_.back().end - clauses_.back().begin; }

  /// As ConstantOf(), but of what is a constant of the rule already.
  uint32_t KnownConstant(Placed placed) const;
  TypeIndex TypeOfConstant(uint32_t constant) const { return shape_.const_types[constant]; }
  TypeIndex TypeOfInst(uint32_t inst) const { return insts_[inst].type; }

  /// The constant that a literal or bound value is, for the texts of a denial; kNone if it is
  /// neither.
  uint32_t ConstantOf(Placed placed);

  struct Rule {
    uint32_t shape = kNone;
    std::vector<ConstSource> consts;
    uint32_t first_inst_span = 0;
  };
  /// Ends the rule. Nothing when something was reported.
  std::optional<Rule> Finish();

 private:
  // What is known of a value when the policy is compiled.
  struct Known {
    bool depends = true;           // on the call, the holder or the time
    std::optional<Coefficient> value;  // of a bool (0, 1), a number, an amount, a time
    uint32_t currency = 0;         // of money; 0 = not known
  };
  struct Lowered {
    uint32_t inst = 0;
    Known known;
  };
  using MemoKey = std::pair<uint64_t, uint32_t>;
  struct InstKey {
    Op op;
    uint16_t type;
    uint32_t a;
    uint32_t b;
    auto operator<=>(const InstKey&) const = default;
  };

  Lowered Lower(Placed placed);
  Lowered LowerFound(const Instances::Found& found, InstanceId instance);
  Lowered LowerPresent(const Node& node, InstanceId instance);
  Lowered LowerOperation(const Node& node, InstanceId instance);
  bool MovesWholeDays(const Node& move, const Known& by);
  Lowered LowerQuantifier(const Node& node, InstanceId instance);
  Lowered LowerBody(Placed body);
  bool NoChoice(const Node& fold, InstanceId instance);
  Placed OpenChoice(const Node& comparison, InstanceId instance) const;
  Lowered LowerSplit(const Node& comparison, InstanceId instance, Placed choice);
  Lowered LowerConditional(const Node& node, Placed at);
  Lowered Choose(const Lowered& condition, const Lowered& yes, const Lowered& no,
                 const SourceSpan& span);
  uint32_t Emit(Op op, TypeIndex type, uint32_t a, uint32_t b, const SourceSpan& span);
  uint32_t Append(const Inst& inst, const SourceSpan& span);
  uint32_t MakeLast(uint32_t inst, uint32_t first, const SourceSpan& span);
  Known Fold(const Node& node, const Known& left, const Known& right);
  TypeIndex ConstantType(const Node& node);
  Known KnownLiteral(const Node& node) const;
  bool CheckConstant(const ClauseSource& source, const Known& known, bool guard);
  // What a decision shows of a condition: instructions of the clause, kNone where there is none.
  struct Sides {
    uint32_t observed = kNone;  // what the call brought
    uint32_t limit = kNone;     // what it was held against
  };
  void Show(Clause& clause, Placed condition);
  Sides SidesOf(Placed condition) const;
  bool IsSetEquality(const Node& conjunction) const;
  uint32_t LimitOfBody(Placed body, uint32_t quantifier) const;
  bool ReadsElement(uint32_t inst, uint32_t quantifier) const;
  bool FromCall(Placed placed) const;
  uint32_t InstOf(Placed placed) const;

  void OpenRange();
  void CloseRange();

  Context& context_;
  Shapes& shapes_;
  Shape shape_;
  SourceSpan rule_;
  Instances instances_;
  Bounds bounds_;
  std::vector<Inst> insts_;
  std::vector<Span> spans_;
  std::vector<Clause> clauses_;
  std::vector<ConstSource> consts_;
  std::map<Placed, uint32_t, bool (*)(const Placed&, const Placed&)> literal_consts_;
  std::unordered_map<uint32_t, uint32_t> bound_consts_;
  std::unordered_map<uint32_t, uint32_t> variables_;  // of quantifiers → their instruction
  std::unordered_map<uint32_t, uint32_t> quantifier_limits_;  // their instruction → its limit

  // Of choices between values that are decided while one of their outcomes is lowered: the branch.
  std::unordered_map<uint64_t, NodeId> choices_;

  // What is computed already, by node and by code; ends with the range it was computed in.
  std::unordered_map<uint64_t, Lowered> memo_;
  std::map<InstKey, uint32_t> values_;
  struct Mark {
    size_t memo;
    size_t values;
  };
  std::vector<uint64_t> memo_order_;
  std::vector<InstKey> values_order_;
  std::vector<Mark> ranges_;

  SourceSpan statement_;
  std::vector<uint32_t> kept_;
  bool failed_ = false;
  uint32_t visits_ = 0;
  bool full_ = false;
};

}  // namespace cap::check
