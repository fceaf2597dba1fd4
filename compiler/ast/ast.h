// The syntax tree: what the author wrote, with spans, and nothing more. Nodes are std::variant
// alternatives in pools, children are ids into the pools, so that destruction never recurses and a
// forgotten node kind fails to compile. Later phases never mutate the tree; they keep side tables.
//
// A construct of the language that this version does not have yet never reaches the tree: the
// parser reports it (CAP09xx) and leaves an ErrorExpr or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/source/source_map.h"

namespace cap::ast {

enum class ExprId : uint32_t {};
enum class TypeId : uint32_t {};

struct Ident {
  std::string text;  // without back-quotes
  SourceSpan span;
};
struct Text {  // a string literal, escapes resolved
  std::string text;
  SourceSpan span;  // with the quotes
};

// --- expressions ---
struct NameExpr { Ident name; };
struct BoolExpr { bool value = false; };
struct IntExpr { int64_t value = 0; };
struct MoneyExpr { std::string amount; std::string currency; };  // "500.00", "USD"
struct DecimalExpr { std::string text; };             // "0.05", as written
struct DurationExpr { int64_t us = 0; };                         // microseconds
struct RateExpr { int64_t count = 0; int64_t period_us = 0; };   // 200/hour
struct StringExpr { std::string value; };
struct ListExpr { std::vector<ExprId> items; };
struct MemberExpr { ExprId object; Ident member; };
struct IndexExpr { ExprId object; ExprId key; };       // m[k]
struct Argument {
  std::optional<Ident> name;  // absent: positional (the first only)
  ExprId value;
};
struct CallExpr { Ident callee; std::vector<Argument> arguments; };
struct AfterExpr {                                     // after ACTION(arg: expr) within 1h
  Ident action;
  std::vector<Argument> arguments;
  int64_t within_us = 0;
  SourceSpan within_span;
};
enum class QuantifierKind : uint8_t { kAny, kAll, kCount, kSum };
struct QuantifierExpr {
  QuantifierKind kind;
  Ident variable;
  ExprId list;
  std::optional<ExprId> body;  // absent: `count(x in xs)` counts all
};
enum class UnaryOp : uint8_t { kNot, kNegate };
struct UnaryExpr { UnaryOp op; ExprId operand; };
enum class BinaryOp : uint8_t {
  kOr, kAnd, kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
  kIn, kSubset, kDisjoint, kUnder, kMatches, kAdd, kSubtract, kMultiply, kConcat,
};
struct BinaryExpr { BinaryOp op; SourceSpan op_span; ExprId left; ExprId right; };
enum class Presence : uint8_t { kPresent, kAbsent, kNull };
struct PresenceExpr { ExprId operand; Presence asked = Presence::kPresent; };  // `is present`
struct ConditionalExpr { ExprId condition; ExprId then; ExprId otherwise; };
struct ErrorExpr {};                                           // already reported: stay silent

struct Expr {
  std::variant<NameExpr, BoolExpr, IntExpr, MoneyExpr, DecimalExpr, DurationExpr, StringExpr,
               ListExpr, MemberExpr, IndexExpr, CallExpr, QuantifierExpr, UnaryExpr, BinaryExpr,
               PresenceExpr, ConditionalExpr, ErrorExpr, RateExpr, AfterExpr>
      node;
  SourceSpan span;
};

// --- types ---
struct Param;
struct Type {
  Ident name;                            // "set", "money", "Order"; empty text: already reported,
                                         // or a record without a name
  bool record = false;                   // `{ city: string, zip: string }`
  std::vector<Param> fields;             // of such a record
  bool open = false;                     // … that ends in `...`
  std::vector<TypeId> arguments;         // set<T>, list<T>, map<K, V>
  std::optional<Text> in_text;           // money in "USD"
  std::optional<ExprId> in_expr;         // money in currency
  std::optional<int64_t> scale;          // decimal(n)
  std::optional<int64_t> max;            // max n
  SourceSpan max_span;
  bool minor = false;
  bool is_signed = false;
  bool optional = false;                 // T?
  SourceSpan span;
};

struct Narrows {  // `narrows <=`: which values of a parameter permit less
  enum class Order : uint8_t { kAtMost, kAtLeast, kSame, kSubset, kSuperset, kWithin };
  Order order = Order::kSame;
  SourceSpan span;
};
struct Param {  // an argument, a field, a context value, a parameter of a constraint
  Ident name;
  TypeId type;
  std::optional<ExprId> default_value;
  SourceSpan span;
  std::optional<Narrows> narrows = std::nullopt;  // of a constraint's parameter
};

// --- declarations ---
struct ContextDecl { bool live = false; std::vector<Param> fields; };
struct RecordDecl { Ident name; std::vector<Param> fields; bool open = false; };
struct EnumDecl { Ident name; std::vector<Text> members; bool ordered = false; };
struct ApproverDecl { std::vector<Ident> names; };
struct DataDecl { Ident name; TypeId type; };  // a value that comes with the bundle
struct PurposeDecl { Ident name; Text text; };

/// A tool that carries a call of another. Its two arguments stand like fields: `name: tool` and
/// `input: arguments`.
struct WrapperDecl { Text tool; std::vector<Param> fields; bool open = false; SourceSpan span; };

struct Fact {
  Ident name;
  TypeId type;
  std::vector<ExprId> keys;               // `for order_id, …`
  bool each = false;                      // `for each xs`: keys has the list, or a path below it
  std::optional<Ident> attestor;          // `by`
  std::optional<int64_t> max_age_us;      // `within`
  SourceSpan span;
};
struct Let { Ident name; ExprId value; SourceSpan span; };
struct Resource {
  std::optional<Ident> each_variable;     // resource each r in everyone "…"
  std::optional<ExprId> each_list;
  Text pattern;                           // with { } holes, as written
  SourceSpan span;
};
struct Annotation {                       // @risk(high)
  Ident name;
  std::optional<Ident> argument;
  SourceSpan span;
};
struct ActionDecl {
  Ident name;
  std::vector<Annotation> annotations;
  std::optional<Text> tool;               // `of "tool"`; absent: the tool is named as the action
  std::optional<ExprId> when;             // a call is this action where it is true or faults
  std::vector<Param> arguments;
  std::vector<Fact> facts;
  std::vector<Let> lets;
  std::vector<Resource> resources;        // more than one: the checker says so
};

// A statement of a capability or of a constraint's body.
struct RequireStmt { ExprId condition; SourceSpan span; };
struct ConstraintCall {                   // name(args) [of expr] [when guard]
  Ident name;
  std::vector<Argument> arguments;
  std::optional<ExprId> of;
  std::optional<ExprId> when;
  SourceSpan span;
};
struct StepUpStmt {                       // stepup approval(role: by)
  Ident kind;                             // approval, review
  std::vector<Argument> arguments;
  SourceSpan span;
};
struct DenyStmt { Text text; SourceSpan span; };
struct ObligeStmt {                       // oblige maskColumns(version: 1, columns: hidden)
  Ident name;
  std::vector<Argument> arguments;
  SourceSpan span;
};
struct ConsentStmt { Text text; SourceSpan span; };
struct ConsumeStmt {                      // consume 1 of quota per key; or hold
  bool hold = false;
  ExprId amount;
  ExprId quota;
  std::optional<ExprId> per;
  SourceSpan span;
};
using Stmt = std::variant<RequireStmt, ConstraintCall, StepUpStmt, ObligeStmt, DenyStmt,
                          ConsentStmt, Let, ConsumeStmt>;

struct DefDecl { Ident name; std::vector<Param> parameters; TypeId type; ExprId body; };

struct ConstraintDecl {                   // a user's constraint
  Ident name;
  std::vector<Param> parameters;
  std::optional<Param> of;
  std::vector<Stmt> body;                 // RequireStmt, StepUpStmt, ObligeStmt, …
  std::string doc;                        // the /// lines before it
};

struct Capability {
  std::optional<Ident> name;              // `capability refunds: process_refund …`
  Ident action;
  std::vector<Text> patterns;             // on "…", "…"
  std::vector<Stmt> body;                 // RequireStmt, ConstraintCall, Let
  SourceSpan span;
};
struct Forbid {
  bool every_action = false;              // forbid *
  std::vector<Ident> actions;
  std::optional<Text> pattern;
  std::vector<Ident> unless_approved_by;  // approver (one in this version's spelling)
  std::optional<ExprId> when;
  SourceSpan span;
};
struct ForbidDecl { Forbid forbid; };     // outside of policies: it binds all of them
struct Limit {                            // limit daily on refund { … }
  Ident name;
  bool every_action = false;
  std::vector<Ident> actions;
  std::vector<Stmt> body;
  SourceSpan span;
};
struct LimitDecl { Limit limit; };        // outside of policies: it binds all of them
struct Breaker {                          // circuit_breaker { maxViolations(3) … }
  std::vector<ConstraintCall> settings;
  SourceSpan span;
};
struct QualifiedName {
  std::vector<Ident> parts;
  SourceSpan span;
  std::string Joined() const;             // "std.money"
};
struct BasePolicy {                       // one that a policy extends or includes
  QualifiedName name;
  std::vector<Argument> arguments;        // for its parameters
};
struct PolicyDecl {
  Ident name;
  std::vector<Param> parameters;
  std::optional<Text> version;
  std::vector<Ident> purposes;
  std::optional<int64_t> expires_after_us;
  SourceSpan expires_span;
  std::optional<BasePolicy> extends;      // the policy that it narrows
  std::vector<Ident> drops;               // of that one's capabilities
  std::vector<BasePolicy> includes;       // policies that it unites with
  std::vector<Capability> capabilities;
  std::vector<Forbid> forbids;
  std::vector<Limit> limits;
  std::optional<Breaker> breaker;
};

struct Decl {
  std::variant<ContextDecl, RecordDecl, EnumDecl, ApproverDecl, PurposeDecl, ActionDecl,
               ConstraintDecl, DefDecl, PolicyDecl, ForbidDecl, DataDecl, WrapperDecl, LimitDecl>
      node;
  SourceSpan span;
};

/// One file.
struct Module {
  std::optional<QualifiedName> name;
  std::vector<QualifiedName> imports;
  std::vector<Decl> decls;                // in order of the text

  std::vector<Expr> exprs;
  std::vector<Type> types;

  const Expr& operator[](ExprId id) const { return exprs[static_cast<uint32_t>(id)]; }
  const Type& operator[](TypeId id) const { return types[static_cast<uint32_t>(id)]; }
};

}  // namespace cap::ast
