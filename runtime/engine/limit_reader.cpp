#include "runtime/engine/limit_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/engine/period.h"
#include "runtime/engine/show.h"
#include "runtime/state/counter.h"
#include "runtime/value/quote.h"

namespace cap::engine {
namespace {

int64_t Signed(uint64_t word) { return static_cast<int64_t>(word); }

bool IsQuantity(int64_t amount, int64_t least) {
  return amount >= least && amount <= limits::kQuantity;
}

}  // namespace

LimitReader::LimitReader(const ProgramState& state, const FrameHeader* frame,
                         const CounterHash& hash, const LimitSource& source)
    : state_(state),
      program_(*state.program),
      frame_(frame),
      hash_(hash),
      term_(*source.term),
      record_(source.record) {
  if (term_.operands_clause == kNone || !Computes()) return;
  const Shape& shape = *source.shape;
  const Clause& clause = program_.clauses[shape.first_clause + term_.operands_clause];
  begin_ = clause.begin;
  if (clause.end - clause.begin > limits::kOperandInsts) return;  // then no operand is known
  known_ = clause.end - clause.begin;
  interp::Read(program_, shape, term_.operands_clause, frame, record_,
               *state.evaluator.call_outs, values());
}

/// Whether an instruction gives any of the operands.
bool LimitReader::Computes() const {
  const auto computed = [](const LimitOperand& operand) {
    return operand.source == LimitOperand::Source::kInst;
  };
  return computed(term_.amount) || computed(term_.limit) || computed(term_.burst) ||
         computed(term_.period) || computed(term_.zone) || computed(term_.span) ||
         std::ranges::any_of(term_.keys, computed);
}

bool LimitReader::Get(const LimitOperand& operand, Slot& slot) const {
  switch (operand.source) {
    case LimitOperand::Source::kAbsent: return false;
    case LimitOperand::Source::kConst: slot = record_->consts[operand.index]; return true;
    case LimitOperand::Source::kSlot:
      if (!BitOf(frame_->present, operand.index)) return false;
      slot = SlotsOf(frame_)[operand.index];
      return true;
    case LimitOperand::Source::kInst: break;
  }
  const uint32_t at = operand.index - begin_;
  if (operand.index < begin_ || at >= known_ || values()[at].fault) return false;
  slot = values()[at].value;
  // A bool of an instruction is two rails, one in a slot a word.
  if (program_.types[operand.type].kind == TypeKind::kBool) slot.lo &= 1;
  return true;
}

bool LimitReader::Read(const state::CounterId& id, const state::CounterId& subject,
                       state::Charge& charge) {
  charge = state::Charge();
  charge.id = id;
  charge.permit_without_store = term_.on_store_error == OnStoreError::kPermit;
  bool good = true;
  switch (term_.kind) {
    case LimitKind::kRate: good = Rate(charge); break;
    case LimitKind::kRecent:
      charge.kind = state::CounterKind::kRecent;
      good = Quantity(charge) && Span(charge) && charge.limit <= limits::kRecentTimes;
      break;
    case LimitKind::kQuota: good = Quantity(charge) && Quota(charge); break;
    case LimitKind::kGauge:
      charge.kind = state::CounterKind::kGauge;
      good = Quantity(charge) && Span(charge);
      break;
    case LimitKind::kAfter:
      charge.kind = state::CounterKind::kAfter;
      good = Past(charge);
      break;
    case LimitKind::kNotAfter:
      charge.kind = state::CounterKind::kNotAfter;
      good = Past(charge);
      break;
  }
  // What no store would take bars this capability, and not others that permit the call too.
  if (!good || !state::IsSound(charge, frame_->now_us)) return false;
  // Amounts of two currencies are never added up: each has a counter of its own.
  const uint16_t currency = state::CurrencyOf(charge.unit);
  if (currency != 0) charge.id = hash_.ByCurrency(charge.id, currency);
  return Keys(subject, charge.id);
}

bool LimitReader::Quantity(state::Charge& charge) const {
  Slot amount, limit;
  if (!Get(term_.amount, amount) || !Get(term_.limit, limit)) return false;
  if (program_.types[term_.amount.type].kind == TypeKind::kMoney) {
    if (amount.hi != limit.hi || amount.hi == 0 || amount.hi > UINT16_MAX) return false;
    charge.unit = static_cast<uint16_t>(amount.hi);
  }
  charge.amount = Signed(amount.lo);
  charge.limit = Signed(limit.lo);
  return IsQuantity(charge.amount, 1) && IsQuantity(charge.limit, 0);
}

// The interval is rounded up: a rate admits no more than is written.
bool LimitReader::Rate(state::Charge& charge) const {
  charge.kind = state::CounterKind::kRate;
  Slot amount, rate, burst{1, 0};
  if (!Get(term_.amount, amount) || !Get(term_.limit, rate)) return false;
  if (term_.burst.source != LimitOperand::Source::kAbsent && !Get(term_.burst, burst)) return false;
  const int64_t count = Signed(rate.lo);
  const int64_t period_us = Signed(rate.hi);
  if (count <= 0 || period_us <= 0) return false;
  charge.amount = Signed(amount.lo);
  charge.limit = Signed(burst.lo);
  charge.span_us = period_us / count + (period_us % count != 0 ? 1 : 0);
  return IsQuantity(charge.amount, 1) && IsQuantity(charge.limit, 1) &&
         charge.span_us >= limits::kRateIntervalUs && charge.span_us <= limits::kTimeUs;
}

bool LimitReader::Quota(state::Charge& charge) const {
  Slot period, zone;
  if (term_.amount.source == LimitOperand::Source::kConst) charge.unit |= state::kFixed;
  if (!Get(term_.period, period) || period.lo > static_cast<uint64_t>(Period::kTotal)) return false;
  if (period.lo == static_cast<uint64_t>(Period::kTotal)) {
    charge.kind = state::CounterKind::kTotal;
    return Span(charge);
  }
  charge.kind = state::CounterKind::kQuota;
  std::span<const uint32_t> words;
  if (term_.zone.source != LimitOperand::Source::kAbsent) {
    if (!Get(term_.zone, zone)) return false;
    words = {WordsOf(zone), static_cast<uint32_t>(zone.hi)};
  }
  const auto bounds = BoundsOf(static_cast<Period>(period.lo), words, frame_->now_us);
  if (!bounds) return false;
  charge.begin_us = bounds->begin_us;
  charge.end_us = bounds->end_us;
  return true;
}

bool LimitReader::Span(state::Charge& charge) const {
  Slot span;
  if (!Get(term_.span, span)) return false;
  charge.span_us = Signed(span.lo);
  return charge.span_us > 0 && charge.span_us <= limits::kTimeUs;
}

// Of a time before that nothing is remembered, and it would be as if nothing had been.
bool LimitReader::Past(state::Charge& charge) const {
  return Span(charge) && charge.span_us <= limits::kStampKeepUs;
}

bool LimitReader::Keys(const state::CounterId& subject, state::CounterId& id) const {
  // A history is of the subject, and what it asks for is beside that.
  if (term_.history != kNone || term_.keys.empty()) id = CounterHash::By(id, subject);
  for (const LimitOperand& key : term_.keys) {
    Slot slot;
    if (key.source == LimitOperand::Source::kAbsent) {
      id = CounterHash::By(id, subject);
    } else if (!Get(key, slot) || !hash_.ByValue(program_, key.type, slot, id)) {
      return false;
    }
  }
  return true;
}

std::string LimitReader::KeyText(std::string_view subject, const state::CounterId& id) const {
  if (term_.keys.empty()) return MarkCut(QuoteCut(subject), id);
  std::string text;
  for (const LimitOperand& key : term_.keys) {
    Slot slot;
    const bool own = key.source == LimitOperand::Source::kAbsent;
    if (!own && !Get(key, slot)) continue;
    text += (text.empty() ? "" : ", ") +
            (own ? QuoteCut(subject) : ShowSlot(program_, key.type, slot));
  }
  return MarkCut(std::move(text), id);
}

std::string MarkCut(std::string key, const state::CounterId& id) {
  if (key.find("…\"") == std::string::npos) return key;
  return key + fmt::format(" #{:08x}", id.high >> 32);
}

}  // namespace cap::engine
