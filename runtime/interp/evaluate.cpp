#include "runtime/interp/evaluate.h"

#include "runtime/interp/mutant.h"
#include "runtime/program/layout.h"
#include "runtime/value/text.h"

namespace cap::interp {
namespace {

using Handler = InstValue (*)(Evaluation&, const Inst&, uint32_t);

constexpr std::array<Handler, kOpCount> kHandlers = {
#define INST(name, ...) &Eval##name,
#include "runtime/program/inst_kind.def"
#undef INST
};

OpCounters* g_counters = nullptr;

void Count(const Program& program, const Inst& inst, const InstValue& result) {
  const bool is_false = ClassOf(program, inst.type) == ValueClass::kBool && IsFalse(result);
  ++g_counters->seen[static_cast<uint16_t>(inst.op)][result.fault ? 2 : is_false ? 1 : 0];
}

#ifdef CAPC_MUTANTS
uint16_t g_mutant = kNoMutant;

InstValue Mutated(const Program& program, const Inst& inst, InstValue result) {
  if (static_cast<uint16_t>(inst.op) != g_mutant) return result;
  switch (ClassOf(program, inst.type)) {
    case ValueClass::kBool: return Bool(!IsTrue(result), IsTrue(result));
    case ValueClass::kWord:
    case ValueClass::kMask: result.value.lo ^= 1; return result;
    case ValueClass::kMoney:
    case ValueClass::kDecimal: result.value.lo += 1; return result;
    case ValueClass::kStr:
      // Such a text is read together with what stands before its bytes.
      if (HeaderBytes(program.types[inst.type].kind) != 0) return Fault();
      return {.fault = result.fault, .value = StringSlot("")};
    case ValueClass::kTable:
    case ValueClass::kRate: return Fault();
    case ValueClass::kList: result.value.hi &= ~uint64_t{0xFFFF'FFFF}; return result;
  }
  return result;
}
#endif

/// Fault in, fault out, but for the logic that a fault may not decide.
bool IsStrict(Op op) { return op != Op::kAnd && op != Op::kOr && op != Op::kActs; }

}  // namespace

void SetCounters(OpCounters* counters) { g_counters = counters; }

#ifdef CAPC_MUTANTS
void SetMutant(uint16_t op) { g_mutant = op; }
#endif

InstValue Evaluation::FromSlot(TypeIndex type, const Slot& slot) const {
  if (inputs_.program.types[type].kind == TypeKind::kBool) return Bool(slot.lo != 0);
  return {.fault = false, .value = slot};
}

const Slot* Evaluation::ElementOf(uint32_t inst) const {
  for (uint32_t i = depth_; i > 0; --i) {
    if (open_[i - 1].inst == inst) return open_[i - 1].element;
  }
  return nullptr;  // never: the verifier saw that the quantifier encloses its user
}

bool Evaluation::ElementHas(uint32_t inst, uint32_t field) const {
  const Type& list = TypeOf(InstAt(inst).a);
  if (inputs_.program.types[list.element].kind != TypeKind::kRecord) return true;
  return (ElementOf(inst)->lo >> field & 1) != 0;
}

bool Evaluation::ElementIsNull(uint32_t inst, uint32_t field) const {
  const Type& list = TypeOf(InstAt(inst).a);
  if (inputs_.program.types[list.element].kind != TypeKind::kRecord) return false;
  return (ElementOf(inst)->hi >> field & 1) != 0;
}

uint32_t Evaluation::Next(uint32_t at) const {
  const Inst& inst = InstAt(at);
  return at + 1 + (HasBody(inst.op) ? inst.b : 0);
}

InstValue Evaluation::Step(uint32_t at) {
  const Inst& inst = InstAt(at);
  const OpInfo& info = InfoOf(inst.op);
  const bool operand_fault = (info.a == OperandKind::kValue && A(inst).fault) ||
                             (info.b == OperandKind::kValue && B(inst).fault);
  InstValue result;
  if (!operand_fault || !IsStrict(inst.op)) {
    result = kHandlers[static_cast<uint16_t>(inst.op)](*this, inst, at);
  }
#ifdef CAPC_MUTANTS
  result = Mutated(inputs_.program, inst, result);
#endif
  if (g_counters != nullptr) Count(inputs_.program, inst, result);
  return result;
}

InstValue Evaluation::RunRange(uint32_t begin, uint32_t end) {
  uint32_t last = begin;
  for (uint32_t at = begin; at < end; at = Next(at)) {
    table_[at - begin_] = Step(at);
    last = at;
  }
  return At(last);
}

uint32_t Evaluation::StrideOf(const Inst& quantifier) const {
  return SlotsOf(inputs_.program, TypeOf(quantifier.a).element);
}

InstValue Evaluation::Quantify(const Inst& inst, uint32_t at, uint64_t decisive) {
  const Slot& list = A(inst).value;
  const uint32_t stride = StrideOf(inst);
  const uint32_t body = at + 1;
  OpenQuantifier& open = open_[depth_++];
  open.inst = at;
  uint32_t witness = kNone;
  uint32_t visited = 0;
  bool fault = false;
  bool decided = false;
  for (; visited < CountOf(list) && !decided; ++visited) {
    open.element = ElementsOf(list) + size_t{visited} * stride;
    const InstValue predicate = RunRange(body, body + inst.b);
    decided = (predicate.value.lo & decisive) != 0;
    // The first decisive element counts, else the first that faulted.
    if (decided || (predicate.fault && !fault)) witness = visited;
    fault = fault || predicate.fault;
  }
  if (witnesses_ && witness != kNone && witness + 1 != visited) {
    open.element = ElementsOf(list) + size_t{witness} * stride;
    RunRange(body, body + inst.b);
  }
  --depth_;
  const uint64_t other = decisive ^ (kTrue | kFalse);
  const uint64_t rails = decided ? decisive : fault ? 0 : other;
  const uint64_t kept = witness == kNone ? 0 : uint64_t{witness} + 1;
  return {.fault = rails == 0, .value = {rails, kept}};
}

}  // namespace cap::interp
