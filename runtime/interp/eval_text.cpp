// Handlers of strings, lists and open sets. The bytes are compared by the shared call-outs.
#include "runtime/interp/evaluate.h"

namespace cap::interp {
namespace {

using SlotsFn = uint64_t (*)(const Slot*, const Slot*);

InstValue CallOut(const Evaluation& e, const Inst& inst, SlotsFn function) {
  return Bool(function(&e.A(inst).value, &e.B(inst).value) != 0);
}

}  // namespace

InstValue EvalStrEq(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& a = e.A(inst).value;
  const Slot& b = e.B(inst).value;
  if (a.hi != b.hi) return Bool(false);  // length and hash reject
  return Bool(e.in().call_outs.bytes_equal(StringOf(a).data(), StringOf(b).data(),
                                           StringOf(a).size()) != 0);
}

InstValue EvalStrLt(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_less);
}

InstValue EvalStrPrefix(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_prefix);
}

InstValue EvalStrSuffix(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_suffix);
}

InstValue EvalStrContains(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_contains);
}

InstValue EvalStrMatches(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_matches);
}

InstValue EvalStrSize(Evaluation& e, const Inst& inst, uint32_t) {
  return Word(StringOf(e.A(inst).value).size());
}

InstValue EvalEmailDomain(Evaluation& e, const Inst& inst, uint32_t) {
  return {.fault = false, .value = EmailDomainOf(e.A(inst).value)};
}

InstValue EvalListSize(Evaluation& e, const Inst& inst, uint32_t) {
  return Word(CountOf(e.A(inst).value));
}

InstValue EvalWordIn(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.in().call_outs.word_in(e.A(inst).value.lo, &e.B(inst).value) != 0);
}

InstValue EvalWordSubset(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.word_subset);
}

InstValue EvalWordDisjoint(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.word_disjoint);
}

InstValue EvalStrIn(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_in);
}

InstValue EvalStrSubset(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_subset);
}

InstValue EvalStrDisjoint(Evaluation& e, const Inst& inst, uint32_t) {
  return CallOut(e, inst, e.in().call_outs.str_disjoint);
}

}  // namespace cap::interp
