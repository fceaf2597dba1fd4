// The store behind redis_store.h.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/redis/address.h"
#include "runtime/redis/codec.h"
#include "runtime/redis/handshake.h"
#include "runtime/redis/pool.h"
#include "runtime/redis/redis_store.h"
#include "runtime/redis/request.h"
#include "runtime/redis/scripts.h"

namespace cap::redis {

class RedisStoreImpl final : public RedisStore {
 public:
  RedisStoreImpl(Address address, const RedisOptions& options, Standing known);

  ~RedisStoreImpl() override;

  /// The first connection, which learns the hash key.
  Result<void> Begin();

  state::ReserveResult Reserve(const state::ReserveRequest& request,
                               std::span<state::ChargeState> states) override;
  state::SettleStatus Commit(state::OperationId operation, std::optional<state::Actual> actual,
                             int64_t now_us) override;
  state::SettleStatus Release(state::OperationId operation, int64_t now_us) override;
  state::SettleStatus CountViolation(state::CounterId id, int64_t limit, int64_t window_us,
                                     int64_t suspend_us, int64_t now_us) override;
  uint64_t Sweep(int64_t now_us) override;
  Result<std::vector<state::CounterView>> Counters() override;
  Result<bool> Reset(state::CounterId id) override;
  const std::array<uint8_t, 16>& hash_key() const override { return hash_key_; }
  bool keeps_names() const override { return options_.names; }

  Result<void> Acknowledge() override;
  state::ReserveResult Replay(const state::ReserveRequest& request) override;
  std::string Position() const override;

 private:
  enum class Answer : uint8_t {
    kDone,
    kAway,   // nothing is known of what was asked
    kMoved,  // the server has come less far, or is on another branch: nothing was done
  };
  struct Order {
    const Script& script;
    Arguments arguments;
    bool again = false;   // may be sent a second time: an operation says that it is the same
    bool writes = false;  // its answer waits for the replicas
  };

  /// Sends it on some connection, once more where that one was broken or moved.
  Answer Run(Order& order, std::string& reply);
  Answer RunOn(Session& session, Order& order, int64_t deadline_us, std::string& reply,
               bool& usable);
  /// How far the server has come on a branch. Nothing: another one has begun since.
  std::optional<int64_t> PlaceOn(const std::string& branch) const;
  /// What was heard on a branch. False: another branch has begun since, so that it is worth
  /// nothing.
  bool Learn(const std::string& branch, int64_t place);
  bool Open(Session& session, int64_t deadline_us);
  /// `known` of the server as it was greeted. False: more was learned meanwhile.
  bool Enter(const Standing& known, const Greeting& greeting);
  Standing known() const;
  state::SettleStatus Settle(state::OperationId operation, char as,
                             std::optional<state::Actual> actual, int64_t now_us);
  /// Nothing: away.
  std::optional<uint64_t> SweepOnly(std::span<const std::string> fields, int64_t idle_us,
                                    int64_t old_us);
  /// One step of a walk over what the tenant has: names of fields, each with its value behind it.
  /// Nothing: away.
  std::optional<std::vector<Reply>> Scan(std::string& cursor);
  /// A plain command. Nothing: away.
  std::optional<Reply> Ask(std::span<const std::string_view> words);

  const Address address_;
  const RedisOptions options_;
  const GreetingKeys keys_;
  std::array<uint8_t, 16> hash_key_ = {};
  bool has_key_ = false;  // set before the store is handed out

  mutable std::mutex known_mutex_;
  Standing known_;
  std::string refused_;  // why the server was not used when it was last greeted
  Greeting::Word last_word_ = Greeting::Word::kAway;
  std::atomic<bool> rewound_ = false;
  Pool pool_;
};

}  // namespace cap::redis
