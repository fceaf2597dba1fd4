#include "runtime/state/memory_store.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <mutex>

namespace cap::state {
namespace {

constexpr uint64_t kShards = 512;
constexpr uint64_t kLeastOfShard = 64;  // a small store has fewer shards, so that its size is exact

uint64_t ShardsFor(uint64_t size) {
  return std::clamp<uint64_t>(std::bit_floor(size / kLeastOfShard + 1), 1, kShards);
}

std::array<uint64_t, 2> MakeSeed() {
  std::array<uint64_t, 2> seed = {0x243F6A8885A308D3, 0x13198A2E03707344};
  // Without random bytes no store is made at all (NewMemoryStore), or one whose key was given.
  static_cast<void>(getentropy(seed.data(), sizeof seed));
  return seed;
}

ReserveResult Bad() { return {ReserveStatus::kBadRequest}; }

}  // namespace

const std::array<uint64_t, 2> kIdSeed = MakeSeed();

MemoryStore::MemoryStore(const std::array<uint8_t, 16>& hash_key, StoreSizes sizes)
    : hash_key_(hash_key), counters_(sizes.counters) {
  const uint64_t shards = ShardsFor(sizes.operations);
  operation_mask_ = static_cast<uint32_t>(shards - 1);
  most_operations_ = (sizes.operations + shards - 1) / shards;
  operation_shards_ = std::make_unique<OperationShard[]>(shards);
  for (uint64_t i = 0; i < shards; ++i) operation_shards_[i].book.table().Use(blocks_);
}

void MemoryStore::Expect(const CounterId& id) const { counters_.Prefetch(HashOf(id)); }

void MemoryStore::Expect(const OperationId& id) const {
  const uint64_t hash = HashOf(id);
  OperationsAt(hash).book.table().Prefetch(hash);
}

ReserveResult MemoryStore::Reserve(const ReserveRequest& request, std::span<ChargeState> states) {
  const bool plain = request.stamps.empty() && request.free.empty() && request.names.empty() &&
                     !request.peek;
  const bool none = request.operation == kNoOperation;
  ChargeState* const room = states.size() < request.charges.size() ? nullptr : states.data();
  if (plain &&
      Take(request.charges, none ? nullptr : &request.operation, request.now_us, room)) {
    return {ReserveStatus::kReserved};
  }
  return ReserveAny(request, states);
}

ReserveResult MemoryStore::ReserveAny(const ReserveRequest& request,
                                      std::span<ChargeState> states) {
  if (!IsSound(request)) return Bad();
  if (request.peek) return ReserveAll(request, nullptr, states);
  if (request.operation == kNoOperation) {
    return HasSequel(request) ? Bad() : ReserveAll(request, nullptr, states);
  }
  const uint64_t hash = HashOf(request.operation);
  OperationShard& shard = OperationsAt(hash);
  const std::lock_guard lock(shard.lock);
  const OperationCell* known = shard.book.table().Find(request.operation, hash);
  return known != nullptr ? Repeat(request, shard, *known, states)
                          : ReserveAll(request, &shard, states);
}

/// What was answered before.
ReserveResult MemoryStore::Repeat(const ReserveRequest& request, const OperationShard& shard,
                                  const OperationCell& known, std::span<ChargeState> states) {
  const bool same =
      known.alone ? request.charges.size() == 1 && request.stamps.empty() &&
                        known.IsOf(request.charges.front())
                  : shard.book.SeveralOf(known).fingerprint == FingerprintOf(request);
  if (known.state == OperationState::kReleased || !same) return Bad();
  LockedCounters locked(counters_);
  for (const Charge& charge : request.charges) locked.Want(charge.id);
  locked.Lock();
  ChargedCounters counters;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    CounterCell* cell = locked.Find(request.charges[i].id);
    counters.counter[i] = cell == nullptr ? nullptr : &cell->counter;
    if (cell != nullptr && !IsOf(cell->counter, request.charges[i])) return Bad();
  }
  Choice choice;
  choice.taken = known.alone ? std::bitset<limits::kCharges>(1)
                             : shard.book.SeveralOf(known).taken;
  const int64_t now = std::max(request.now_us, floor_us_.load(std::memory_order_relaxed));
  TellStates(request, counters, choice, now, states);
  return {ReserveStatus::kReserved, true};
}

