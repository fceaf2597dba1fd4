// Dates, and times by the clocks of zones.
#include "compiler/prove/encode.h"
#include "runtime/value/calendar.h"

namespace cap::prove {
namespace {

constexpr int64_t kThursday = 3;  // 1970 began on one; Monday is 0

}  // namespace

std::optional<Sym> Encoder::Time(const Inst& inst, const Sym& a, const Sym* b) {
  const Expr day_us = world_.Int(kDayUs);
  if (inst.op == Op::kDateWeekday) {
    return world_.Word(z3::mod(a.word + world_.Int(kThursday), world_.Int(int64_t{7})) + 1);
  }
  if (inst.op == Op::kDateAdd) {
    Sym made = world_.Word(a.word + b->word / day_us);
    const Expr whole = z3::mod(b->word, day_us) == 0;
    const Expr known = made.word >= world_.Int(kFirstDay) && made.word < world_.Int(kEndDay);
    made.fault = Not(And(whole, known));
    return made;
  }
  const bool zone = inst.op == Op::kZoneDate || inst.op == Op::kZoneTime;
  if ((!zone && inst.op != Op::kScheduleHas) || b->table == nullptr) return std::nullopt;
  Clocks& clocks = world_.clocks();
  const std::span<const uint32_t> words = b->table->words;
  const std::span<const uint32_t> table = zone ? words : Clocks::ZoneOf(words);
  const Expr known = clocks.Knows(table, a.word);
  const Expr local = clocks.LocalOf(table, a.word);
  if (!zone) {
    const Expr within = clocks.IsWithin(words, local);
    return world_.Bool(And(known, within), And(known, Not(within)));
  }
  Sym made = world_.Word(inst.op == Op::kZoneDate ? local / day_us : z3::mod(local, day_us));
  made.fault = Not(known);
  return made;
}

}  // namespace cap::prove
