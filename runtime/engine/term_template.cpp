#include "runtime/engine/term_template.h"

#include "runtime/state/counter.h"
#include "runtime/value/text.h"

namespace cap::engine {
namespace {

using Source = LimitOperand::Source;
using Way = TermTemplate::Way;

bool IsQuantity(int64_t amount, int64_t least) {
  return amount >= least && amount <= limits::kQuantity;
}

class Maker {
 public:
  Maker(const Program& program, const CounterHash& hash, const LimitTerm& term,
        std::span<const TypedSlot> constants, TermTemplate& made)
      : program_(program), hash_(hash), term_(term), constants_(constants), made_(made) {}

  /// False: the general way has to say, also where the call is to be denied.
  bool Make();

 private:
  bool Const(const LimitOperand& operand, Slot& slot) const {
    if (operand.source != Source::kConst || operand.index >= constants_.size()) return false;
    slot = constants_[operand.index].slot;
    return true;
  }
  /// … or the number of a call.
  bool Amount(Slot& amount);
  bool Numbers();
  bool Quantity();
  bool Rate();
  bool Quota();
  bool Span(int64_t most);
  bool Keys();
  bool Brought(const LimitOperand& key);
  void Passed(uint32_t parts);

  const Program& program_;
  const CounterHash& hash_;
  const LimitTerm& term_;
  const std::span<const TypedSlot> constants_;
  TermTemplate& made_;
};

bool Maker::Make() {
  state::Charge& charge = made_.charge;
  charge.permit_without_store = term_.on_store_error == OnStoreError::kPermit;
  charge.group = 0;
  made_.way = Way::kReady;
  if (!Numbers()) return false;
  // A period has bounds when a call comes; the rest is checked now.
  state::Charge whole = charge;
  if (made_.way == Way::kCalendar) whole.end_us = 1;
  if (!state::IsSound(whole, 0)) return false;
  const uint16_t currency = state::CurrencyOf(charge.unit);
  if (currency != 0) charge.id = hash_.ByCurrency(charge.id, currency);
  return Keys();
}

bool Maker::Numbers() {
  switch (term_.kind) {
    case LimitKind::kRate: return Rate();
    case LimitKind::kRecent:
      made_.charge.kind = state::CounterKind::kRecent;
      return Quantity() && Span(limits::kTimeUs);
    case LimitKind::kQuota: return Quantity() && Quota();
    case LimitKind::kGauge:
      made_.charge.kind = state::CounterKind::kGauge;
      return Quantity() && Span(limits::kTimeUs);
    case LimitKind::kAfter:
      made_.charge.kind = state::CounterKind::kAfter;
      return Span(limits::kStampKeepUs);
    case LimitKind::kNotAfter:
      made_.charge.kind = state::CounterKind::kNotAfter;
      return Span(limits::kStampKeepUs);
  }
  return false;
}

bool Maker::Amount(Slot& amount) {
  if (term_.amount.source != Source::kSlot) {
    if (!Const(term_.amount, amount)) return false;
    made_.charge.amount = static_cast<int64_t>(amount.lo);
    return IsQuantity(made_.charge.amount, 1);
  }
  made_.amount_slot = term_.amount.index;
  return true;
}

bool Maker::Quantity() {
  Slot amount, limit;
  if (!Amount(amount) || !Const(term_.limit, limit)) return false;
  if (program_.types[term_.amount.type].kind == TypeKind::kMoney) {
    if (limit.hi == 0 || limit.hi > UINT16_MAX) return false;
    made_.charge.unit = static_cast<uint16_t>(limit.hi);
    if (made_.amount_slot != kNone) {
      made_.currency = made_.charge.unit;
    } else if (amount.hi != limit.hi) {
      return false;
    }
  }
  made_.charge.limit = static_cast<int64_t>(limit.lo);
  return IsQuantity(made_.charge.limit, 0);
}

bool Maker::Rate() {
  Slot amount, rate, burst{1, 0};
  if (!Amount(amount) || !Const(term_.limit, rate)) return false;
  if (term_.burst.source != Source::kAbsent && !Const(term_.burst, burst)) return false;
  made_.charge.kind = state::CounterKind::kRate;
  made_.charge.limit = static_cast<int64_t>(burst.lo);
  made_.charge.span_us =
      state::RateInterval(static_cast<int64_t>(rate.lo), static_cast<int64_t>(rate.hi));
  return made_.charge.span_us != 0 && IsQuantity(made_.charge.limit, 1);
}

bool Maker::Quota() {
  Slot period, zone;
  if (term_.amount.source == Source::kConst) made_.charge.unit |= state::kFixed;
  if (!Const(term_.period, period) || period.lo > static_cast<uint64_t>(Period::kTotal)) {
    return false;
  }
  made_.period = static_cast<Period>(period.lo);
  if (made_.period == Period::kTotal) {
    made_.charge.kind = state::CounterKind::kTotal;
    return Span(limits::kTimeUs);
  }
  made_.charge.kind = state::CounterKind::kQuota;
  made_.way = Way::kCalendar;
  if (term_.zone.source == Source::kAbsent) return true;
  if (!Const(term_.zone, zone)) return false;
  made_.zone = zone.lo;
  made_.zone_words = static_cast<uint32_t>(zone.hi);
  return true;
}

bool Maker::Span(int64_t most) {
  Slot span;
  if (!Const(term_.span, span)) return false;
  made_.charge.span_us = static_cast<int64_t>(span.lo);
  return made_.charge.span_us > 0 && made_.charge.span_us <= most;
}

bool Maker::Keys() {
  if ((term_.history != kNone || term_.keys.empty()) && !Brought({})) return false;
  for (const LimitOperand& key : term_.keys) {
    Slot slot;
    if (key.source == Source::kAbsent || key.source == Source::kSlot) {
      if (!Brought(key)) return false;
      continue;
    }
    if (!Const(key, slot) ||
        !hash_.ByValue(program_, key.type, slot, made_.charge.id)) {
      return false;
    }
    Passed(CounterHash::PartsOf(program_, key.type));
  }
  const TermTemplate::Key& first = made_.keys[0];
  made_.own = made_.key_count == 1 && first.slot == kNone && first.shift == 0;
  return true;
}

/// One that a call brings, or the subject: its part is added then, at its place.
bool Maker::Brought(const LimitOperand& key) {
  if (made_.key_count == TermTemplate::kKeys) return false;
  const bool subject = key.source == Source::kAbsent;
  const uint32_t parts = subject ? 1 : CounterHash::PartsOf(program_, key.type);
  for (uint32_t i = 0; i < parts; ++i) made_.charge.id = CounterHash::By(made_.charge.id, {});
  Passed(parts);
  TermTemplate::Key& brought = made_.keys[made_.key_count++];
  if (subject) return true;
  brought.slot = key.index;
  brought.type = key.type;
  brought.text = IsTextKind(program_.types[key.type].kind) ? 1 : 0;
  return true;
}

void Maker::Passed(uint32_t parts) {
  for (uint32_t i = 0; i < made_.key_count; ++i) {
    made_.keys[i].shift = static_cast<uint16_t>(made_.keys[i].shift + parts);
  }
}

}  // namespace

bool MayHaveTemplate(const LimitTerm& term) {
  const auto is_const = [](const LimitOperand& operand) {
    return operand.source == Source::kConst || operand.source == Source::kAbsent;
  };
  const auto is_brought = [](const LimitOperand& key) { return key.source != Source::kConst; };
  return (is_const(term.amount) || term.amount.source == Source::kSlot) &&
         std::ranges::all_of(
             std::array{&term.limit, &term.burst, &term.period, &term.zone, &term.span},
             [&](const LimitOperand* each) { return is_const(*each); }) &&
         std::ranges::none_of(
             term.keys, [](const LimitOperand& key) { return key.source == Source::kInst; }) &&
         std::ranges::count_if(term.keys, is_brought) <= TermTemplate::kKeys;
}

TermTemplate MakeTemplate(const Program& program, const CounterHash& hash, const LimitTerm& term,
                          const state::CounterId& id, const Span& span,
                          std::span<const TypedSlot> constants) {
  TermTemplate made;
  made.charge.id = id;
  made.clause = static_cast<uint16_t>(term.clause);
  made.span = span;
  if (!Maker(program, hash, term, constants, made).Make()) made.way = Way::kGeneral;
  return made;
}

bool AddKeys(const TermTemplate& term, const TemplateCall& call, state::CounterId& id) {
  for (uint32_t i = 0; i < term.key_count; ++i) {
    const TermTemplate::Key& key = term.keys[i];
    state::CounterId part;
    if (key.slot == kNone) {
      part = call.subject;
    } else if (!BitOf(call.frame->present, key.slot)) {
      return false;
    } else if (key.text != 0) {
      part = call.parts.Text(call.hash, SlotsOf(call.frame)[key.slot]);
    } else if (!call.hash.ByValue(call.program, key.type, SlotsOf(call.frame)[key.slot], part)) {
      return false;
    }
    id = CounterHash::Add(id, part, key.shift);
  }
  return true;
}

const PeriodBounds* PeriodCache::Find(const TermTemplate& term, uint32_t program, int64_t now_us,
                                      Entry& entry) {
  const std::span zone(reinterpret_cast<const uint32_t*>(term.zone), term.zone_words);
  const auto bounds = BoundsOf(term.period, zone, now_us);
  if (!bounds) return nullptr;
  entry = {term.zone, program, *bounds};
  return &entry.bounds;
}

}  // namespace cap::engine
