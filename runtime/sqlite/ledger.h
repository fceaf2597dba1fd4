// What happens inside of one transaction: rows are read when a call asks for them, kept until the
// transaction ends, and written once. So many calls on one counter cost one row.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/sqlite/database.h"
#include "runtime/sqlite/rows.h"
#include "runtime/state/choose.h"
#include "runtime/state/id_hash.h"
#include "runtime/state/store.h"

namespace cap::state {

/// A request whose lists outlive the caller.
struct OwnedRequest {
  OwnedRequest(const ReserveRequest& request);
  ReserveRequest view() const;

  int64_t now_us;
  OperationId operation;
  bool peek;
  std::vector<Charge> charges;
  std::vector<uint16_t> free;
  std::vector<Stamp> stamps;
  struct Name {
    std::string policy, limit, constraint, key;
  };
  std::vector<Name> names;
};

/// Used by one thread. Every answer holds only when Commit() then says so.
class Ledger {
 public:
  Ledger(Database database, StoreSizes sizes);

  /// Of the hash of counters. Nothing: the file is damaged.
  std::optional<std::array<uint8_t, 16>> ReadHashKey();

  enum class Opening : uint8_t { kOpen, kFailed, kRewound };
  Opening Begin();
  /// Writes what changed and syncs it. False: nothing was written.
  bool Commit();
  void Rollback();

  ReserveResult Reserve(const OwnedRequest& request, std::vector<ChargeState>& states);
  SettleStatus Settle(OperationId id, bool committed, std::optional<Actual> actual, int64_t now_us);
  SettleStatus CountViolation(CounterId id, int64_t limit, int64_t window_us, int64_t suspend_us,
                              int64_t now_us);
  uint64_t Sweep(int64_t now_us);
  std::optional<std::vector<CounterView>> Counters();
  std::optional<bool> Reset(CounterId id);

 private:
  struct CounterRow {
    Counter counter;  // fresh: there is none
    bool stored = false, changed = false, damaged = false;
    OwnedRequest::Name name;
  };
  struct OperationRow {
    NotedOperation noted;
    bool stored = false, changed = false, damaged = false;
  };
  struct HashId {
    template <typename Id>
    size_t operator()(const Id& id) const {
      return HashOf(id);
    }
  };
  struct StoreRow {
    int64_t sequence = 0, floor_us = 0, counters = 0, operations = 0;
  };

  CounterRow& Load(CounterId id);
  OperationRow& Load(OperationId id);
  std::optional<ReserveResult> Repeat(const ReserveRequest& request,
                                      const ChargedCounters& counters,
                                      std::vector<ChargeState>& states);
  bool HasRoom(const ReserveRequest& request, const Choice& choice,
               const ChargedCounters& counters);
  void Write(const OwnedRequest& owned, const Choice& choice, int64_t now_us);
  /// Counts what begins to be one.
  void Touch(CounterRow& row);
  bool DeleteSettled();
  bool Disown(CounterId id);
  /// Writes the rows that changed and forgets them all.
  bool Flush();
  bool WriteCounter(CounterId id, CounterRow& row);
  bool WriteOperation(OperationId id, OperationRow& row);

  Database database_;
  const StoreSizes sizes_;
  Statement read_counter_, insert_counter_, update_counter_, delete_counter_, all_counters_;
  Statement read_operation_, insert_operation_, update_operation_, all_reserved_;
  Statement delete_settled_, sweep_counters_, sweep_operations_, read_store_, write_store_;
  std::unordered_map<CounterId, CounterRow, HashId> counters_;
  std::unordered_map<OperationId, OperationRow, HashId> operations_;
  StoreRow store_;
  int64_t seen_ = 0;  // the latest sequence that this handle saw
  bool changed_ = false, failed_ = false;
};

}  // namespace cap::state
