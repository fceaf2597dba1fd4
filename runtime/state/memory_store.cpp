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

const Counter kFresh;

ReserveResult Bad() { return {ReserveStatus::kBadRequest}; }

}  // namespace

const std::array<uint64_t, 2> kIdSeed = MakeSeed();

class MemoryStore::LockedShards {
 public:
  explicit LockedShards(MemoryStore& store) : store_(store) {}
  LockedShards(const LockedShards&) = delete;
  LockedShards& operator=(const LockedShards&) = delete;
  ~LockedShards() {
    for (size_t i = 0; i < count_; ++i) store_.counter_shards_[shards_[i]].lock.unlock();
  }

  void Want(CounterId id) { shards_[count_++] = ShardOf(HashOf(id), store_.counter_mask_); }
  /// In order, each once: two calls never wait for each other.
  void Lock() {
    if (count_ > 1) {
      std::sort(shards_.begin(), shards_.begin() + count_);
      count_ = static_cast<size_t>(std::unique(shards_.begin(), shards_.begin() + count_) -
                                   shards_.begin());
    }
    for (size_t i = 0; i < count_; ++i) store_.counter_shards_[shards_[i]].lock.lock();
  }

 private:
  MemoryStore& store_;
  size_t count_ = 0;
  std::array<uint32_t, limits::kCharges + limits::kStamps> shards_;
};

MemoryStore::MemoryStore(const std::array<uint8_t, 16>& hash_key, StoreSizes sizes)
    : hash_key_(hash_key) {
  const uint64_t counter_shards = ShardsFor(sizes.counters);
  const uint64_t operation_shards = ShardsFor(sizes.operations);
  counter_mask_ = static_cast<uint32_t>(counter_shards - 1);
  operation_mask_ = static_cast<uint32_t>(operation_shards - 1);
  most_counters_ = (sizes.counters + counter_shards - 1) / counter_shards;
  most_operations_ = (sizes.operations + operation_shards - 1) / operation_shards;
  counter_shards_ = std::make_unique<CounterShard[]>(counter_shards);
  operation_shards_ = std::make_unique<OperationShard[]>(operation_shards);
}

MemoryStore::CounterCell* MemoryStore::Find(CounterId id) {
  return ShardOf(id).table.Find(id, HashOf(id));
}

Counter* MemoryStore::FindOrMake(CounterId id, CounterClass of, uint16_t unit) {
  const uint64_t hash = HashOf(id);
  FlatTable<CounterCell>& table = ShardOf(id).table;
  if (CounterCell* cell = table.Find(id, hash)) return &cell->counter;
  if (table.size() >= most_counters_) return nullptr;
  Counter& made = table.Insert(id, hash)->counter;
  made.Begin(of, unit);
  return &made;
}

ReserveResult MemoryStore::Reserve(const ReserveRequest& request, std::span<ChargeState> states) {
  const bool alone = request.charges.size() == 1 && request.stamps.empty() &&
                     request.free.empty() && states.empty() && !request.peek &&
                     request.charges.front().group == kEveryGroup;
  if (alone) {
    const bool rate = request.charges.front().kind == CounterKind::kRate;
    return rate && request.operation == kNoOperation
               ? TakeRate(request.charges.front(), request.now_us)
               : ReserveAlone(request);
  }
  if (!IsSound(request)) return Bad();
  if (request.peek) return ReserveAll(request, nullptr, states);
  if (request.operation == kNoOperation) {
    return HasSequel(request) ? Bad() : ReserveAll(request, nullptr, states);
  }
  OperationShard& shard = ShardOf(request.operation);
  const std::lock_guard lock(shard.lock);
  const Operation* known = shard.book.table().Find(request.operation, HashOf(request.operation));
  return known != nullptr ? Repeat(request, *known, states) : ReserveAll(request, &shard, states);
}

/// One charge: the same as all of them, without what only several need.
ReserveResult MemoryStore::ReserveAlone(const ReserveRequest& request) {
  const Charge& charge = request.charges.front();
  if (request.operation == kNoOperation) {
    if (!IsSound(charge, request.now_us) || IsGivenBack(charge.kind)) return Bad();
    return TakeOne(request, nullptr);
  }
  if (!IsSound(charge, request.now_us)) return Bad();
  const uint64_t hash = HashOf(request.operation);
  OperationShard& shard = operation_shards_[ShardOf(hash, operation_mask_)];
  const std::lock_guard lock(shard.lock);
  const Operation* known = shard.book.table().Find(request.operation, hash);
  return known != nullptr ? Repeat(request, *known, {}) : TakeOne(request, &shard);
}

