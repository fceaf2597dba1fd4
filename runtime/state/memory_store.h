// The store in this process. A call locks the shard of its operation, then all its counters in
// their order, checks all, and then charges all.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/state/choose.h"
#include "runtime/state/counter.h"
#include "runtime/state/counter_table.h"
#include "runtime/state/operations.h"
#include "runtime/state/spin_lock.h"
#include "runtime/state/store.h"

namespace cap::state {

class MemoryStore final : public Store {
 public:
  MemoryStore(const std::array<uint8_t, 16>& hash_key, StoreSizes sizes);

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override;
  bool near() const override { return true; }
  bool Take(std::span<const Charge> charges, const OperationId* operation, int64_t now_us,
            ChargeState* states) override;
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
  struct alignas(64) OperationShard {
    SpinLock lock;
    OperationBook book;
  };
  struct NewOperation {
    OperationShard& shard;  // that is locked
    OperationId id;
    OperationCell& place;
  };
  OperationShard& OperationsAt(uint64_t hash) const {
    return operation_shards_[static_cast<uint32_t>(hash >> 48) & operation_mask_];
  }

  bool TakeRate(const Charge& charge, int64_t now_us, ChargeState* state);
  template <CounterKind kKind>
  bool TakeSum(const Charge& charge, const OperationId& operation, int64_t now_us,
               ChargeState* state);
  bool TakeAll(std::span<const Charge> charges, const OperationId* operation, int64_t now_us,
               ChargeState* states);
  bool TakeOnce(std::span<const Charge> charges, int64_t now_us, ChargeState* states,
                const NewOperation* operation);
  bool TakeLocked(std::span<const Charge> charges, const LockedCells& cells, int64_t now_us,
                  ChargeState* states, const NewOperation* operation);
  OperationCell* PlaceFor(const OperationId& operation, uint64_t hash, OperationShard& shard) const;
  static void Keep(std::span<const Charge> charges, const LockedCells& cells, int64_t now_us,
                   const NewOperation& operation);
  ReserveResult ReserveAny(const ReserveRequest& request, std::span<ChargeState> states);
  ReserveResult ReserveAll(const ReserveRequest& request, OperationShard* shard,
                           std::span<ChargeState> states);
  ReserveResult Repeat(const ReserveRequest& request, const OperationShard& shard,
                       const OperationCell& known, std::span<ChargeState> states);
  static bool MakeCounters(const ReserveRequest& request, const Choice& choice,
                           LockedCounters& locked, ChargedCounters& counters);
  bool HasRoom(OperationShard& shard) const;
  void Write(const ReserveRequest& request, const Choice& choice, const ChargedCounters& counters,
             OperationShard& shard);
  SettleStatus End(OperationId id, OperationState as, std::optional<Actual> actual, int64_t now_us);
  SettleStatus EndAlone(OperationCell& operation, bool committed,
                        const std::optional<Actual>& actual, int64_t now_us);
  SettleStatus EndSeveral(OperationBook& book, OperationBook::Several& several, bool committed,
                          const std::optional<Actual>& actual, int64_t now_us);

  const std::array<uint8_t, 16> hash_key_;
  CounterTable counters_;
  Blocks blocks_;
  uint32_t operation_mask_ = 0;
  uint64_t most_operations_ = 0;  // of one shard
  std::unique_ptr<OperationShard[]> operation_shards_;
  /// No counter is charged at an earlier time: what was swept may have known a later one.
  std::atomic<int64_t> floor_us_ = 0;
};

}  // namespace cap::state
