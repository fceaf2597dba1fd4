// A store whose place a new one takes, so that what runs on an engine can begin with nothing
// counted as often as needed, and the engine need not be made again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/state/store.h"

namespace cap::policytest {

/// One way to keep counters; all of them must say the same.
struct StoreUnderTest {
  std::string name;  // "memory", "sqlite"
  bool exact = true;  // else it may have counters that nothing was taken of
  /// A store in which nothing was counted.
  std::function<Result<std::unique_ptr<state::Store>>()> open;
};

/// In this process.
StoreUnderTest MemoryUnderTest();

/// A limit by what it is called in the policy.
struct SpentLimit {
  std::string policy;
  std::string owner;  // capability or limit; empty: the circuit breaker
  std::string term;
  bool operator==(const SpentLimit&) const = default;
};

/// For one thread at a time, unlike other stores.
class FreshStore final : public state::Store {
 public:
  explicit FreshStore(StoreUnderTest kind) : kind_(std::move(kind)) {}

  /// Begins anew. Errors: those of the store that is opened.
  Result<void> Renew();

  /// The limits of which each alone kept the last call from being permitted: with more left of
  /// that one it would have been. Empty after Forget().
  const std::vector<SpentLimit>& decisive() const { return decisive_; }
  void Forget() { decisive_.clear(); }

  state::ReserveResult Reserve(const state::ReserveRequest& request,
                               std::span<state::ChargeState> states) override;
  state::SettleStatus Commit(state::OperationId operation, std::optional<state::Actual> actual,
                             int64_t now_us) override;
  state::SettleStatus Release(state::OperationId operation, int64_t now_us) override;
  state::SettleStatus CountViolation(state::CounterId id, int64_t limit, int64_t window_us,
                                     int64_t suspend_us, int64_t now_us) override;
  uint64_t Sweep(int64_t now_us) override;
  bool exact() const { return kind_.exact; }

  /// With the names that questions had, whatever the store keeps.
  Result<std::vector<state::CounterView>> Counters() override;
  Result<bool> Reset(state::CounterId id) override;
  const std::array<uint8_t, 16>& hash_key() const override { return hash_key_; }
  bool keeps_names() const override { return true; }

 private:
  StoreUnderTest kind_;
  std::unique_ptr<state::Store> store_;
  std::vector<SpentLimit> decisive_;
  std::map<std::pair<uint64_t, uint64_t>, state::CounterView> names_;  // by the counter's id
  // The engine makes the names of counters with it, so it stays when the store does not. Nobody
  // aims at the counters of a test.
  const std::array<uint8_t, 16> hash_key_ = {};
};

}  // namespace cap::policytest