/// A rate of which nothing is kept but the counter: the cheapest limit there is.
ReserveResult MemoryStore::TakeRate(const Charge& charge, int64_t now_us) {
  if (!IsSoundRate(charge, now_us)) return Bad();
  const uint64_t hash = HashOf(charge.id);
  CounterShard& shard = counter_shards_[ShardOf(hash, counter_mask_)];
  const std::lock_guard lock(shard.lock);
  CounterCell* cell = shard.table.Find(charge.id, hash);
  if (cell == nullptr) {
    if (shard.table.size() >= most_counters_) return {};
    cell = shard.table.Insert(charge.id, hash);
    cell->counter.Begin(CounterClass::kRate, charge.unit);
  }
  Counter& counter = cell->counter;
  if (counter.of() != CounterClass::kRate || counter.unit != charge.unit) return Bad();
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(std::max(now_us, floor), counter.last_us);
  if (charge.amount > charge.limit) return {ReserveStatus::kSpent, false, 0};
  const int64_t paid_back = PaidBack(counter, charge.amount, charge.span_us, now);
  if (paid_back - now > charge.limit * charge.span_us) return {ReserveStatus::kSpent, false, 0};
  AddRate(counter, charge, paid_back, now);
  return {ReserveStatus::kReserved};
}

/// INVARIANT: the request is sound, and no such operation is known.
ReserveResult MemoryStore::TakeOne(const ReserveRequest& request, OperationShard* operations) {
  const Charge& charge = request.charges.front();
  const uint64_t hash = HashOf(charge.id);
  CounterShard& shard = counter_shards_[ShardOf(hash, counter_mask_)];
  const std::lock_guard lock(shard.lock);
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(request.now_us, floor);
  if (charge.kind == CounterKind::kQuota && charge.end_us <= floor) return Bad();
  CounterCell* cell = shard.table.Find(charge.id, hash);
  const Counter& known = cell == nullptr ? kFresh : cell->counter;
  if (!IsOf(known, charge)) return Bad();
  if (!Check(known, charge, 0, now).fits) return {ReserveStatus::kSpent, false, 0};
  if (operations != nullptr && !HasRoom(*operations)) return {};
  if (TakesSomething(charge.kind)) {
    if (cell == nullptr) {
      if (shard.table.size() >= most_counters_) return {};
      cell = shard.table.Insert(charge.id, hash);
    }
    Add(cell->counter, charge, now);
  }
  if (operations != nullptr) {
    Operation& operation = NewOperation(request, *operations);
    operation.taken.set(0);
    if (IsGivenBack(charge.kind)) operations->book.Note(operation, TakenOf(cell->counter, charge));
  }
  return {ReserveStatus::kReserved};
}

/// What was answered before.
ReserveResult MemoryStore::Repeat(const ReserveRequest& request, const Operation& known,
                                  std::span<ChargeState> states) {
  if (known.state == OperationState::kReleased || known.fingerprint != FingerprintOf(request)) {
    return Bad();
  }
  LockedShards locks(*this);
  for (const Charge& charge : request.charges) locks.Want(charge.id);
  locks.Lock();
  ChargedCounters counters;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    CounterCell* cell = Find(request.charges[i].id);
    counters.counter[i] = cell == nullptr ? nullptr : &cell->counter;
    if (cell != nullptr && !IsOf(cell->counter, request.charges[i])) return Bad();
  }
  Choice choice;
  choice.taken = known.taken;
  const int64_t now = std::max(request.now_us, floor_us_.load(std::memory_order_relaxed));
  TellStates(request, counters, choice, now, states);
  return {ReserveStatus::kReserved, true};
}

ReserveResult MemoryStore::ReserveAll(const ReserveRequest& request, OperationShard* shard,
                                      std::span<ChargeState> states) {
  std::array<uint16_t, limits::kCharges> order;
  ChargedCounters counters;
  MergeCounters(request.charges, {order.data(), request.charges.size()}, counters);
  LockedShards locks(*this);
  for (const Charge& charge : request.charges) locks.Want(charge.id);
  locks.Lock();
  // Read under the locks: whatever was swept before is seen.
  const int64_t floor = floor_us_.load(std::memory_order_relaxed);
  const int64_t now = std::max(request.now_us, floor);
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (charge.kind == CounterKind::kQuota && charge.end_us <= floor) return Bad();
    CounterCell* cell = Find(charge.id);
    counters.counter[i] = cell == nullptr ? nullptr : &cell->counter;
  }
  const Choice choice = Choose(request, counters, now);
  if (choice.status == ReserveStatus::kReserved && !request.peek) {
    if (shard != nullptr && !HasRoom(*shard)) return {};
    if (!MakeCounters(request, choice, counters)) return {};
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
                               ChargedCounters& counters) {
  bool moved = false;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (counters.counter[i] != nullptr || !choice.taken.test(i) || !TakesSomething(charge.kind)) {
      continue;
    }
    if (FindOrMake(charge.id, ClassOf(charge.kind), charge.unit) == nullptr) {
      UnmakeCounters(request.charges.first(i));
      return false;
    }
    moved = true;
  }
  for (size_t i = 0; moved && i < request.charges.size(); ++i) {
    CounterCell* cell = Find(request.charges[i].id);
    counters.counter[i] = cell == nullptr ? nullptr : &cell->counter;
  }
  return true;
}

