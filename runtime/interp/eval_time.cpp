// Handlers of dates, zones and schedules. Calendars and tables are the call-outs' work.
#include "runtime/interp/evaluate.h"

namespace cap::interp {
namespace {

int64_t Signed(const InstValue& v) { return static_cast<int64_t>(v.value.lo); }

InstValue WordOrFault(int64_t word) {
  return word == kFaultWord ? Fault() : Word(static_cast<uint64_t>(word));
}

}  // namespace

InstValue EvalDateAdd(Evaluation& e, const Inst& inst, uint32_t) {
  return WordOrFault(e.in().call_outs.date_add(Signed(e.A(inst)), Signed(e.B(inst))));
}

InstValue EvalDateWeekday(Evaluation& e, const Inst& inst, uint32_t) {
  return Word(static_cast<uint64_t>(e.in().call_outs.date_weekday(Signed(e.A(inst)))));
}

InstValue EvalZoneDate(Evaluation& e, const Inst& inst, uint32_t) {
  return WordOrFault(e.in().call_outs.zone_date(Signed(e.A(inst)), &e.B(inst).value));
}

InstValue EvalZoneTime(Evaluation& e, const Inst& inst, uint32_t) {
  return WordOrFault(e.in().call_outs.zone_time(Signed(e.A(inst)), &e.B(inst).value));
}

InstValue EvalScheduleHas(Evaluation& e, const Inst& inst, uint32_t) {
  const int64_t within = e.in().call_outs.schedule_has(Signed(e.A(inst)), &e.B(inst).value);
  return Bool(within == 1, within == 0);
}

}  // namespace cap::interp