ReserveResult MemoryStore::ReserveAll(const ReserveRequest& request, OperationShard* shard,
                                      std::span<ChargeState> states) {
  std::array<uint16_t, limits::kCharges> order;
  ChargedCounters counters;
  MergeCounters(request.charges, {order.data(), request.charges.size()}, counters);
  LockedCounters locked(counters_);
  for (const Charge& charge : request.charges) locked.Want(charge.id);
  locked.Lock();
  // Read under the locks: whatever was swept before is seen.
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(request.now_us, floor);
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (charge.kind == CounterKind::kQuota && charge.end_us <= floor) return Bad();
    CounterCell* cell = locked.Find(charge.id);
    counters.counter[i] = cell == nullptr ? nullptr : &cell->counter;
  }
  const Choice choice = Choose(request, counters, now);
  if (choice.status == ReserveStatus::kReserved && !request.peek) {
    if (shard != nullptr && !HasRoom(*shard)) return {};
    if (!MakeCounters(request, choice, locked, counters)) return {};
    for (size_t i = 0; i < request.charges.size(); ++i) {
      if (!choice.taken.test(i) || counters.counter[i] == nullptr) continue;
      Add(*counters.counter[i], request.charges[i], now);
    }
    if (shard != nullptr) Write(request, choice, counters, *shard);
  }
  if (choice.status != ReserveStatus::kBadRequest) {
    TellStates(request, counters, choice, now, states);
  }
  return {choice.status, false, choice.failed};
}

/// Counters of charges that are taken, where there are none yet. False: there is no room, and none
/// was charged.
bool MemoryStore::MakeCounters(const ReserveRequest& request, const Choice& choice,
                               LockedCounters& locked, ChargedCounters& counters) {
  bool made = false;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (counters.counter[i] != nullptr || !choice.taken.test(i) || !TakesSomething(charge.kind)) {
      continue;
    }
    counters.counter[i] = locked.FindOrMake(charge.id, ClassOf(charge.kind), charge.unit);
    if (counters.counter[i] == nullptr) {
      // Those that were made and not charged.
      for (const Charge& before : request.charges.first(i)) {
        const CounterCell* cell = locked.Find(before.id);
        if (cell != nullptr && cell->counter.end_us == 0) locked.Erase(before.id);
      }
      return false;
    }
    made = true;
  }
  // Charges that are not taken may be of one that was made for others.
  for (size_t i = 0; made && i < request.charges.size(); ++i) {
    if (counters.counter[i] != nullptr) continue;
    CounterCell* cell = locked.Find(request.charges[i].id);
    if (cell != nullptr) counters.counter[i] = &cell->counter;
  }
  return true;
}

bool MemoryStore::HasRoom(OperationShard& shard) const {
  if (shard.book.table().size() < most_operations_) return true;
  // Whoever asks again about one of these hears that nobody knows of it: that permits nothing.
  return shard.book.EraseSettled() > 0;
}

void MemoryStore::Write(const ReserveRequest& request, const Choice& choice,
                        const ChargedCounters& counters, OperationShard& shard) {
  OperationCell& operation =
      *shard.book.table().Insert(request.operation, HashOf(request.operation));
  operation.state = OperationState::kReserved;
  operation.time_us = request.now_us;
  if (request.charges.size() == 1 && request.stamps.empty() && choice.taken.test(0)) {
    const Charge& charge = request.charges.front();
    const bool back = IsGivenBack(charge.kind);
    operation.Keep(charge, back ? TakenOf(*counters.counter[0], charge).token : 0);
    return;
  }
  OperationBook::Several& several = shard.book.MakeSeveral(operation);
  several.fingerprint = FingerprintOf(request);
  several.taken = choice.taken;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (!choice.taken.test(i) || !IsGivenBack(charge.kind)) continue;
    shard.book.Note(several, TakenOf(*counters.counter[i], charge));
  }
  for (const Stamp& stamp : request.stamps) {
    shard.book.Note(several, {stamp.id, CounterClass::kStamp, 0, 0, stamp.keep_us});
  }
}

SettleStatus MemoryStore::Commit(OperationId operation, std::optional<Actual> actual,
                                 int64_t now_us) {
  return End(operation, OperationState::kCommitted, actual, now_us);
}

SettleStatus MemoryStore::Release(OperationId operation, int64_t now_us) {
  return End(operation, OperationState::kReleased, std::nullopt, now_us);
}

SettleStatus MemoryStore::End(OperationId id, OperationState as, std::optional<Actual> actual,
                              int64_t now_us) {
  if (now_us < 0 || now_us > limits::kTimeUs) return SettleStatus::kBadRequest;
  if (actual && (actual->amount < 0 || actual->amount > limits::kQuantity)) {
    return SettleStatus::kBadRequest;
  }
  const uint64_t hash = HashOf(id);
  OperationShard& shard = OperationsAt(hash);
  OperationBook& book = shard.book;
  const std::lock_guard lock(shard.lock);
  OperationCell* operation = book.table().Find(id, hash);
  if (operation == nullptr) return SettleStatus::kUnknown;
  if (operation->state != OperationState::kReserved) return book.Again(*operation, as, actual);
  const bool committed = as == OperationState::kCommitted;
  const SettleStatus status =
      operation->alone
          ? EndAlone(*operation, committed, actual, now_us)
          : EndSeveral(book, book.SeveralOf(*operation), committed, actual, now_us);
  if (status != SettleStatus::kSettled) return status;
  operation->state = as;
  operation->time_us = now_us;
  operation->has_actual = actual.has_value();
  return status;
}

