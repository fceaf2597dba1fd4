// The quick way of the store in memory: what is charged as nearly all calls are. Whatever is
// otherwise is left to Reserve(), which alone says why a call is denied.
#include <mutex>

#include "runtime/state/memory_store.h"

namespace cap::state {
namespace {

/// Whether a charge that stands alone stands where one may.
bool IsPlace(const Charge& charge) {
  return charge.group == kEveryGroup || charge.alternative < limits::kAlternatives;
}

}  // namespace

bool MemoryStore::Take(std::span<const Charge> charges, const OperationId* operation,
                       int64_t now_us, ChargeState* states) {
  if (charges.size() != 1) return false;
  const Charge& charge = charges.front();
  if (operation != nullptr) {
    return *operation != kNoOperation && TakeSum(charge, *operation, now_us, states);
  }
  return charge.kind == CounterKind::kRate ? TakeRate(charge, now_us, states)
                                           : LooksBack(charge, now_us, states);
}

/// A rate of which nothing is kept but the counter: the cheapest limit there is. False: nothing was
/// charged, since anything is otherwise than with most calls; ReserveAny() finds out what.
bool MemoryStore::TakeRate(const Charge& charge, int64_t now_us, ChargeState* state) {
  int64_t burst_us;
  const bool usual =
      static_cast<uint64_t>(now_us) <= limits::kTimeUs &&
      charge.span_us >= limits::kRateIntervalUs &&
      !__builtin_mul_overflow(charge.limit, charge.span_us, &burst_us) &&
      static_cast<uint64_t>(burst_us) <= limits::kTimeUs && charge.amount > 0 &&
      charge.amount <= charge.limit && IsPlace(charge);
  if (!usual) return false;
  const LockedCounter locked(counters_, charge.id);
  CounterCell* const cell = locked.cell();
  if (cell == nullptr || cell->counter.of() != CounterClass::kRate) return false;
  Counter& counter = cell->counter;
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(std::max(now_us, floor), counter.last_us);
  const int64_t paid_back = PaidBack(counter, charge.amount, charge.span_us, now);
  if (paid_back - now > burst_us || counter.unit != charge.unit) return false;
  AddRate(counter, charge, paid_back, now);
  if (state == nullptr) return true;
  const int64_t owed = (paid_back - now + charge.span_us - 1) / charge.span_us;
  *state = {true, true, charge.limit - owed, 0};
  return true;
}

/// A quota or a total of an operation that is new. False: as of TakeRate().
bool MemoryStore::TakeSum(const Charge& charge, OperationId operation, int64_t now_us,
                          ChargeState* state) {
  const bool total = charge.kind == CounterKind::kTotal;
  if ((!total && charge.kind != CounterKind::kQuota) || !IsPlace(charge) ||
      !IsSoundSum(charge, now_us)) {
    return false;
  }
  const uint64_t operation_hash = HashOf(operation);
  OperationShard& operations = OperationsAt(operation_hash);
  const std::lock_guard operations_lock(operations.lock);
  if (operations.book.table().size() >= most_operations_) return false;
  OperationCell* place = operations.book.table().Seek(operation, operation_hash);
  if (place->used()) return false;

  const LockedCounter locked(counters_, charge.id);
  CounterCell* const cell = locked.cell();
  if (cell == nullptr) return false;
  Counter& counter = cell->counter;
  if (counter.of() != (total ? CounterClass::kTotal : CounterClass::kQuota) ||
      counter.unit != charge.unit) {
    return false;
  }
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(std::max(now_us, floor), counter.last_us);
  if (charge.amount > charge.limit - SumOf(counter, now)) return false;
  if (!total && charge.end_us <= floor) return false;
  AddSum(counter, charge, now);
  operations.book.table().Take(place, operation);
  place->state = OperationState::kReserved;
  place->time_us = now_us;
  place->Keep(charge, counter.begin_us());
  if (state != nullptr) *state = {true, true, charge.limit - SumOf(counter, now), 0};
  return true;
}

/// A question to a history that is answered with yes. False: as of TakeRate().
bool MemoryStore::LooksBack(const Charge& charge, int64_t now_us, ChargeState* state) {
  const bool asks =
      charge.kind == CounterKind::kAfter || charge.kind == CounterKind::kNotAfter;
  if (!asks || !IsPlace(charge) || !state::IsSound(charge, now_us)) return false;
  const LockedCounter locked(counters_, charge.id);
  CounterCell* const cell = locked.cell();
  if (cell == nullptr || cell->counter.of() != CounterClass::kStamp) return false;
  const int64_t now = std::max(now_us, floor_us_.load(std::memory_order_relaxed));
  if (!Check(cell->counter, charge, 0, now).fits) return false;
  if (state != nullptr) *state = {true, true, 0, 0};
  return true;
}

}  // namespace cap::state
