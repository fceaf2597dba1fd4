// Handlers of paths, networks and urls.
#include "runtime/interp/evaluate.h"

namespace cap::interp {

InstValue EvalPathUnder(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.in().call_outs.path_under(&e.A(inst).value, &e.B(inst).value) != 0);
}

InstValue EvalNetWithin(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.in().call_outs.net_within(&e.A(inst).value, &e.B(inst).value) != 0);
}

InstValue EvalNetIn(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(e.in().call_outs.net_in(&e.A(inst).value, &e.B(inst).value) != 0);
}

InstValue EvalUrlUnder(Evaluation& e, const Inst& inst, uint32_t) {
  if (e.in().call_outs.url_is_place(&e.B(inst).value) == 0) return Fault();
  return Bool(e.in().call_outs.url_under(&e.A(inst).value, &e.B(inst).value) != 0);
}

InstValue EvalUrlScheme(Evaluation& e, const Inst& inst, uint32_t) {
  return {.fault = false, .value = UrlSchemeOf(e.A(inst).value)};
}

InstValue EvalUrlHost(Evaluation& e, const Inst& inst, uint32_t) {
  return {.fault = false, .value = UrlHostOf(e.A(inst).value)};
}

InstValue EvalUrlPort(Evaluation& e, const Inst& inst, uint32_t) {
  return Word(UrlHeaderOf(e.A(inst).value).port);
}

InstValue EvalUrlPath(Evaluation& e, const Inst& inst, uint32_t) {
  return {.fault = false, .value = UrlPathOf(e.A(inst).value)};
}

}  // namespace cap::interp
