// One clause being evaluated: its table of values, its open quantifiers, and one handler an opcode.
// Internal to runtime/interp.
#pragma once

#include <array>
#include <cstddef>

#include "runtime/base/limits.h"
#include "runtime/interp/interp.h"

namespace cap::interp {

// The rails of a bool, in InstValue::value.lo. Neither = fault, and then InstValue::fault is set.
inline constexpr uint64_t kTrue = 1;
inline constexpr uint64_t kFalse = 2;

inline InstValue Bool(bool is_true, bool is_false) {
  return {.fault = !is_true && !is_false,
          .value = {(is_true ? kTrue : 0) | (is_false ? kFalse : 0), 0}};
}
inline InstValue Bool(bool value) { return Bool(value, !value); }
inline InstValue Word(uint64_t value) { return {.fault = false, .value = {value, 0}}; }
inline InstValue Fault() { return {}; }
inline bool IsTrue(const InstValue& v) { return (v.value.lo & kTrue) != 0; }
inline bool IsFalse(const InstValue& v) { return (v.value.lo & kFalse) != 0; }

/// Room for the values of one clause of at most N instructions, unwritten until they are known.
template <size_t N>
struct Table {
  alignas(InstValue) std::byte bytes[N * sizeof(InstValue)];
  InstValue* values() { return reinterpret_cast<InstValue*>(bytes); }
};

struct Inputs {
  const Program& program;
  const Shape& shape;
  const FrameHeader* frame;
  const CapabilityRecord* record;
  const CallOuts& call_outs;
};

class Evaluation {
 public:
  /// `table` has room for the clause's instructions. With `witnesses` the table afterwards holds,
  /// for the body of a quantifier, the values of the element that decided it.
  Evaluation(const Inputs& inputs, const Clause& clause, InstValue* table, bool witnesses = false)
      : inputs_(inputs), begin_(clause.begin), end_(clause.end), table_(table),
        witnesses_(witnesses) {}

  /// The value of the clause.
  InstValue Run() { return RunRange(begin_, end_); }

  // What handlers read.
  const Inputs& in() const { return inputs_; }
  const Slot& slot(uint32_t slot) const { return SlotsOf(inputs_.frame)[slot]; }
  const InstValue& At(uint32_t inst) const { return table_[inst - begin_]; }
  const InstValue& A(const Inst& inst) const { return At(inst.a); }
  const InstValue& B(const Inst& inst) const { return At(inst.b); }
  const Inst& InstAt(uint32_t inst) const {
    return inputs_.program.insts[inputs_.shape.first_inst + inst];
  }
  const Type& TypeOf(uint32_t inst) const { return inputs_.program.types[InstAt(inst).type]; }
  /// The value of a slot as `type` computes with it: a bool gets its rails.
  InstValue FromSlot(TypeIndex type, const Slot& slot) const;
  /// First slot of the element that the enclosing quantifier `inst` looks at.
  const Slot* ElementOf(uint32_t inst) const;
  /// Whether slot `field` of that element is there.
  bool ElementHas(uint32_t inst, uint32_t field) const;
  /// Whether it is absent because it was given as `null`.
  bool ElementIsNull(uint32_t inst, uint32_t field) const;

  /// Strong Kleene over the elements: stops at the first one whose predicate has `decisive`.
  InstValue Quantify(const Inst& inst, uint32_t at, uint64_t decisive);

  /// Calls `visit` with the body's value for every element, in order, until one is a fault: the
  /// index of that one, else kNone. The table then holds the values of the last element looked at.
  template <typename Visit>
  uint32_t EachElement(const Inst& inst, uint32_t at, Visit visit);

  /// Index after the instruction at `at` and, if it is a quantifier, its body.
  uint32_t Next(uint32_t at) const;

 private:
  struct OpenQuantifier {
    uint32_t inst = 0;
    const Slot* element = nullptr;
  };

  InstValue RunRange(uint32_t begin, uint32_t end);
  uint32_t StrideOf(const Inst& quantifier) const;  // of its list's elements, in slots
  InstValue Step(uint32_t at);

  const Inputs& inputs_;
  uint32_t begin_;
  uint32_t end_;
  InstValue* table_;
  bool witnesses_;
  uint32_t depth_ = 0;  // of open_; verified to stay within it
  std::array<OpenQuantifier, limits::kQuantifierDepth> open_;
};

template <typename Visit>
uint32_t Evaluation::EachElement(const Inst& inst, uint32_t at, Visit visit) {
  const Slot& list = A(inst).value;
  const uint32_t stride = StrideOf(inst);
  OpenQuantifier& open = open_[depth_++];
  open.inst = at;
  uint32_t faulted = kNone;
  for (uint32_t i = 0; i < CountOf(list) && faulted == kNone; ++i) {
    open.element = ElementsOf(list) + size_t{i} * stride;
    const InstValue value = RunRange(at + 1, at + 1 + inst.b);
    if (value.fault) {
      faulted = i;
    } else {
      visit(value);
    }
  }
  --depth_;
  return faulted;
}

/// A fold that is a fault because its body is one for this element.
inline InstValue FaultOf(uint32_t element) {
  return {.fault = true, .value = {0, uint64_t{element} + 1}};
}

/// Of a quantifier's value: the element that decided it, or kNone; of a fold, which has none, the
/// element that made it a fault. Kept, one higher, in the half that neither a bool nor a fault
/// uses. Not of a fold that is no fault.
inline uint32_t WitnessOf(const InstValue& quantifier) {
  return quantifier.value.hi == 0 ? kNone : static_cast<uint32_t>(quantifier.value.hi - 1);
}

// One handler an opcode, called only if no operand is a fault (And, Or and Acts: always).
#define INST(name, ...) InstValue Eval##name(Evaluation& e, const Inst& inst, uint32_t at);
#include "runtime/program/inst_kind.def"
#undef INST

}  // namespace cap::interp
