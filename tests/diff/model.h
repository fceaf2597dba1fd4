// A generated policy as the generator knows it: typed expression trees, statements, actions. The
// oracle evaluates these trees; the engines see only the source text that is printed from them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/value/value.h"

namespace cap::diff {

enum class Kind : uint8_t {
  kBool, kInt, kMoney, kString, kEmail, kEnum, kInstant, kSet, kList, kRecord,
  kDuration, kDecimal, kDate, kPath, kIp, kCidr, kUrl, kJson, kMap,
};

// Every type that generated modules use; TypeText() spells them.
enum Ty : uint8_t {
  kBool, kInt, kUsd, kUsdMinor, kAnyMoney, kSibling, kString, kEmail, kColor, kSize, kInstant,
  kColors, kTags, kNumbers, kMailSet, kInts, kTexts, kMails, kColorList, kFlags, kItems, kItem,
  kOrder, kDuration, kSpans, kShare, kShares, kDay, kDays, kLocal, kPath, kIp, kCidr, kUrl, kNets,
  kPaths, kUrls, kAnything, kAnythings, kSigned, kShareSet, kStock, kQuotas, kBags, kCodes, kDues,
  kTyCount,
  kNoTy = 255,
};
struct TyInfo {
  const char* text;
  Kind kind;
  Ty element = kNoTy;
  Ty key = kNoTy;    // of a map
  Ty value = kNoTy;
};
const TyInfo& InfoOf(Ty ty);
const std::vector<std::string>& MembersOf(Ty ty);  // of kColor, kSize
inline bool IsOrderedEnum(Ty ty) { return ty == kSize; }

struct FieldModel {
  std::string name;
  Ty ty = kBool;
  bool optional = false;
  std::optional<Value> default_value = {};
};
const std::vector<FieldModel>& FieldsOf(Ty record);  // of kItem, kOrder
const std::vector<FieldModel>& LiveFields();
const std::vector<FieldModel>& BoundFields();
/// Of policies that have parameters: all of these. An expression reads them as bound values, whose
/// places follow those of BoundFields().
const std::vector<FieldModel>& ParameterFields();
inline const std::vector<std::string> kApproverNames = {"manager", "user"};

/// Something with a name that an expression can read.
struct Var {
  enum class Root : uint8_t { kArgument, kFact, kLive, kBound, kNow, kLet, kElement };
  std::string text;  // as spelt: "order.total"
  Ty ty = kBool;
  bool optional = false;
  Root root = Root::kArgument;
  size_t index = 0;          // of the argument, fact, …; of an element: the quantifier's number
  int field = -1;            // of a record
};

enum class ExprOp : uint8_t {
  kVar, kLiteral, kAdd, kSub, kMul, kSizeOf, kDomain, kNot, kAnd, kOr, kCompare, kIn, kSubset,
  kDisjoint, kStarts, kEnds, kContains, kAny, kAll, kPresent, kAbsent, kAge, kIf, kDef,
  kNull, kCount, kSum, kWeekday, kToday, kLocalDate, kTimeOfDay, kWithin, kUnder, kPart, kMatches,
  kPick, kPickTest, kHasKey, kCharge, kUsable,
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;
struct Expr {
  ExprOp op = ExprOp::kLiteral;
  Ty ty = kBool;
  std::vector<ExprPtr> kids;
  Var var;             // kVar, kPresent, kAbsent, kNull
  Value literal;
  std::string compare; // "==", "<=", …; of kPart "host", …; the regular expression; of an element,
                       // its field
  size_t element = 0;  // of what has a body: its number; the element's name is e<number>
  // kDef: the function; the last of kids is what the call means · the zone · the schedule ·
  // kPick: "first", "last"
  std::string def;
};
std::string TextOf(const Expr& expr);
std::string LiteralText(const Value& value, Ty ty);

/// What a statement asks of the past: a call that was carried out, or that there was none.
enum class Past : uint8_t { kNothing, kAfter, kNotAfter };

/// One line of a capability: every body must be true, where the guard acts.
struct Statement {
  std::string text;
  std::vector<ExprPtr> bodies;
  ExprPtr guard;             // null: always
  uint64_t approvers = 0;    // not 0: a step-up that all of these satisfy; no bodies
  ExprPtr amount;            // not null: it charges so much …
  ExprPtr limit;             // … of this
  Past past = Past::kNothing;
  bool bare = false;         // no constraint: it takes no guard
  uint32_t line = 0;
};

struct FactModel {
  std::string name;
  Ty ty = kOrder;
  size_t key = 0;            // of the arguments
  int64_t within_us = 0;
  std::string attestor;
};
struct LetModel {
  std::string name;
  Ty ty = kMails;
  std::vector<Var> sources;
};
struct ActionModel {
  std::string name;
  std::vector<FieldModel> arguments;
  std::vector<FactModel> facts;
  std::vector<LetModel> lets;
  int resource_argument = -1;  // the string in "res://{x}/v"
  std::vector<Var> scope;      // what policies read
};

struct ForbidModel {
  std::string text;
  ExprPtr when;              // null: always
  uint64_t unless = 0;
  std::string on;            // the literal of its pattern's first segment; empty: every resource
  uint32_t line = 0;
};
/// One statement that all permits of the policy's action take together.
struct LimitModel {
  std::string name;
  bool everywhere = false;   // of all policies: it stands outside of them
  Statement statement;
};
struct CapabilityModel {
  std::string name;
  std::string on;            // first segment: "", "*", a literal, or "{{customer}}"
  std::vector<Statement> statements;
  uint32_t line = 0;
};
struct PolicyModel {
  std::string name;
  std::string extends;       // of a child, which says what it adds: the policy or child it narrows
  std::vector<std::string> drops;
  bool parameters = false;   // it declares them
  std::map<size_t, std::optional<Value>> given;  // to its parent's: a literal, or its own
  size_t action = 0;
  std::vector<CapabilityModel> capabilities;
  std::vector<ForbidModel> forbids;
  std::vector<LimitModel> limits;
  std::vector<Value> literals;  // that its expressions name
  uint32_t first_line = 0;
  uint32_t last_line = 0;
};
/// A line of the module beside actions and policies.
struct DeclarationModel {
  std::string text;
  std::string limit;         // the limit of every policy that it is; empty: something else
  uint32_t line = 0;
};
struct ModuleModel {
  std::vector<ActionModel> actions;
  std::vector<PolicyModel> policies;
  std::vector<PolicyModel> children;  // each after what it extends
  std::vector<DeclarationModel> declared;
  std::string source;        // of everything, with the lines filled in
};

inline constexpr int64_t kNowUs = 1'800'000'000'000'000;
inline constexpr int64_t kDayUs = 86'400'000'000;
inline constexpr int64_t kFirstDay = -719'162;  // 0001-01-01
inline constexpr int64_t kLastDay = 2'932'896;  // 9999-12-31

}  // namespace cap::diff
