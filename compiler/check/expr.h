// Expressions: from the syntax tree to typed nodes. One object checks the expressions of one place
// (an action, a capability, a constraint's body), whose names are in its scope. A construct is one
// file: expr_name, expr_literal, expr_logic, expr_compare, expr_arith, expr_set, expr_row,
// expr_place, expr_match, expr_call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/scope.h"

namespace cap::check {

class ExprChecker {
 public:
  ExprChecker(Context& context, const ast::Module& module, Scope& scope)
      : context_(context),
        types_(context.types),
        nodes_(context.nodes),
        module_(module),
        scope_(scope) {}

  /// The typed expression. `expected` decides the type of texts and lists that stand as literals;
  /// the result may still be of another type. Reports what is wrong and gives an error node then.
  NodeId Check(ast::ExprId id, TypeIndex expected = kNone);

  /// As Check, and of that type: else reported. `what` is what needs it: "the limit of
  /// `maxAmount`".
  NodeId CheckAs(ast::ExprId id, TypeIndex expected, std::string_view what);

  /// A condition: bool.
  NodeId CheckCondition(ast::ExprId id) { return CheckAs(id, types_.Bool(), "a condition"); }

  /// A path that is only named, not read: it may be an optional without a test.
  NodeId CheckPath(ast::ExprId id) { return CheckReference(id, false); }

  /// A dotted path that is written inside of a text, such as a resource.
  NodeId CheckDotted(const std::vector<ast::Ident>& path);

  /// Whether a node of some type may stand where `expected` is; reports if not.
  bool Expect(NodeId node, TypeIndex expected, std::string_view what);

  /// Reports a path that may be absent at this point. True if it is known to be present. `name` is
  /// what messages call it where its place does not show it.
  bool RequirePresent(NodeId node, std::string_view name = {});

  /// Reports a json, which nothing reads. True for everything else.
  bool RequireReadable(NodeId node);

  /// Until Forget: these paths are present.
  size_t Assume(const std::vector<PathKey>& present);
  void Forget(size_t mark) { present_.resize(mark); }

  // Building blocks, for guards and for the parts of the checker that make conditions themselves.
  NodeId MakeOperation(Op op, TypeIndex type, NodeId left, NodeId right, const SourceSpan& span);
  NodeId MakeNot(NodeId operand, const SourceSpan& span);

  Scope& scope() { return scope_; }
  const ast::Module& module() const { return module_; }

 private:
  struct Pair {
    NodeId left;
    NodeId right;
  };

  NodeId LooseConcat(const SourceSpan& span);
  NodeId LooseAfter(const SourceSpan& span);

  // expr_name.cpp
  NodeId CheckReference(ast::ExprId id, bool tested);
  NodeId CheckName(const ast::Ident& name, TypeIndex expected, bool tested);
  NodeId CheckMember(NodeId object, const ast::Ident& member, const SourceSpan& span, bool tested);
  NodeId MakeField(NodeId object, uint32_t field, const SourceSpan& span);
  void ReportUnknown(const ast::Ident& name, TypeIndex expected);
  void ReportNoField(NodeId object, const ast::Ident& member);

  // expr_literal.cpp
  NodeId CheckString(const ast::StringExpr& text, const SourceSpan& span, TypeIndex expected);
  NodeId CheckMoney(const ast::MoneyExpr& money, const SourceSpan& span);
  NodeId CheckDecimal(const ast::DecimalExpr& decimal, const SourceSpan& span, TypeIndex expected);
  NodeId CheckList(const ast::ListExpr& list, const SourceSpan& span, TypeIndex expected);
  NodeId CheckApprovers(ast::ExprId id);
  NodeId EnumLiteral(const std::string& text, const SourceSpan& span, TypeIndex type);
  NodeId TextLiteral(const std::string& text, const SourceSpan& span, TypeIndex type);
  NodeId InstantLiteral(const std::string& text, const SourceSpan& span);
  TypeIndex ElementToHold(TypeIndex element, const Value::List& values);
  TypeIndex ElementOfLiterals(const ast::ListExpr& list, TypeIndex expected);

  // expr_logic.cpp
  NodeId CheckLogic(const ast::BinaryExpr& binary, const SourceSpan& span);
  NodeId CheckPresence(const ast::PresenceExpr& presence, const SourceSpan& span);
  NodeId CheckQuantifier(const ast::QuantifierExpr& quantifier, const SourceSpan& span,
                         TypeIndex expected);
  NodeId CheckBody(const ast::QuantifierExpr& quantifier, TypeIndex expected);
  TypeIndex ElementOfList(NodeId list, std::string_view what);
  NodeId CheckConditional(const ast::ConditionalExpr& conditional, const SourceSpan& span,
                          TypeIndex expected);
  NodeId MakeLogic(bool is_and, NodeId left, NodeId right, const SourceSpan& span);

  // expr_compare.cpp
  NodeId CheckCompare(const ast::BinaryExpr& binary, const SourceSpan& span);
  Pair CheckOperands(ast::ExprId left, ast::ExprId right);
  bool SameTypes(Pair pair, const SourceSpan& span);
  bool SameCurrency(Pair pair, const SourceSpan& span);
  bool DifferentSides(const ast::BinaryExpr& binary, Pair pair, const SourceSpan& span);

