// Handlers of decimals. Both operands have one scale, which is static: only coefficients are left.
#include "runtime/interp/evaluate.h"
#include "runtime/value/decimal.h"

namespace cap::interp {
namespace {

/// `overflowed` as the compiler's checked arithmetic reports it.
InstValue Checked(bool overflowed, Coefficient result) {
  if (overflowed) return Fault();
  const Decimal decimal = MakeDecimal(result, 0);
  return {.fault = false, .value = {decimal.low, decimal.high}};
}

InstValue CallOut(const Evaluation& e, const Inst& inst,
                  uint64_t (*function)(const Slot*, const Slot*)) {
  return Bool(function(&e.A(inst).value, &e.B(inst).value) != 0);
}

}  // namespace

InstValue EvalDecEq(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.A(inst).value == e.B(inst).value);
}

InstValue EvalDecLt(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(CoefficientOf(e.A(inst).value) < CoefficientOf(e.B(inst).value));
}

InstValue EvalDecAdd(Evaluation& e, const Inst& inst, uint32_t) {
  Coefficient result = 0;
  const bool overflowed = __builtin_add_overflow(CoefficientOf(e.A(inst).value),
                                                 CoefficientOf(e.B(inst).value), &result);
  return Checked(overflowed, result);
}

InstValue EvalDecSub(Evaluation& e, const Inst& inst, uint32_t) {
  Coefficient result = 0;
  const bool overflowed = __builtin_sub_overflow(CoefficientOf(e.A(inst).value),
                                                 CoefficientOf(e.B(inst).value), &result);
  return Checked(overflowed, result);
}

InstValue EvalDecMul(Evaluation& e, const Inst& inst, uint32_t) {
  const Coefficient factor = CoefficientOf(e.A(inst).value);
  if (!FitsFactor(factor)) return Fault();
  return Checked(false, factor * static_cast<int64_t>(e.B(inst).value.lo));
}

InstValue EvalDecIn(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.dec_in);
}

InstValue EvalDecSubset(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.dec_subset);
}

InstValue EvalDecDisjoint(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.dec_disjoint);
}

}  // namespace cap::interp
