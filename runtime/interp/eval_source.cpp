// Handlers of what brings values in, of logic, and of quantifiers.
#include "runtime/interp/evaluate.h"

namespace cap::interp {

InstValue EvalConst(Evaluation& e, const Inst& inst, uint32_t) {
  return e.FromSlot(inst.type, e.in().record->consts[inst.a]);
}

InstValue EvalLoad(Evaluation& e, const Inst& inst, uint32_t) {
  if (!BitOf(e.in().frame->present, inst.a)) return Fault();
  return e.FromSlot(inst.type, e.slot(inst.a));
}

InstValue EvalPresent(Evaluation& e, const Inst& inst, uint32_t) {
  if (BitOf(e.in().frame->poison, inst.a)) return Fault();
  return Bool(BitOf(e.in().frame->present, inst.a));
}

InstValue EvalNull(Evaluation& e, const Inst& inst, uint32_t) {
  if (BitOf(e.in().frame->poison, inst.a)) return Fault();
  return Bool(!BitOf(e.in().frame->present, inst.a) && e.slot(inst.a).lo == kNullSlot.lo);
}

InstValue EvalNow(Evaluation& e, const Inst&, uint32_t) {
  return Word(static_cast<uint64_t>(e.in().frame->now_us));
}

InstValue EvalElement(Evaluation& e, const Inst& inst, uint32_t) {
  if (!e.ElementHas(inst.a, inst.b)) return Fault();
  return e.FromSlot(inst.type, e.ElementOf(inst.a)[inst.b]);
}

InstValue EvalElementPresent(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.ElementHas(inst.a, inst.b));
}

InstValue EvalElementNull(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.ElementIsNull(inst.a, inst.b));
}

InstValue EvalApproved(Evaluation& e, const Inst& inst, uint32_t) {
  const uint64_t wanted = e.A(inst).value.lo;
  return Bool(wanted != 0 && (e.in().frame->approvals & wanted) == wanted);
}

InstValue EvalNot(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(IsFalse(e.A(inst)), IsTrue(e.A(inst)));
}

InstValue EvalAnd(Evaluation& e, const Inst& inst, uint32_t) {
  const InstValue& a = e.A(inst);
  const InstValue& b = e.B(inst);
  return Bool(IsTrue(a) && IsTrue(b), IsFalse(a) || IsFalse(b));
}

InstValue EvalOr(Evaluation& e, const Inst& inst, uint32_t) {
  const InstValue& a = e.A(inst);
  const InstValue& b = e.B(inst);
  return Bool(IsTrue(a) || IsTrue(b), IsFalse(a) && IsFalse(b));
}

InstValue EvalActs(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(!IsFalse(e.A(inst)));
}

InstValue EvalBoolEq(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(IsTrue(e.A(inst)) == IsTrue(e.B(inst)));
}

InstValue EvalAny(Evaluation& e, const Inst& inst, uint32_t at) {
  return e.Quantify(inst, at, kTrue);
}

InstValue EvalAll(Evaluation& e, const Inst& inst, uint32_t at) {
  return e.Quantify(inst, at, kFalse);
}

}  // namespace cap::interp
