// The store in this process. Counters lie in shards by their hash, each with one lock; a call locks
// the shards of all its counters in order, checks all, and then charges all.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/state/choose.h"
#include "runtime/state/counter.h"
#include "runtime/state/flat_table.h"
#include "runtime/state/operations.h"
#include "runtime/state/spin_lock.h"
#include "runtime/state/store.h"

namespace cap::state {

class MemoryStore final : public Store {
 public:
  MemoryStore(const std::array<uint8_t, 16>& hash_key, StoreSizes sizes);

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override;
  ReserveResult ReserveAlone(const Charge& charge, OperationId operation, int64_t now_us,
                             ChargeState* state) override;
  void Expect(const CounterId& id) const override;
  void Expect(const OperationId& id) const override;
  SettleStatus Commit(OperationId operation, std::optional<Actual> actual, int64_t now_us) override;
  SettleStatus Release(OperationId operation, int64_t now_us) override;
  SettleStatus CountViolation(CounterId id, int64_t limit, int64_t window_us, int64_t suspend_us,
                              int64_t now_us) override;
  uint64_t Sweep(int64_t now_us) override;
  Result<std::vector<CounterView>> Counters() override;
  Result<bool> Reset(CounterId id) override;
  const std::array<uint8_t, 16>& hash_key() const override { return hash_key_; }
  bool keeps_names() const override { return false; }

 private:
  struct alignas(64) CounterCell {
    CounterId id;
    Counter counter;
    bool used() const { return counter.of() != CounterClass::kNone; }
  };
  static_assert(sizeof(CounterCell) == 64);
  struct alignas(64) CounterShard {
    SpinLock lock;
    FlatTable<CounterCell> table;
  };
  struct alignas(64) OperationShard {
    SpinLock lock;
    OperationBook book;
  };
  /// The shards of some counters, locked for the length of a scope.
  class LockedShards;

  static uint32_t ShardOf(uint64_t hash, uint32_t mask) {
    return static_cast<uint32_t>(hash >> 48) & mask;
  }
  CounterShard& CountersAt(uint64_t hash) const {
    return counter_shards_[ShardOf(hash, counter_mask_)];
  }
  OperationShard& OperationsAt(uint64_t hash) const {
    return operation_shards_[ShardOf(hash, operation_mask_)];
  }
  /// INVARIANT of these: the counter's shard is locked. Null: there is none.
  CounterCell* Find(CounterId id);
  /// Null: there is no room.
  Counter* FindOrMake(CounterId id, CounterClass of, uint16_t unit);

  bool TakeRate(const Charge& charge, int64_t now_us, ChargeState* state);
  bool TakeSum(const Charge& charge, OperationId operation, int64_t now_us, ChargeState* state);
  bool LooksBack(const Charge& charge, int64_t now_us, ChargeState* state);
  ReserveResult ReserveUnusual(const Charge& charge, OperationId operation, int64_t now_us,
                               ChargeState* state);
  ReserveResult ReserveAny(const ReserveRequest& request, std::span<ChargeState> states);
  ReserveResult ReserveAll(const ReserveRequest& request, OperationShard* shard,
                           std::span<ChargeState> states);
  ReserveResult Repeat(const ReserveRequest& request, const OperationShard& shard,
                       const OperationCell& known, std::span<ChargeState> states);
  bool MakeCounters(const ReserveRequest& request, const Choice& choice, ChargedCounters& counters);
  void UnmakeCounters(std::span<const Charge> charges);
  bool HasRoom(OperationShard& shard) const;
  void Write(const ReserveRequest& request, const Choice& choice, const ChargedCounters& counters,
             OperationShard& shard);
  SettleStatus End(OperationId id, OperationState as, std::optional<Actual> actual, int64_t now_us);
  SettleStatus EndAlone(OperationCell& operation, bool committed,
                        const std::optional<Actual>& actual, int64_t now_us);
  SettleStatus EndSeveral(OperationBook& book, OperationBook::Several& several, bool committed,
                          const std::optional<Actual>& actual, int64_t now_us);

  const std::array<uint8_t, 16> hash_key_;
  uint32_t counter_mask_ = 0, operation_mask_ = 0;
  uint64_t most_counters_ = 0, most_operations_ = 0;  // of one shard
  std::unique_ptr<CounterShard[]> counter_shards_;
  std::unique_ptr<OperationShard[]> operation_shards_;
  /// No counter is charged at an earlier time: what was swept may have known a later one.
  std::atomic<int64_t> floor_us_ = 0;
};

}  // namespace cap::state
