// What a leased store knows: the slices it has, and the calls that took from them. No I/O, no lock.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/state/id_hash.h"
#include "runtime/state/store.h"

namespace cap::state {

struct HashId {
  template <typename Id>
  size_t operator()(const Id& id) const {
    return HashOf(id);
  }
};

/// Not where a limit is so large that sums of what is granted could leave an int64.
bool IsLeased(const Charge& charge);
/// Whether calls like this one can be decided here.
bool IsLeasable(const ReserveRequest& request);
/// The charges that are taken where all of them fit: the common ones, and of each group the lowest
/// alternative. Only these are decided here; whoever needs another one asks the authority.
std::vector<uint16_t> FirstChoice(const ReserveRequest& request);

/// One charge at the authority that calls here take from.
struct Lease {
  OperationId operation;
  int64_t amount = 0;
};

/// What this process has of one counter, in one period.
struct Slice {
  uint64_t serial = 0;
  Charge terms;               // as it was leased: amount apart, another charge is of other terms
  std::vector<Lease> leases;  // that can still be settled, the oldest first
  Lease doubtful;             // nobody knows whether the authority charged it; amount 0: none
  int64_t granted = 0;        // what the authority charged for all of this slice
  int64_t used = 0;           // more than is granted: a call took more than it had reserved
  int64_t left = 0;           // of the limit, at the authority, when it was last heard
  int64_t next = 0;           // how large the next lease is
  int64_t touched_us = 0, leased_us = 0;
  uint32_t outstanding = 0;  // calls that may still be settled
  bool asking = false;       // somebody asks the authority for more
  bool latest = false;       // the counter was last charged here, not at the authority

  int64_t free() const { return granted - used; }
};

/// What a call took of a slice; or, at the authority, of a counter that may have one.
struct Share {
  CounterId id;
  uint64_t serial = 0;  // of the slice
  int64_t end_us = 0;   // of the period
  uint16_t unit = 0;
  int64_t amount = 0;
};

struct LeasedOperation {
  enum class State : uint8_t { kElsewhere, kReserved, kCommitted, kReleased };
  State state = State::kElsewhere;  // the authority knows it
  bool has_actual = false;
  uint64_t fingerprint = 0;
  int64_t time_us = 0;
  Actual actual;
  std::vector<Share> shares;
};

/// A lease to be settled at the authority with less, or more, than it was charged.
struct Return {
  OperationId operation;
  Actual actual;
};

class LeaseBook {
 public:
  /// Null: there is none of these terms.
  Slice* Find(const Charge& charge);
  /// Null: there is one of other terms that calls still hang on.
  Slice* FindOrMake(const Charge& charge, std::vector<Return>& returns);
  Slice* At(CounterId id);

  /// Takes what is free of a slice from it. One lease stays while calls may still be settled.
  void TakeFree(Slice& slice, std::vector<Return>& returns);
  /// Makes a lease larger by what was used without one.
  void TakeDebt(Slice& slice, std::vector<Return>& returns);
  /// Forgets a slice; what is free of it goes back.
  void Close(CounterId id, std::vector<Return>& returns);
  /// Those that nobody asked since.
  void CloseIdle(int64_t before_us, std::vector<Return>& returns);
  void CloseAll(std::vector<Return>& returns);
  /// The authority has forgotten what it had granted: nothing here may be used any more.
  void Void();
  size_t slices() const { return slices_.size(); }

  std::unordered_map<OperationId, LeasedOperation, HashId> operations;
  /// A call is settled: `as` committed or released. `debts`: of which counters more was used than
  /// was granted. False: it has nothing of that unit.
  bool Settle(LeasedOperation& operation, LeasedOperation::State as,
              const std::optional<Actual>& actual, int64_t now_us, std::vector<CounterId>& debts);
  /// The authority has settled what it had charged: so much more, or less, is left there.
  void HearSettled(LeasedOperation& operation, bool released, const std::optional<Actual>& actual);
  uint64_t ForgetOperations(int64_t before_us);

 private:
  std::unordered_map<CounterId, Slice, HashId> slices_;
  uint64_t serial_ = 0;
};

}  // namespace cap::state
