// Handlers of Kleene logic on two rails. `and`: t = ta ∧ tb, f = fa ∨ fb; `or` is its dual; `not`
// swaps. A rail that nobody asks for is not emitted.
#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

void LowerAndOr(Emitter& e, uint32_t i, bool is_and) {
  const Lowered& a = e.A(i);
  const Lowered& b = e.B(i);
  Lowered value;
  if (e.Needs(i, kTrueRail)) {
    value.t = is_and ? e.b().CreateAnd(a.t, b.t) : e.b().CreateOr(a.t, b.t);
  }
  if (e.Needs(i, kFalseRail)) {
    value.f = is_and ? e.b().CreateOr(a.f, b.f) : e.b().CreateAnd(a.f, b.f);
  }
  if (e.IsLazy(i)) e.Join(i, value);
  e.Set(i, value);
}

}  // namespace

void LowerNot(Emitter& e, uint32_t i) {
  Lowered value;
  if (e.Needs(i, kTrueRail)) value.t = e.A(i).f;
  if (e.Needs(i, kFalseRail)) value.f = e.A(i).t;
  e.Set(i, value);
}

void LowerAnd(Emitter& e, uint32_t i) { LowerAndOr(e, i, true); }
void LowerOr(Emitter& e, uint32_t i) { LowerAndOr(e, i, false); }

void LowerActs(Emitter& e, uint32_t i) {
  Lowered value;
  if (e.Needs(i, kTrueRail)) value.t = e.b().CreateNot(e.A(i).f);
  if (e.Needs(i, kFalseRail)) value.f = e.A(i).f;
  e.Set(i, value);
}

void LowerBoolEq(Emitter& e, uint32_t i) {
  const Lowered& a = e.A(i);
  const Lowered& b = e.B(i);
  auto either = [&](llvm::Value* a1, llvm::Value* b1, llvm::Value* a2, llvm::Value* b2) {
    return e.b().CreateOr(e.b().CreateAnd(a1, b1), e.b().CreateAnd(a2, b2));
  };
  Lowered value;
  if (e.Needs(i, kTrueRail)) value.t = either(a.t, b.t, a.f, b.f);
  if (e.Needs(i, kFalseRail)) value.f = either(a.t, b.f, a.f, b.t);
  e.Set(i, value);
}

}  // namespace cap::jit