/// Those that were made and not charged.
void MemoryStore::UnmakeCounters(std::span<const Charge> charges) {
  for (const Charge& charge : charges) {
    CounterCell* cell = Find(charge.id);
    if (cell != nullptr && cell->counter.end_us == 0) ShardOf(charge.id).table.Erase(cell);
  }
}

bool MemoryStore::HasRoom(OperationShard& shard) const {
  if (shard.book.table().size() < most_operations_) return true;
  // Whoever asks again about one of these hears that nobody knows of it: that permits nothing.
  return shard.book.EraseSettled() > 0;
}

Operation& MemoryStore::NewOperation(const ReserveRequest& request, OperationShard& shard) {
  Operation& operation = *shard.book.table().Insert(request.operation, HashOf(request.operation));
  operation.state = OperationState::kReserved;
  operation.fingerprint = FingerprintOf(request);
  operation.time_us = request.now_us;
  return operation;
}

void MemoryStore::Write(const ReserveRequest& request, const Choice& choice,
                        const ChargedCounters& counters, OperationShard& shard) {
  Operation& operation = NewOperation(request, shard);
  operation.taken = choice.taken;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (!choice.taken.test(i) || !IsGivenBack(charge.kind)) continue;
    shard.book.Note(operation, TakenOf(*counters.counter[i], charge));
  }
  for (const Stamp& stamp : request.stamps) {
    shard.book.Note(operation, {stamp.id, CounterClass::kStamp, 0, 0, stamp.keep_us});
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
  OperationShard& shard = ShardOf(id);
  OperationBook& book = shard.book;
  const std::lock_guard lock(shard.lock);
  Operation* operation = book.table().Find(id, HashOf(id));
  if (operation == nullptr) return SettleStatus::kUnknown;
  if (operation->state != OperationState::kReserved) return operation->Again(as, actual);

  const bool committed = as == OperationState::kCommitted;
  bool has_unit = false;
  LockedShards locks(*this);
  book.ForEachNote(*operation, [&](const Taken& taken) {
    locks.Want(taken.id);
    has_unit |= actual && IsSettled(taken, actual->unit);
  });
  if (actual && !has_unit) return SettleStatus::kBadRequest;
  locks.Lock();
  bool has_room = true;
  book.ForEachNote(*operation, [&](const Taken& taken) {
    if (!committed || taken.of != CounterClass::kStamp) return;
    const Counter* stamp = FindOrMake(taken.id, CounterClass::kStamp, 0);
    has_room &= stamp != nullptr && stamp->of() == CounterClass::kStamp;
  });
  if (!has_room) return SettleStatus::kUnavailable;
  const int64_t now = std::max(now_us, floor_us_.load(std::memory_order_relaxed));
  book.ForEachNote(*operation, [&](const Taken& taken) {
    CounterCell* cell = Find(taken.id);
    if (cell != nullptr) EndCharge(cell->counter, taken, committed, actual, now);
  });
  book.Forget(*operation);
  operation->state = as;
  operation->time_us = now_us;
  operation->has_actual = actual.has_value();
  operation->actual = actual.value_or(Actual());
  return SettleStatus::kSettled;
}

SettleStatus MemoryStore::CountViolation(CounterId id, int64_t limit, int64_t window_us,
                                         int64_t suspend_us, int64_t now_us) {
  if (!IsSoundBreaker(limit, window_us, suspend_us, now_us)) return SettleStatus::kBadRequest;
  CounterShard& shard = ShardOf(id);
  const std::lock_guard lock(shard.lock);
  Counter* counter = FindOrMake(id, CounterClass::kBreaker, 0);
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
  for (uint32_t i = 0; i <= counter_mask_; ++i) {
    const std::lock_guard lock(counter_shards_[i].lock);
    freed += counter_shards_[i].table.EraseIf(
        [&](const CounterCell& cell) { return cell.counter.end_us <= idle_us; });
  }
  return freed;
}

Result<std::vector<CounterView>> MemoryStore::Counters() {
  std::vector<CounterView> views;
  for (uint32_t i = 0; i <= counter_mask_; ++i) {
    const std::lock_guard lock(counter_shards_[i].lock);
    counter_shards_[i].table.ForEach(
        [&](const CounterCell& cell) { views.push_back(ViewOf(cell.id, cell.counter)); });
  }
  return views;
}

Result<bool> MemoryStore::Reset(CounterId id) {
  // No operation gives anything back to the counter that begins anew.
  for (uint32_t i = 0; i <= operation_mask_; ++i) operation_shards_[i].lock.lock();
  for (uint32_t i = 0; i <= operation_mask_; ++i) operation_shards_[i].book.Disown(id);
  CounterShard& shard = ShardOf(id);
  shard.lock.lock();
  CounterCell* cell = Find(id);
  if (cell != nullptr) shard.table.Erase(cell);
  shard.lock.unlock();
  for (uint32_t i = 0; i <= operation_mask_; ++i) operation_shards_[i].lock.unlock();
  return cell != nullptr;
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
