// The quick way of the store in memory: what is charged as nearly all calls are. Whatever is
// otherwise is left to Reserve(), which alone says why a call is denied.
//
// A rate, a quota or a total alone has a function without a frame, which asks no more than whether
// all is as it was with the counter's last charge: whoever charged it then held the same bounds
// against the same limits. Where it is not, or where somebody else has the lock, the function that
// asks everything goes on.
#include <algorithm>
#include <functional>
#include <mutex>

#include "runtime/state/memory_store.h"

namespace cap::state {
namespace {

const Counter kFresh;

/// What counts as now for a counter.
[[gnu::always_inline]] inline int64_t NowOf(const Counter& counter, int64_t now_us) {
  return std::max(now_us, counter.last_us);
}

/// Whether a charge that stands alone stands where one may, as far as it is quickly seen.
[[gnu::always_inline]] inline bool IsPlace(const Charge& charge) {
  return charge.alternative < limits::kAlternatives;
}

/// A rate that was last charged by the same limit, so that it has bounds that a rate may have.
[[gnu::always_inline]] inline bool IsSameRate(const Counter& counter, const Charge& charge) {
  return counter.of() == CounterClass::kRate && counter.unit == charge.unit &&
         counter.limit == charge.limit && counter.begin_us() == charge.span_us;
}

/// False: it does not fit, and nothing was added. INVARIANT: the amount is not above the limit.
[[gnu::always_inline]] inline bool TryRate(Counter& counter, const Charge& charge, int64_t now,
                                           ChargeState* state) {
  const int64_t interval = charge.span_us, limit = charge.limit;
  const int64_t paid_back = PaidBack(counter, charge.amount, interval, now);
  const int64_t owed_us = paid_back - now;
  if (owed_us > limit * interval) return false;
  AddRate(counter, charge, paid_back, now);
  if (state == nullptr) return true;
  const auto owed = static_cast<uint64_t>(owed_us + interval - 1) / static_cast<uint64_t>(interval);
  *state = {true, true, limit - static_cast<int64_t>(owed), 0};
  return true;
}

/// A quota or a total that was last charged by the same limit, and in the same period, which may
/// have ended since.
template <CounterKind kKind>
[[gnu::always_inline]] inline bool IsSameSum(const Counter& counter, const Charge& charge,
                                             int64_t now_us) {
  if (counter.unit != charge.unit || counter.limit != charge.limit) return false;
  if (kKind == CounterKind::kTotal) {
    return static_cast<uint64_t>(now_us) <= limits::kTimeUs &&
           static_cast<uint64_t>(charge.span_us) <= limits::kTimeUs;
  }
  return counter.begin_us() == charge.begin_us && counter.end_us == charge.end_us &&
         charge.begin_us <= now_us && charge.span_us == 0;
}

enum class Quick : uint8_t {
  kTaken,
  kSpent,   // it does not fit
  kUnlike,  // whoever asks everything has to say
};

/// Of a quota or a total that has not ended. INVARIANT: the amount is positive.
template <CounterKind kKind>
[[gnu::always_inline]] inline Quick TrySum(CounterCell* cell, const Charge& charge, int64_t now_us,
                                           int64_t floor, ChargeState* state) {
  if (cell == nullptr || !IsSameSum<kKind>(cell->counter, charge, now_us)) {
    return Quick::kUnlike;
  }
  Counter& counter = cell->counter;
  const int64_t now = NowOf(counter, std::max(now_us, floor));
  if (now >= counter.end_us) return Quick::kUnlike;
  const int64_t left = charge.limit - counter.value;
  if (charge.amount > left) return Quick::kSpent;
  counter.last_us = now;
  counter.value += charge.amount;
  if (kKind == CounterKind::kTotal) {
    const int64_t kept = charge.span_us == 0 ? kNever : now + charge.span_us;
    counter.end_us = std::max(counter.end_us, kept);
  }
  if (state != nullptr) *state = {true, true, left - charge.amount, 0};
  return Quick::kTaken;
}

/// Kinds whose arithmetic is in line (counter.h); the others have the general one.
bool IsSum(CounterKind kind) { return kind == CounterKind::kQuota || kind == CounterKind::kTotal; }

bool IsOfClass(const Counter& counter, const Charge& charge) {
  return counter.of() == ClassOf(charge.kind) && counter.unit == charge.unit;
}

/// Whether a charge can be added. `now`: no later than what was swept.
bool Fits(const Counter& counter, const Charge& charge, int64_t now) {
  const int64_t its_now = NowOf(counter, now);
  if (charge.kind == CounterKind::kRate) {
    return IsOfClass(counter, charge) && charge.amount <= charge.limit &&
           PaidBack(counter, charge.amount - charge.limit, charge.span_us, its_now) <= its_now;
  }
  if (IsSum(charge.kind)) {
    return IsOfClass(counter, charge) && charge.amount <= charge.limit - SumOf(counter, its_now);
  }
  return IsOf(counter, charge) && Check(counter, charge, 0, now).fits;
}

/// Adds a charge that fits, and says what remains.
int64_t AddOne(Counter& counter, const Charge& charge, int64_t now) {
  const int64_t its_now = NowOf(counter, now);
  if (charge.kind == CounterKind::kRate) {
    ChargeState state;
    TryRate(counter, charge, its_now, &state);
    return state.remains;
  }
  if (IsSum(charge.kind)) {
    AddSum(counter, charge, its_now);
    return std::max<int64_t>(0, charge.limit - SumOf(counter, its_now));
  }
  if (!TakesSomething(charge.kind)) return 0;
  Add(counter, charge, now);
  return Remains(counter, charge, now);
}

/// Whether a store takes such a charge, as far as it may fit: IsSound() in line.
[[gnu::always_inline]] inline bool MayFit(const Charge& charge, int64_t now_us) {
  if (charge.kind == CounterKind::kRate) {
    return IsSoundRate(charge, now_us) && charge.amount <= charge.limit;
  }
  return IsSum(charge.kind) ? IsSoundSum(charge, now_us) : IsSound(charge, now_us);
}

constexpr int kTurns = 64;  // that a call tries to have all locks at once

/// Whether two charges are of one counter, and take something of it. Cost: n log n.
[[gnu::noinline]] bool TakesTwice(std::span<const Charge> charges, const LockedCells& cells) {
  std::array<const CounterCell*, limits::kCharges> taken;
  const auto begin = taken.begin();
  auto end = begin;
  for (size_t i = 0; i < charges.size(); ++i) {
    if (TakesSomething(charges[i].kind)) *end++ = cells.At(i);
  }
  std::sort(begin, end, std::less<>());
  return std::adjacent_find(begin, end) != end;
}

/// Whether there is nothing to choose, since no group has two alternatives, and each charge is one
/// that may fit. What can be given back has an operation.
bool AreSound(std::span<const Charge> charges, bool has_operation, int64_t now_us) {
  uint32_t last = 0;  // group and alternative of the one before, and one
  for (const Charge& charge : charges) {
    if (!MayFit(charge, now_us) || (!has_operation && IsGivenBack(charge.kind))) return false;
    const uint32_t place = (uint32_t{charge.group} << 16 | charge.alternative) + 1;
    if (place == last || charge.group == kEveryGroup) continue;
    if (charge.alternative >= limits::kAlternatives) return false;
    if (last != 0 && place >> 16 <= last >> 16) return false;
    last = place;
  }
  return true;
}

}  // namespace

// Apart, so that it has all registers and saves none.
[[gnu::noinline]] bool MemoryStore::TakeRate(const Charge& charge, int64_t now_us,
                                             ChargeState* state) {
  const bool usual = IsPlace(charge) && static_cast<uint64_t>(now_us) <= limits::kTimeUs &&
                     static_cast<uint64_t>(charge.amount) - 1 < static_cast<uint64_t>(charge.limit);
  if (!usual) return false;
  CounterCell* home;
  if (!counters_.TryLock(HashOf(charge.id), home)) {
    return TakeAll({&charge, 1}, nullptr, now_us, state);
  }
  CounterCell* const cell = counters_.FindOf(*home, charge.id, CounterClass::kRate);
  if (cell == nullptr || !IsSameRate(cell->counter, charge)) {
    home->counter.lock.unlock();
    return TakeAll({&charge, 1}, nullptr, now_us, state);
  }
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = NowOf(cell->counter, std::max(now_us, floor));
  const bool fits = TryRate(cell->counter, charge, now, state);
  home->counter.lock.unlock();
  return fits;
}

/// A quota or a total alone, of an operation that is new.
template <CounterKind kKind>
[[gnu::noinline]] bool MemoryStore::TakeSum(const Charge& charge, const OperationId& operation,
                                            int64_t now_us, ChargeState* state) {
  const uint64_t hash = HashOf(operation);
  OperationShard& shard = OperationsAt(hash);
  const bool usual = (operation.high | operation.low) != 0 && charge.amount > 0 && IsPlace(charge);
  if (!usual || !shard.lock.try_lock()) return TakeAll({&charge, 1}, &operation, now_us, state);
  OperationCell* const place = PlaceFor(operation, hash, shard);
  CounterCell* home;
  Quick quick = Quick::kUnlike;
  if (place != nullptr && counters_.TryLock(HashOf(charge.id), home)) {
    CounterCell* const cell = counters_.FindOf(*home, charge.id, ClassOf(kKind));
    const int64_t floor = floor_us_.load(std::memory_order_relaxed);
    quick = TrySum<kKind>(cell, charge, now_us, floor, state);
    if (quick == Quick::kTaken) {
      shard.book.table().Take(place, operation);
      place->state = OperationState::kReserved;
      place->time_us = now_us;
      place->Keep(charge, cell->counter.begin_us());
    }
    home->counter.lock.unlock();
  }
  shard.lock.unlock();
  return quick == Quick::kUnlike ? TakeAll({&charge, 1}, &operation, now_us, state)
                                 : quick == Quick::kTaken;
}

/// Where an operation goes that is new. Null: it is not, or something has to be made room for.
[[gnu::always_inline]] inline OperationCell* MemoryStore::PlaceFor(const OperationId& operation,
                                                                   uint64_t hash,
                                                                   OperationShard& shard) const {
  FlatTable<OperationCell>& table = shard.book.table();
  return table.size() >= most_operations_ ? nullptr : table.Seek(operation, hash);
}

/// Any charges of counters that are known.
[[gnu::noinline]] bool MemoryStore::TakeAll(std::span<const Charge> charges,
                                            const OperationId* operation, int64_t now_us,
                                            ChargeState* states) {
  const bool usual = !charges.empty() && charges.size() <= limits::kCharges &&
                     AreSound(charges, operation != nullptr, now_us);
  if (!usual) return false;
  if (operation == nullptr) return TakeOnce(charges, now_us, states, nullptr);
  if (*operation == kNoOperation) return false;
  const uint64_t hash = HashOf(*operation);
  OperationShard& shard = OperationsAt(hash);
  const std::lock_guard lock(shard.lock);
  OperationCell* const place = PlaceFor(*operation, hash, shard);
  if (place == nullptr) return false;
  const NewOperation made{shard, *operation, *place};
  return TakeOnce(charges, now_us, states, &made);
}

[[gnu::always_inline]] inline bool MemoryStore::TakeLocked(std::span<const Charge> charges,
                                                           const LockedCells& cells, int64_t now_us,
                                                           ChargeState* states,
                                                           const NewOperation* operation) {
  if (cells.has_shared() && TakesTwice(charges, cells)) return false;
  // Read under the locks: whatever was swept before is seen.
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(now_us, floor);
  for (size_t i = 0; i < charges.size(); ++i) {
    const Charge& charge = charges[i];
    const CounterCell* const cell = cells.At(i);
    if (cell == nullptr && TakesSomething(charge.kind)) return false;
    if (charge.kind == CounterKind::kQuota && charge.end_us <= floor) return false;
    if (!Fits(cell == nullptr ? kFresh : cell->counter, charge, now)) return false;
  }
  for (size_t i = 0; i < charges.size(); ++i) {
    CounterCell* const cell = cells.At(i);
    const int64_t remains = cell == nullptr ? 0 : AddOne(cell->counter, charges[i], now);
    if (states != nullptr) states[i] = {true, true, remains, 0};
  }
  if (operation != nullptr) Keep(charges, cells, now_us, *operation);
  return true;
}

/// `operation`: null for none.
bool MemoryStore::TakeOnce(std::span<const Charge> charges, int64_t now_us, ChargeState* states,
                           const NewOperation* operation) {
  for (int turns = 0; turns < kTurns; ++turns) {
    const CounterCell* busy;
    {
      LockedCells cells(counters_);
      if (cells.Lock(charges, busy)) return TakeLocked(charges, cells, now_us, states, operation);
    }
    busy->counter.lock.Await();
  }
  return false;  // who waits for all locks in their order comes to them
}

/// The operation, with what its charges took.
void MemoryStore::Keep(std::span<const Charge> charges, const LockedCells& cells, int64_t now_us,
                       const NewOperation& operation) {
  OperationBook& book = operation.shard.book;
  OperationCell& place = operation.place;
  book.table().Take(&place, operation.id);
  place.state = OperationState::kReserved;
  place.time_us = now_us;
  const auto taken = [&](size_t i) { return TakenOf(cells.At(i)->counter, charges[i]); };
  if (charges.size() == 1) {
    return place.Keep(charges[0], IsGivenBack(charges[0].kind) ? taken(0).token : 0);
  }
  OperationBook::Several& several = book.MakeSeveral(place);
  several.fingerprint = FingerprintOf(charges);
  for (size_t i = 0; i < charges.size(); ++i) {
    several.taken[i] = true;
    if (IsGivenBack(charges[i].kind)) book.Note(several, taken(i));
  }
}

bool MemoryStore::Take(std::span<const Charge> charges, const OperationId* operation,
                       int64_t now_us, ChargeState* states) {
  if (charges.size() != 1) return TakeAll(charges, operation, now_us, states);
  const Charge& charge = charges.front();
  if (operation == nullptr) {
    return charge.kind == CounterKind::kRate ? TakeRate(charge, now_us, states)
                                             : TakeAll(charges, nullptr, now_us, states);
  }
  if (charge.kind == CounterKind::kTotal) {
    return TakeSum<CounterKind::kTotal>(charge, *operation, now_us, states);
  }
  return charge.kind == CounterKind::kQuota
             ? TakeSum<CounterKind::kQuota>(charge, *operation, now_us, states)
             : TakeAll(charges, operation, now_us, states);
}

}  // namespace cap::state
