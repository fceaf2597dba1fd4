// From ANTLR's parse tree to the syntax tree. Tolerant: where the parser gave up, the tree has an
// ErrorExpr, a nameless type, or nothing, and whoever reads it stays silent about that. Constructs
// that this version lacks are named (CAP09xx) and left out here, in one place each.
//
// One class over five files: build_declarations, build_policies, build_limits, build_types,
// build_expressions.
// Its recursion follows the nesting of the text, which CheckDepth() has bounded.
#pragma once

#include <optional>
#include <string>

#include "CapParser.h"
#include "compiler/ast/ast.h"
#include "compiler/parse/report.h"

namespace cap::parse {

class Builder {
 public:
  Builder(SyntaxReporter& reporter, diag::Sink& sink, antlr4::BufferedTokenStream& tokens)
      : reporter_(reporter), sink_(sink), tokens_(tokens) {}

  ast::Module Build(CapParser::FileContext& file);

 private:
  using Context = antlr4::ParserRuleContext;
  using Terminal = antlr4::tree::TerminalNode;

  // Where a statement stands: some may stand in one place only.
  enum class Place : uint8_t { kCapability, kConstraint, kLimit };

  // --- shared, build_declarations.cpp ---
  SourceSpan SpanOf(const Context& context) const;
  SourceSpan SpanOf(const antlr4::Token& token) const;
  std::string_view TextOf(const SourceSpan& span) const;
  /// The terminal, unless it is missing or was skipped by recovery.
  static const antlr4::Token* Read(Terminal* terminal);
  std::optional<ast::Ident> Name(CapParser::NameContext* context) const;
  std::vector<ast::Ident> Names(const std::vector<CapParser::NameContext*>& contexts) const;
  std::optional<ast::Text> String(Terminal* terminal) const;
  std::optional<int64_t> Duration(Terminal* terminal) const;
  ast::QualifiedName Qualified(CapParser::QualifiedNameContext* context) const;
  /// Reports that this version has not got `construct` ("`data`").
  void Later(diag::Code code, const SourceSpan& span, const std::string& construct,
             std::string help = "");
  void Misplaced(const SourceSpan& span, std::string message, std::string help);

  // --- declarations, build_declarations.cpp ---
  void Declaration(CapParser::DeclarationContext& context);
  void Import(CapParser::ImportDeclarationContext& context);
  void Add(const Context& context, auto node) {
    module_.decls.push_back({std::move(node), SpanOf(context)});
  }
  std::vector<ast::Param> Fields(CapParser::FieldBodyContext* body);
  static bool IsOpen(CapParser::FieldBodyContext* body);
  void ContextBlock(const Context& context, bool live, CapParser::FieldBodyContext* body);
  void Wrapper(CapParser::WrapperDeclarationContext& context);
  std::optional<ast::Param> Field(CapParser::FieldContext* context);
  void Record(CapParser::RecordDeclarationContext& context);
  void Enum(const Context& context, CapParser::NameContext* name_context,
            const std::vector<Terminal*>& members, bool ordered);
  void Purpose(CapParser::PurposeDeclarationContext& context);
  void Def(CapParser::DefDeclarationContext& context);
  void Action(CapParser::ActionDeclarationContext& context);
  void Member(CapParser::MemberContext& context, ast::ActionDecl& action);
  void Fact(CapParser::FactMemberContext& context, ast::ActionDecl& action);
  void Resource(CapParser::ResourceEachMemberContext& context, ast::ActionDecl& action);

  // --- policies and constraints, build_policies.cpp ---
  void Policy(CapParser::PolicyDeclarationContext& context);
  void Item(CapParser::ItemContext& context, ast::PolicyDecl& policy);
  void LaterItem(CapParser::ItemContext& context);
  void Capability(CapParser::CapabilityItemContext& context, ast::PolicyDecl& policy);
  std::optional<ast::Forbid> Forbid(CapParser::ForbidContext* context);
  std::optional<ast::Limit> Limit(CapParser::LimitContext* context);
  void Breaker(CapParser::CircuitBreakerItemContext& context, ast::PolicyDecl& policy);
  void Constraint(CapParser::ConstraintDeclarationContext& context);
  std::optional<ast::Param> Parameter(CapParser::ParameterContext* context);
  std::optional<ast::Narrows> Narrowing(CapParser::NarrowingContext& context);
  std::string DocumentationBefore(const Context& context) const;
  std::vector<ast::Stmt> Block(CapParser::BlockContext* context, Place place);
  std::optional<ast::Stmt> Statement(CapParser::StatementContext& context, Place place);
  std::optional<ast::Stmt> Call(CapParser::CallStatementContext& context, Place place);
  std::optional<ast::Stmt> Consume(bool hold, Context& statement,
                                   const std::vector<CapParser::ExprContext*>& sides,
                                   CapParser::OperandContext* per);
  bool Allowed(Place place, Place wanted, const SourceSpan& span, std::string_view what);

  // --- types, build_types.cpp ---
  ast::TypeId Type(CapParser::TypeContext* context);
  void TypeHead(CapParser::TypeHeadContext* context, ast::Type& type);
  void TypeSuffix(CapParser::TypeSuffixContext& context, ast::Type& type);

  // --- expressions, build_expressions.cpp ---
  ast::ExprId Add(SourceSpan span, decltype(ast::Expr::node) node);
  ast::ExprId Error(const Context* context);
  ast::ExprId Expr(CapParser::ExprContext* context);
  /// As Expr(), unless the parser gave up the statement around it.
  ast::ExprId Whole(const Context& statement, CapParser::ExprContext* context);
  ast::ExprId Negate(CapParser::NegateExprContext& context);
  ast::ExprId Binary(Context& context, ast::BinaryOp op, CapParser::ExprContext* left,
                     CapParser::ExprContext* right);
  ast::ExprId Relation(CapParser::ExprContext& context);
  /// Refuses what the grammar lets through: comparisons in a chain, `not` behind an operator.
  bool CheckOperands(CapParser::ExprContext& context);
  ast::ExprId Operand(CapParser::OperandContext* context);
  ast::ExprId Literal(CapParser::OperandContext& context);
  ast::ExprId Quantifier(Context& context, ast::QuantifierKind kind, CapParser::NameContext* name,
                         CapParser::ExprContext* list, CapParser::ExprContext* body);
  ast::ExprId After(CapParser::AfterOperandContext& context);
  ast::ExprId Rate(CapParser::OperandContext& context);
  std::vector<ast::Argument> Arguments(CapParser::ArgumentListContext* context);

  SyntaxReporter& reporter_;
  diag::Sink& sink_;
  antlr4::BufferedTokenStream& tokens_;
  ast::Module module_;
};

/// The context as one of its labelled alternatives, or null.
template <typename T, typename U>
T* As(U* context) {
  return dynamic_cast<T*>(context);
}

}  // namespace cap::parse
