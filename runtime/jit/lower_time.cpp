// Handlers of dates. The calendar is the call-outs' work; they are total, so that a word of an
// absent slot does no harm.
#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

void SetWordOrFault(Emitter& e, uint32_t i, llvm::Value* word, llvm::Value* ok) {
  llvm::Value* good = e.b().CreateICmpNE(word, e.Word(static_cast<uint64_t>(kFaultWord)));
  e.Set(i, {.lo = word, .ok = e.Both(ok, good)});
}

}  // namespace

void LowerDateAdd(Emitter& e, uint32_t i) {
  llvm::Value* later =
      e.CallWord(offsetof(CallOuts, date_add), {e.Lo(e.A(i)), e.Lo(e.B(i))});
  SetWordOrFault(e, i, later, e.OperandsOk(i));
}

void LowerDateWeekday(Emitter& e, uint32_t i) {
  e.Set(i, {.lo = e.CallWord(offsetof(CallOuts, date_weekday), {e.Lo(e.A(i))}),
            .ok = e.A(i).ok});
}

}  // namespace cap::jit
