// Handlers of words, money and masks.
#include <bit>

#include "runtime/interp/evaluate.h"

namespace cap::interp {
namespace {

int64_t Signed(const InstValue& v) { return static_cast<int64_t>(v.value.lo); }

/// `overflowed` as the compiler's checked arithmetic reports it.
InstValue CheckedWord(bool overflowed, int64_t result) {
  return overflowed ? Fault() : Word(static_cast<uint64_t>(result));
}

/// Of the left operand's currency; not below zero unless the result's type is signed.
InstValue CheckedMoney(const Evaluation& e, const Inst& inst, bool overflowed, int64_t result) {
  if (overflowed || (result < 0 && !e.in().program.types[inst.type].is_signed)) return Fault();
  return {.fault = false, .value = {static_cast<uint64_t>(result), e.A(inst).value.hi}};
}

bool SameCurrency(const Evaluation& e, const Inst& inst) {
  return e.A(inst).value.hi == e.B(inst).value.hi;
}

}  // namespace

InstValue EvalWordEq(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.A(inst).value.lo == e.B(inst).value.lo);
}

InstValue EvalWordLt(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(Signed(e.A(inst)) < Signed(e.B(inst)));
}

InstValue EvalIntAdd(Evaluation& e, const Inst& inst, uint32_t) {
  int64_t result = 0;
  const bool overflowed = __builtin_add_overflow(Signed(e.A(inst)), Signed(e.B(inst)), &result);
  return CheckedWord(overflowed, result);
}

InstValue EvalIntSub(Evaluation& e, const Inst& inst, uint32_t) {
  int64_t result = 0;
  const bool overflowed = __builtin_sub_overflow(Signed(e.A(inst)), Signed(e.B(inst)), &result);
  return CheckedWord(overflowed, result);
}

InstValue EvalIntMul(Evaluation& e, const Inst& inst, uint32_t) {
  int64_t result = 0;
  const bool overflowed = __builtin_mul_overflow(Signed(e.A(inst)), Signed(e.B(inst)), &result);
  return CheckedWord(overflowed, result);
}

InstValue EvalMoneyEq(Evaluation& e, const Inst& inst, uint32_t) {
  return SameCurrency(e, inst) ? Bool(e.A(inst).value.lo == e.B(inst).value.lo) : Fault();
}

InstValue EvalMoneyLt(Evaluation& e, const Inst& inst, uint32_t) {
  return SameCurrency(e, inst) ? Bool(Signed(e.A(inst)) < Signed(e.B(inst))) : Fault();
}

InstValue EvalMoneyAdd(Evaluation& e, const Inst& inst, uint32_t) {
  int64_t result = 0;
  const bool overflowed = __builtin_add_overflow(Signed(e.A(inst)), Signed(e.B(inst)), &result);
  return CheckedMoney(e, inst, overflowed || !SameCurrency(e, inst), result);
}

InstValue EvalMoneySub(Evaluation& e, const Inst& inst, uint32_t) {
  int64_t result = 0;
  const bool overflowed = __builtin_sub_overflow(Signed(e.A(inst)), Signed(e.B(inst)), &result);
  return CheckedMoney(e, inst, overflowed || !SameCurrency(e, inst), result);
}

InstValue EvalMoneyMul(Evaluation& e, const Inst& inst, uint32_t) {
  int64_t result = 0;
  const bool overflowed = __builtin_mul_overflow(Signed(e.A(inst)), Signed(e.B(inst)), &result);
  return CheckedMoney(e, inst, overflowed, result);
}

InstValue EvalWordCharge(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(Signed(e.A(inst)) > 0 && Signed(e.B(inst)) >= 0);
}

InstValue EvalMoneyCharge(Evaluation& e, const Inst& inst, uint32_t) {
  if (!SameCurrency(e, inst)) return Fault();
  return Bool(Signed(e.A(inst)) > 0 && Signed(e.B(inst)) >= 0);
}

// A fault of the operand has made this one already.
InstValue EvalUsable(Evaluation&, const Inst&, uint32_t) { return Bool(true); }

InstValue EvalMaskIn(Evaluation& e, const Inst& inst, uint32_t) {
  // INVARIANT: an enum is below limits::kEnumMembers; the mask keeps the shift defined anyway.
  return Bool((e.B(inst).value.lo >> (e.A(inst).value.lo & 63) & 1) != 0);
}

InstValue EvalMaskSubset(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& left = e.A(inst).value;
  return Bool(left.hi == 0 && (left.lo & ~e.B(inst).value.lo) == 0);
}

InstValue EvalMaskDisjoint(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& left = e.A(inst).value;
  const Slot& right = e.B(inst).value;
  const bool undeclared_on_both = left.hi != 0 && right.hi != 0;
  return Bool((left.lo & right.lo) == 0 && !undeclared_on_both);
}

InstValue EvalMaskSize(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& mask = e.A(inst).value;
  return Word(static_cast<uint64_t>(std::popcount(mask.lo)) + mask.hi);
}

}  // namespace cap::interp