SettleStatus MemoryStore::EndAlone(OperationCell& operation, bool committed,
                                   const std::optional<Actual>& actual, int64_t now_us) {
  // What is committed as it was reserved stays so; a hold ends.
  const bool changes = !committed || operation.kind == CounterKind::kGauge;
  if (!changes && !actual) return SettleStatus::kSettled;
  const Taken taken = operation.taken();
  if (actual && !IsSettled(taken, actual->unit)) return SettleStatus::kBadRequest;
  if (IsGivenBack(operation.kind)) {
    const LockedCounter locked(counters_, taken.id);
    CounterCell* const cell = locked.cell();
    const int64_t now = std::max(now_us, floor_us_.load(std::memory_order_relaxed));
    if (cell != nullptr) EndCharge(cell->counter, taken, committed, actual, now);
  }
  if (actual) operation.token = actual->amount;
  return SettleStatus::kSettled;
}

SettleStatus MemoryStore::EndSeveral(OperationBook& book, OperationBook::Several& several,
                                     bool committed, const std::optional<Actual>& actual,
                                     int64_t now_us) {
  bool has_unit = false;
  LockedCounters locked(counters_);
  book.ForEachNote(several, [&](const Taken& taken) {
    locked.Want(taken.id);
    has_unit |= actual && IsSettled(taken, actual->unit);
  });
  if (actual && !has_unit) return SettleStatus::kBadRequest;
  locked.Lock();
  bool has_room = true;
  book.ForEachNote(several, [&](const Taken& taken) {
    if (!committed || taken.of != CounterClass::kStamp) return;
    const Counter* stamp = locked.FindOrMake(taken.id, CounterClass::kStamp, 0);
    has_room &= stamp != nullptr && stamp->of() == CounterClass::kStamp;
  });
  if (!has_room) return SettleStatus::kUnavailable;
  const int64_t now = std::max(now_us, floor_us_.load(std::memory_order_relaxed));
  book.ForEachNote(several, [&](const Taken& taken) {
    CounterCell* cell = locked.Find(taken.id);
    if (cell != nullptr) EndCharge(cell->counter, taken, committed, actual, now);
  });
  book.Forget(several);
  several.actual = actual.value_or(Actual());
  return SettleStatus::kSettled;
}

SettleStatus MemoryStore::CountViolation(CounterId id, int64_t limit, int64_t window_us,
                                         int64_t suspend_us, int64_t now_us) {
  if (!IsSoundBreaker(limit, window_us, suspend_us, now_us)) return SettleStatus::kBadRequest;
  LockedCounters locked(counters_);
  locked.Want(id);
  locked.Lock();
  Counter* counter = locked.FindOrMake(id, CounterClass::kBreaker, 0);
  if (counter == nullptr) return SettleStatus::kUnavailable;
  if (counter->of() != CounterClass::kBreaker) return SettleStatus::kBadRequest;
  const int64_t now = std::max(now_us, floor_us_.load(std::memory_order_relaxed));
  return Violate(*counter, limit, window_us, suspend_us, now) ? SettleStatus::kSettled
                                                              : SettleStatus::kAlready;
}

uint64_t MemoryStore::Sweep(int64_t now_us) {
  if (now_us < limits::kSweepGraceUs || now_us > limits::kTimeUs) return 0;
  const int64_t idle_us = now_us - limits::kSweepGraceUs;
  int64_t floor = floor_us_.load(std::memory_order_relaxed);
  while (floor < idle_us && !floor_us_.compare_exchange_weak(floor, idle_us)) {
  }
  uint64_t freed = 0;
  for (uint32_t i = 0; i <= operation_mask_; ++i) {
    const std::lock_guard lock(operation_shards_[i].lock);
    freed += operation_shards_[i].book.EraseOld(now_us - limits::kOperationKeepUs);
  }
  return freed + counters_.EraseIf(
                     [&](const CounterCell& cell) { return cell.counter.end_us <= idle_us; });
}

Result<std::vector<CounterView>> MemoryStore::Counters() {
  std::vector<CounterView> views;
  counters_.ForEach(
      [&](const CounterCell& cell) { views.push_back(ViewOf(cell.id, cell.counter)); });
  return views;
}

Result<bool> MemoryStore::Reset(CounterId id) {
  // No operation gives anything back to the counter that begins anew.
  for (uint32_t i = 0; i <= operation_mask_; ++i) operation_shards_[i].lock.lock();
  for (uint32_t i = 0; i <= operation_mask_; ++i) operation_shards_[i].book.Disown(id);
  bool erased = false;
  {
    LockedCounters locked(counters_);
    locked.Want(id);
    locked.Lock();
    erased = locked.Erase(id);
  }
  for (uint32_t i = 0; i <= operation_mask_; ++i) operation_shards_[i].lock.unlock();
  return erased;
}

std::unique_ptr<Store> NewMemoryStore(std::optional<std::array<uint8_t, 16>> hash_key,
                                      StoreSizes sizes) {
  if (!hash_key) {
    hash_key.emplace();
    if (getentropy(hash_key->data(), hash_key->size()) != 0) return nullptr;
  }
  return std::make_unique<MemoryStore>(*hash_key, sizes);
}

}  // namespace cap::state
