// Handlers of dates, zones and schedules. Calendars and tables are the call-outs' work; they are
// total, so that a word of an absent slot does no harm, and a table is a constant, which is there.
#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

void SetWordOrFault(Emitter& e, uint32_t i, llvm::Value* word, llvm::Value* ok) {
  llvm::Value* good = e.b().CreateICmpNE(word, e.Word(static_cast<uint64_t>(kFaultWord)));
  e.Set(i, {.lo = word, .ok = e.Both(ok, good)});
}

llvm::Value* InTable(Emitter& e, uint32_t i, uint64_t offset) {
  return e.CallWord(offset, {e.Lo(e.A(i)), e.AddressOf(e.B(i))});
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

void LowerZoneDate(Emitter& e, uint32_t i) {
  SetWordOrFault(e, i, InTable(e, i, offsetof(CallOuts, zone_date)), e.OperandsOk(i));
}

void LowerZoneTime(Emitter& e, uint32_t i) {
  SetWordOrFault(e, i, InTable(e, i, offsetof(CallOuts, zone_time)), e.OperandsOk(i));
}

void LowerScheduleHas(Emitter& e, uint32_t i) {
  llvm::Value* within = InTable(e, i, offsetof(CallOuts, schedule_has));
  llvm::Value* known =
      e.b().CreateICmpNE(within, e.Word(static_cast<uint64_t>(kFaultWord)));
  e.SetBool(i, e.b().CreateICmpNE(within, e.Word(0)), e.Both(e.OperandsOk(i), known));
}

}  // namespace cap::jit
