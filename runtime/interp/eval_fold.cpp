// Handlers of folds: every element counts, and the first fault ends them.
#include "runtime/interp/evaluate.h"
#include "runtime/value/decimal.h"

namespace cap::interp {
namespace {

int64_t Signed(const InstValue& v) { return static_cast<int64_t>(v.value.lo); }

/// An exact sum of numbers of 128 bits: wraps are counted, so that only the whole must fit.
class WideSum {
 public:
  void Add(Coefficient term) {
    if (__builtin_add_overflow(low_, term, &low_)) wraps_ += term < 0 ? -1 : 1;
  }
  bool fits() const { return wraps_ == 0; }
  Coefficient low() const { return low_; }

 private:
  Coefficient low_ = 0;
  int64_t wraps_ = 0;
};

}  // namespace

InstValue EvalCount(Evaluation& e, const Inst& inst, uint32_t at) {
  uint64_t count = 0;
  const uint32_t faulted =
      e.EachElement(inst, at, [&](const InstValue& body) { count += IsTrue(body) ? 1 : 0; });
  return faulted != kNone ? FaultOf(faulted) : Word(count);
}

InstValue EvalIntSum(Evaluation& e, const Inst& inst, uint32_t at) {
  Coefficient sum = 0;  // of at most limits::kElementsMax words
  const uint32_t faulted =
      e.EachElement(inst, at, [&](const InstValue& body) { sum += Signed(body); });
  if (faulted != kNone) return FaultOf(faulted);
  return FitsFactor(sum) ? Word(static_cast<uint64_t>(sum)) : Fault();
}

InstValue EvalMoneySum(Evaluation& e, const Inst& inst, uint32_t at) {
  Coefficient sum = 0;
  // An id is never 0, which stands for "not known yet".
  uint64_t currency = e.TypeOf(at).currency;
  bool mixed = false;
  const uint32_t faulted = e.EachElement(inst, at, [&](const InstValue& body) {
    mixed = mixed || (currency != 0 && currency != body.value.hi);
    currency = body.value.hi;
    sum += Signed(body);
  });
  if (faulted != kNone) return FaultOf(faulted);
  const bool below = sum < 0 && !e.TypeOf(at).is_signed;
  if (mixed || currency == 0 || below || !FitsFactor(sum)) return Fault();
  return {.fault = false, .value = {static_cast<uint64_t>(sum), currency}};
}

InstValue EvalDecSum(Evaluation& e, const Inst& inst, uint32_t at) {
  WideSum sum;
  const uint32_t faulted = e.EachElement(
      inst, at, [&](const InstValue& body) { sum.Add(CoefficientOf(body.value)); });
  if (faulted != kNone) return FaultOf(faulted);
  if (!sum.fits()) return Fault();
  const Decimal decimal = MakeDecimal(sum.low(), 0);
  return {.fault = false, .value = {decimal.low, decimal.high}};
}

}  // namespace cap::interp