  // expr_arith.cpp
  NodeId CheckArithmetic(const ast::BinaryExpr& binary, const SourceSpan& span, TypeIndex expected);
  NodeId CheckUnary(const ast::UnaryExpr& unary, const SourceSpan& span, TypeIndex expected);
  Pair CheckTerms(const ast::BinaryExpr& binary, TypeIndex expected);
  bool IsDecimalLiteral(ast::ExprId id) const;
  NodeId FoldArithmetic(ast::BinaryOp symbol, Pair pair, TypeIndex type, const SourceSpan& span);
  void ReportNoOperation(std::string_view symbol, Pair pair, const SourceSpan& span);

  // expr_set.cpp
  NodeId CheckIn(const ast::BinaryExpr& binary, const SourceSpan& span);
  NodeId SetsEqual(NodeId left, NodeId right, const SourceSpan& span);
  NodeId CheckSets(const ast::BinaryExpr& binary, const SourceSpan& span);
  bool ElementsComparable(TypeIndex element, const SourceSpan& span);
  bool RequireContainer(NodeId node, std::string_view what);

  // expr_row.cpp
  NodeId MakeRow(NodeId row, TypeIndex type, uint32_t offset, const SourceSpan& span);
  NodeId FindRow(NodeId map, NodeId key, const SourceSpan& span);
  NodeId CheckIndex(const ast::IndexExpr& index, const SourceSpan& span);
  NodeId CheckEnd(Op op, const ast::CallExpr& call, const SourceSpan& span);
  NodeId InMap(NodeId key, NodeId map, const SourceSpan& span);
  TypeIndex ElementToFind(TypeIndex container) const;
  std::string HelpForRow(const Node& row) const;

  // expr_place.cpp
  NodeId CheckUnder(const ast::BinaryExpr& binary, const SourceSpan& span);
  TypeIndex NetworkOrAddress(ast::ExprId text) const;
  TypeIndex NetworksFor(ast::ExprId written);
  NodeId InNetwork(NodeId left, NodeId right, const SourceSpan& span);
  NodeId CheckPlace(const ast::CallExpr& call, TypeIndex type, const SourceSpan& span);
  NodeId UrlPart(NodeId url, std::string_view part, const SourceSpan& span);
  bool IsPlace(NodeId place);

  // expr_match.cpp
  NodeId CheckMatches(const ast::BinaryExpr& binary, const SourceSpan& span);
  NodeId CheckRegex(ast::ExprId id);
  uint32_t TableOf(const std::string& text, const SourceSpan& span);
  bool SaysSomething(const Table& table, const SourceSpan& span);

  // expr_call.cpp
  NodeId CheckCall(const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckSize(const ast::CallExpr& call, const SourceSpan& span);
  NodeId SizeOf(NodeId value, const SourceSpan& span);
  NodeId CheckTextFunction(Op op, const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckInstant(const ast::CallExpr& call, const SourceSpan& span);
  const ast::StringExpr* WrittenText(const ast::CallExpr& call, std::string_view usage);

  // expr_date.cpp
  NodeId CheckDate(const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckWeekday(const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckDateArithmetic(ast::BinaryOp symbol, Pair pair, const SourceSpan& span);
  NodeId DaysBetween(Pair pair, const SourceSpan& span);
  NodeId MoveDate(Pair pair, bool back, const SourceSpan& span);

  // expr_zone.cpp
  NodeId TableLiteral(uint32_t table, TypeIndex type, const SourceSpan& span);
  NodeId ZoneLiteral(const std::string& name, const SourceSpan& span);
  NodeId CheckToday(const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckInZone(Op op, TypeIndex type, const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckSchedule(const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckInSchedule(NodeId time, NodeId schedule, const SourceSpan& span);

  bool IsWritten(NodeId id) const {
    return nodes_[id].kind == NodeKind::kLiteral && !nodes_[id].datum;
  }
  NodeId CheckAge(const ast::CallExpr& call, const SourceSpan& span);
  NodeId CheckDef(uint32_t def, const ast::CallExpr& call, const SourceSpan& span);
  bool HasArguments(const ast::CallExpr& call, size_t count, std::string_view usage);

  const ast::Expr& At(ast::ExprId id) const { return module_[id]; }
  NodeId BoolLiteral(bool value, const SourceSpan& span) {
    return context_.AddLiteral(Value{.v = value}, types_.Bool(), span);
  }
  NodeId TooDeep(const SourceSpan& span);
  const bool* BoolOf(NodeId id) const;  // of a literal, else null

  Context& context_;
  Types& types_;
  Nodes& nodes_;
  const ast::Module& module_;
  Scope& scope_;
  std::vector<PathKey> present_;
};

/// The key of a path's presence.
inline PathKey KeyOf(const Node& path) { return {path.kind, path.index, path.offset}; }

}  // namespace cap::check
