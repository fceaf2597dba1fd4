// The Program: everything that a decision needs and that does not depend on a holder. Made by the
// compiler or read from a bundle, verified (verify.h), then immutable and shared by threads.
// Plain data with indices, so that the codec, the printer and the verifier stay simple.
//
// Records in slots. A value of scalar, set or list type is one slot. A value of record type takes
// 1 + Σ slots of its fields: a marker slot, then the fields in order, depth first; the marker is
// present when the record is. An element of a list of records is laid out the same way, its marker
// slot holding the presence mask (slot.h). SlotsOf() in layout.h is the one place that counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/span.h"
#include "runtime/program/ir.h"
#include "runtime/program/table.h"
#include "runtime/value/value.h"

namespace cap {

struct RecordField {
  std::string name;
  TypeIndex type = 0;
  bool optional = false;
  uint32_t currency_field = kNone;  // MoneyForm::kSibling: the field that names the currency
  bool operator==(const RecordField&) const = default;
};
struct RecordType {
  std::string name;
  std::vector<RecordField> fields;
  bool open = false;                // `...`: further fields pass, unread
  bool operator==(const RecordType&) const = default;
};
struct EnumType {
  std::string name;
  std::vector<std::string> members;  // at most limits::kEnumMembers
  bool operator==(const EnumType&) const = default;
};

// --- what a tool's frame holds ---
enum class SlotSource : uint8_t { kArgument, kFact, kLive, kLet };
struct SlotDesc {
  std::string path;         // "amount", "order.owner"; a record's marker: "order"
  TypeIndex type = 0;       // of a marker: the record type
  SlotSource source = SlotSource::kArgument;
  bool optional = false;
  bool operator==(const SlotDesc&) const = default;
};
struct ArgumentDesc {
  std::string name;
  TypeIndex type = 0;
  uint32_t slot = 0;                   // first slot
  bool optional = false;
  uint32_t default_value = kNone;      // index into Program::values
  uint32_t currency_slot = kNone;      // MoneyForm::kSibling
  Span span;
  bool operator==(const ArgumentDesc&) const = default;
};
struct FactDesc {
  std::string name;
  TypeIndex type = 0;
  uint32_t slot = 0;                   // first slot
  std::vector<uint32_t> key_slots;     // argument slots (text, int or enum) it is keyed by
  int64_t max_age_us = 0;              // `within`; 0 = any age
  std::string attestor;                // `by`; empty = any
  uint32_t currency_slot = kNone;      // a money fact of MoneyForm::kSibling
  Span span;
  // `for each`: the key slot is a list, what stands at this offset of an element is a key, and the
  // fact is a list of what is attested of each, in their order. kNone: one fact, one key.
  uint32_t each_offset = kNone;
  bool operator==(const FactDesc&) const = default;
};
struct LiveDesc {  // `context live`
  std::string name;
  TypeIndex type = 0;
  uint32_t slot = 0;
  bool optional = false;
  Span span;
  bool operator==(const LiveDesc&) const = default;
};
struct LetDesc {  // a list made of others; scalar lets are inlined by the checker
  std::string name;
  uint32_t slot = 0;
  std::vector<uint32_t> source_slots;  // in order; lists or sets of one element type
  bool operator==(const LetDesc&) const = default;
};

// --- resources ---
enum class HoleSource : uint8_t {
  kSlot,     // the value of a frame slot
  kElement,  // of the element of `each` (field = its slot offset; 0 for a scalar element)
};
struct ResourceHole {
  HoleSource source = HoleSource::kSlot;
  uint32_t index = 0;        // frame slot, or slot offset in the element
  bool email_domain = false; // `{r.domain}` of an email, `{u.host}` of a url
  TypeIndex type = 0;        // a text, int, enum or instant: rendered as text
  bool operator==(const ResourceHole&) const = default;
};
struct ResourceSegment {
  std::string key;            // "customer" of "customer:{…}"; empty = none
  std::string literal;        // when hole == kNone
  uint32_t hole = kNone;      // index into Resource::holes
  bool operator==(const ResourceSegment&) const = default;
};
struct Resource {
  std::string scheme;
  std::vector<ResourceSegment> segments;
  std::vector<ResourceHole> holes;   // at most limits::kResourceHoles
  uint32_t each_slot = kNone;        // `each`: the frame slot of the list (or set)
  Span span;
  bool operator==(const Resource&) const = default;
};

/// A constant of one capability, forbid or guard: a literal, or a bound value known at mint.
struct ConstSource {
  bool bound = false;
  uint32_t index = 0;  // Program::values, or Program::bound
  bool operator==(const ConstSource&) const = default;
};

/// How much harm a call may do: `@risk(high)`. A denial of a call of high risk, or of one that
/// cannot be undone, is for a person to see.
enum class Risk : uint8_t { kUnsaid, kLow, kMedium, kHigh, kCritical };
std::string_view NameOf(Risk risk);  // "high"; empty for kUnsaid

struct Action {
  std::string name;
  Risk risk = Risk::kUnsaid;
  bool irreversible = false;
  uint32_t tool = 0;
  uint32_t guard = kNone;              // shape (kPredicate): `action … of "tool" when …`
  std::vector<ConstSource> guard_consts;  // of the guard's shape; none is bound
  bool has_resource = false;
  Resource resource;
  // The distinct sets of holes that some pattern of some policy holds to a literal, as bit masks
  // over holes. A capability's skeleton is an index into this list.
  std::vector<uint8_t> skeletons;      // at most limits::kSkeletons a policy, 125 in all
  Span span;
  bool operator==(const Action&) const = default;
};

struct Tool {
  std::string name;
  std::vector<SlotDesc> slots;         // at most limits::kFrameSlots
  std::vector<ArgumentDesc> arguments;
  std::vector<FactDesc> facts;
  std::vector<LiveDesc> live;
  std::vector<LetDesc> lets;
  std::vector<uint32_t> actions;       // indices into Program::actions; guards choose among them
  uint64_t layout_hash = 0;            // layout.h: LayoutHash()
  bool operator==(const Tool&) const = default;
};

/// A tool that carries the call of another: `wrapper "call_tool" { name: tool, input: arguments }`.
/// A call of it is decided as the call that it carries, and is none of any action.
struct Wrapper {
  std::string tool;              // no name in Program::tools
  std::string tool_member;       // its argument that names the tool
  std::string arguments_member;  // … and the one that holds the arguments
  Span span;
  bool operator==(const Wrapper&) const = default;
};

// --- code ---
struct Shape {
  ShapeKind kind = ShapeKind::kCapability;
  uint32_t tool = 0;                   // whose frames it reads
  uint32_t first_inst = 0;             // [first_inst, first_inst + inst_count) of Program::insts
  uint32_t inst_count = 0;
  uint32_t first_clause = 0;           // … of Program::clauses
  uint32_t clause_count = 0;
  std::vector<TypeIndex> const_types;  // of the constants a record brings, in order
  uint64_t required[2] = {0, 0};       // every slot that a Load reads: one test, then no checks
  bool operator==(const Shape&) const = default;
};

// --- texts of denials: "amount {{amount}} is over the limit of {{limit}}" ---
struct TextPiece {
  enum class Kind : uint8_t { kLiteral, kSlot, kConst };
  Kind kind = Kind::kLiteral;
  std::string literal;
  uint32_t index = 0;       // frame slot, or constant of the record
  bool email_domain = false;
  bool operator==(const TextPiece&) const = default;
};

/// What a permit may ask of the enforcement point beside the call: "maskColumns@1". Who does not
/// know it by name and version must not make the call.
struct ObligationParameter {
  std::string name;
  TypeIndex type = 0;  // bool, int, a text, enum, or a set or list of these
  bool operator==(const ObligationParameter&) const = default;
};
struct ObligationType {
  std::string name;
  uint32_t version = 1;
  std::vector<ObligationParameter> parameters;
  bool operator==(const ObligationType&) const = default;
};

// --- limits: what a permitted call is held against (runtime/state/store.h counts) ---
enum class LimitKind : uint8_t {
  kRate,      // `amount` of a rate, `burst` of them at once
  kRecent,    // at most `limit` in any `span`
  kQuota,     // at most `limit` in each `period` of the calendar of `zone`
  kGauge,     // at most `limit` held at one time, each for at most `span`
  kAfter,     // takes nothing: a call of `history` was carried out within the last `span`
  kNotAfter,  // takes nothing: none was
};
/// In the order of the members of std.quota's `period`.
enum class Period : uint8_t { kHour, kDay, kWeek, kMonth, kTotal };
/// The members, which a bundle's enum of that kind has.
inline constexpr std::string_view kPeriodNames[] = {"hour", "day", "week", "month", "total"};
enum class OnStoreError : uint8_t { kDeny, kPermit };

/// Where a number or a key of a limit comes from.
struct LimitOperand {
  enum class Source : uint8_t { kAbsent, kConst, kSlot, kInst };
  Source source = Source::kAbsent;
  // A constant of the record · a slot of the frame · an instruction of the shape that stands
  // directly in the clause LimitTerm::operands_clause. What is not there, or a fault, denies.
  uint32_t index = 0;
  TypeIndex type = 0;
  bool operator==(const LimitOperand&) const = default;
};

/// One counter that a clause of kLimit holds the call against. Whose it is (policy, owner, name,
/// reset) is where it is written, and never whose grant it is: a policy that is built on another
/// one counts with the counters of that one.
struct LimitTerm {
  LimitKind kind = LimitKind::kQuota;
  std::string policy;      // by name; empty: a limit that is written at top level
  std::string owner;       // name of the capability or limit
  std::string name;        // of the constraint, or "consume"; "#2" behind a second one of a name
  std::string reset;       // `reset: "…"`; empty: none
  uint32_t clause = 0;     // of kLimit
  uint32_t operands_clause = kNone;  // of kRequire: true where the operands are good
  LimitOperand amount;     // int or money; not of kAfter and kNotAfter
  LimitOperand limit;      // kRate: a constant of type rate; else int or money, as the amount
  LimitOperand burst;      // kRate: int; absent: 1
  LimitOperand period;     // kQuota: a constant member of an enum of kPeriodNames, not bound
  LimitOperand zone;       // kQuota of days and longer: a constant zone, not bound; absent: UTC
  LimitOperand span;       // duration; of a quota only with kTotal, where it is what it is kept for
  // Text, int, enum or date; one that is absent is the subject. No keys: the subject. Of kAfter and
  // kNotAfter: parallel to the history's arguments, beside the subject.
  std::vector<LimitOperand> keys;
  OnStoreError on_store_error = OnStoreError::kDeny;
  uint32_t history = kNone;  // kAfter, kNotAfter: of Program::histories
  bool operator==(const LimitTerm&) const = default;
};

/// Calls that somebody asks about later: when one is carried out, the counter of (subject, action,
/// the values of these arguments) is stamped.
struct History {
  uint32_t action = 0;
  std::vector<std::string> arguments;  // sorted
  std::vector<uint32_t> slots;         // of the action's tool, parallel
  bool operator==(const History&) const = default;
};

/// `circuit_breaker`: so many denials of one subject within a window suspend the policy for it.
struct Breaker {
  uint32_t max_violations = 0;  // 0: there is none
  int64_t window_us = 0;
  int64_t suspend_us = 0;
  Span span;
  bool operator==(const Breaker&) const = default;
};

/// In which direction a parameter of a constraint narrows: `narrows <=`.
enum class ParameterOrder : uint8_t {
  kUnsaid, kAtMost, kAtLeast, kSame, kSubset, kSuperset, kWithin,
};

/// A parameter of a constraint of a capability, whose value is one constant of its record: what a
/// delegation may narrow by name.
struct CapabilityParameter {
  std::string constraint;  // "maxAmount"; "#2" behind a second one of a name
  std::string name;        // of the parameter
  uint32_t const_index = 0;
  TypeIndex type = 0;
  ParameterOrder order = ParameterOrder::kUnsaid;
  bool operator==(const CapabilityParameter&) const = default;
};

/// What a decision says about one clause of one capability.
struct ClauseInfo {
  std::string name;              // "maxAmount", "require", "requireApproval"
  Span span;                     // the statement in the policy
  std::vector<TextPiece> text;   // `deny "…"`; empty = made from observed and limit
  std::vector<TextPiece> consent;  // `consent "…"`; of the first clause of a constraint only
  bool unsaid = false;           // … which another clause of the capability makes needless
  std::string step_up;           // kStepUp: "approval" or "review"
  uint64_t approvers = 0;        // kStepUp: whose approval it asks for, unless from a bound value
  uint32_t approvers_const = kNone;  // kStepUp: constant that holds the mask
  uint32_t obligation = kNone;       // kOblige: of Program::obligations
  std::vector<uint32_t> obligation_consts;  // kOblige: constants, parallel to its parameters
  uint32_t limit_term = kNone;       // kLimit: of the terms of the capability or shared limit
  bool operator==(const ClauseInfo&) const = default;
};

/// `limit NAME on …`, for one of its actions and one policy whose grants it binds: as with
/// forbids, one over several actions, or written at top level, becomes several.
struct SharedLimit {
  std::string name;
  uint32_t policy = 0;
  uint32_t action = 0;
  uint32_t shape = 0;                // kCapability; clauses of kRequire and kLimit alone
  std::vector<ConstSource> consts;
  std::vector<ClauseInfo> clauses;   // parallel to the shape's clauses
  std::vector<LimitTerm> terms;
  uint32_t first_inst_span = 0;
  Span span;
  bool operator==(const SharedLimit&) const = default;
};

// --- policies ---
struct PatternHole {
  uint32_t hole = 0;             // of the action's resource
  ConstSource value;             // string, int or enum; a bound set<string> means alternatives
  bool operator==(const PatternHole&) const = default;
};
struct Pattern {                 // a capability's or forbid's `on`, matched statically
  std::string text;              // as written
  uint32_t skeleton = 0;         // index into Action::skeletons
  std::vector<PatternHole> holes;  // in order of hole
  Span span;
  bool operator==(const Pattern&) const = default;
};

struct Capability {
  std::string name;              // given, or the action's name
  uint32_t policy = 0;
  uint32_t action = 0;
  uint32_t shape = 0;
  std::vector<Pattern> patterns; // at least one
  std::vector<ConstSource> consts;
  std::vector<ClauseInfo> clauses;   // parallel to the shape's clauses
  std::vector<LimitTerm> terms;      // one a clause of kLimit
  std::vector<CapabilityParameter> parameters;
  uint32_t first_inst_span = 0;  // into Program::spans, parallel to the shape's instructions
  Span span;
  bool operator==(const Capability&) const = default;
};

struct Forbid {
  uint32_t policy = 0;
  uint32_t action = 0;           // a forbid over several actions becomes several
  uint32_t shape = kNone;        // kPredicate; kNone = always
  std::vector<Pattern> patterns; // empty = every resource
  std::vector<ConstSource> consts;
  uint64_t unless_approvers = 0; // approvals that lift it; 0 = none can
  ClauseInfo info;               // name "forbid"
  uint32_t first_inst_span = 0;
  bool operator==(const Forbid&) const = default;
};

struct BoundDesc {  // `context bound`, or a parameter of a policy: fixed at mint
  std::string name;
  TypeIndex type = 0;
  bool optional = false;  // reserved: a bound value is always required in this version
  std::string policy;      // whose parameter it is: its name is known there alone; empty: context
  uint32_t default_value = kNone;  // of a parameter: in Program::values, for a mint that gives none
  bool is_parameter() const { return !policy.empty(); }
  bool operator==(const BoundDesc&) const = default;
};
struct PurposeDesc {
  std::string name;
  std::string text;
  bool operator==(const PurposeDesc&) const = default;
};

/// A parameter of a policy that another one is built on, with the value that this one gives it.
struct FixedBound {
  uint32_t bound = 0;  // of Program::bound; not what a mint gives
  ConstSource value;   // a literal, or what a mint gives for another name
  bool operator==(const FixedBound&) const = default;
};

struct Policy {
  std::string name;
  std::string version;
  std::vector<uint32_t> purposes;     // of Program::purposes; empty = any
  int64_t max_ttl_us = 0;             // `expires after`; 0 = the mint decides
  std::vector<uint32_t> bound;        // of Program::bound: what a mint gives
  std::vector<FixedBound> fixed;      // what its rules read beside that; in order of bound
  std::vector<uint32_t> capabilities;
  std::vector<uint32_t> forbids;
  std::vector<uint32_t> limits;       // of Program::limits
  Breaker breaker;
  Span span;
  bool operator==(const Policy&) const = default;
};

struct Program {
  std::vector<std::string> files;     // names only, for spans
  std::vector<Type> types;
  std::vector<EnumType> enums;
  std::vector<RecordType> records;
  std::vector<Value> values;          // literals and defaults
  std::vector<std::string> approvers; // at most limits::kApprovers
  std::vector<PurposeDesc> purposes;
  std::vector<BoundDesc> bound;

  std::vector<ObligationType> obligations;
  std::vector<Tool> tools;
  std::vector<Wrapper> wrappers;
  std::vector<Action> actions;
  std::vector<Inst> insts;
  std::vector<Clause> clauses;
  std::vector<Shape> shapes;
  std::vector<Span> spans;            // of instructions, a range a capability, forbid or limit
  std::vector<Policy> policies;
  std::vector<Capability> capabilities;
  std::vector<Forbid> forbids;
  std::vector<SharedLimit> limits;
  std::vector<History> histories;     // no two are the same
  std::vector<Table> tables;          // what constants of class kTable point at
  std::string zone_version;           // of the time zone database that zones are from; empty: none

  bool operator==(const Program&) const = default;
};

/// What instructions compute with for a value of `type`. Records and jsons have none: kList stands
/// in, and the verifier lets no instruction have one as its value.
ValueClass ClassOf(const Program& program, TypeIndex type);

/// The table of the Program that a slot of class kTable points at; null for any other slot.
const Table* FindTable(const Program& program, const Slot& slot);

}  // namespace cap
