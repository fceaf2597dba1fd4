// The typed IR of predicates: flat 16-byte instructions in post-order, grouped into clauses and
// shapes. A Shape is the code; what differs between capabilities is in their constants.
//
// Evaluation. Instruction i computes value i from earlier values of the same clause (clauses never
// share values), or from an enclosing quantifier's element. A clause's result is its last top-level
// instruction, of class kBool. `Any`, `All` and the folds at i own the `b` instructions after it,
// their body; the body's last top-level instruction is its predicate, or what a fold adds up; body
// values are invisible outside; a body may use values of the enclosing ranges that stand before its
// quantifier. The next top-level instruction stands at i + 1 + b. Quantifiers, folds among them,
// nest at most limits::kQuantifierDepth deep.
//
// Every value can be a fault. A fault in an operand makes the result a fault, but for the logic
// opcodes, Any and All (strong Kleene) and Acts; a fault in the body of a fold makes the fold one.
// A boolean is two rails (t, f); neither = fault.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/value/type.h"

namespace cap {

enum class Op : uint16_t {
#define INST(name, ...) k##name,
#include "runtime/program/inst_kind.def"
#undef INST
};
inline constexpr uint16_t kOpCount = 0
#define INST(...) +1
#include "runtime/program/inst_kind.def"
#undef INST
    ;

enum class OperandKind : uint8_t { kNothing, kConst, kSlot, kValue, kField, kLength, kQuant };

/// The columns of inst_kind.def.
struct OpInfo {
  std::string_view name;                 // "StrEq"
  std::string_view text;                 // "str.eq"
  bool typed_result = false;             // the class of Inst::type; else `result`
  ValueClass result = ValueClass::kBool;
  OperandKind a = OperandKind::kNothing;
  OperandKind b = OperandKind::kNothing;
  bool any_class_a = true;
  bool any_class_b = true;
  ValueClass class_a = ValueClass::kBool;
  ValueClass class_b = ValueClass::kBool;
  bool may_fault = false;
  uint8_t cost = 0;
};
const OpInfo& InfoOf(Op op);

/// Opcodes that own the instructions after them as their body: the rows with a kLength.
constexpr bool HasBody(Op op) {
  return op == Op::kAny || op == Op::kAll || op == Op::kCount || op == Op::kIntSum ||
         op == Op::kMoneySum || op == Op::kDecSum;
}
/// Of these, those that are made of every element's value: a fault in one makes the whole a fault.
constexpr bool IsFold(Op op) { return HasBody(op) && op != Op::kAny && op != Op::kAll; }

struct Inst {
  Op op = Op::kConst;
  uint16_t type = 0;  // index into Program::types of the result
  uint32_t a = 0;     // kValue, kQuant: relative to the shape's first instruction
  uint32_t b = 0;
  uint32_t reserved = 0;  // zero; keeps the instruction at 16 bytes

  bool operator==(const Inst&) const = default;
};
static_assert(sizeof(Inst) == 16);

enum class ClauseKind : uint8_t {
  kRequire,  // must be true; else the capability refuses
  kStepUp,   // must be true (satisfied); else the call needs the step-up named by its ClauseInfo
  kOblige,   // not true: a permit brings the obligation named by its ClauseInfo
  kLimit,    // not true: the call is held against the limit that its ClauseInfo names
};

struct Clause {
  uint32_t begin = 0;  // instructions [begin, end), relative to the shape
  uint32_t end = 0;
  uint32_t observed = kNone;  // instruction whose value the decision shows as observed, or kNone
  uint32_t limit = kNone;     // … and as the limit it was held against
  ClauseKind kind = ClauseKind::kRequire;
  uint8_t cost = 0;           // class 0 or 1: the highest cost of its instructions

  bool operator==(const Clause&) const = default;
};

enum class ShapeKind : uint8_t {
  kCapability,  // clauses; compiled to admit and explain
  kPredicate,   // one clause of kRequire; a forbid's condition or a guard; compiled to two bits
};

}  // namespace cap
