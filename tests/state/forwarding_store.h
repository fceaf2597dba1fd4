// A store that hands on to another one whatever it is asked: a test's store overrides what it wants
// otherwise.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "runtime/state/store.h"

namespace cap::state::test {

class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(std::shared_ptr<Store> inner) : inner_(std::move(inner)) {}

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override {
    return inner_->Reserve(request, states);
  }
  SettleStatus Commit(OperationId operation, std::optional<Actual> actual,
                      int64_t now_us) override {
    return inner_->Commit(operation, actual, now_us);
  }
  SettleStatus Release(OperationId operation, int64_t now_us) override {
    return inner_->Release(operation, now_us);
  }
  SettleStatus CountViolation(CounterId id, int64_t limit, int64_t window_us, int64_t suspend_us,
                              int64_t now_us) override {
    return inner_->CountViolation(id, limit, window_us, suspend_us, now_us);
  }
  uint64_t Sweep(int64_t now_us) override { return inner_->Sweep(now_us); }
  Result<std::vector<CounterView>> Counters() override { return inner_->Counters(); }
  Result<bool> Reset(CounterId id) override { return inner_->Reset(id); }
  const std::array<uint8_t, 16>& hash_key() const override { return inner_->hash_key(); }
  bool keeps_names() const override { return inner_->keeps_names(); }

 protected:
  const std::shared_ptr<Store> inner_;
};

}  // namespace cap::state::test
