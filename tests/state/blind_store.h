// A store that counts nothing and is content with every call: what a test's own store derives from
// to answer a reservation as it likes.
#pragma once

#include <array>
#include <vector>

#include "runtime/state/store.h"

namespace cap::state::test {

class BlindStore : public Store {
 public:
  SettleStatus Commit(OperationId, std::optional<Actual>, int64_t) override {
    return SettleStatus::kSettled;
  }
  SettleStatus Release(OperationId, int64_t) override { return SettleStatus::kSettled; }
  SettleStatus CountViolation(CounterId, int64_t, int64_t, int64_t, int64_t) override {
    return SettleStatus::kSettled;
  }
  uint64_t Sweep(int64_t) override { return 0; }
  Result<std::vector<CounterView>> Counters() override { return std::vector<CounterView>(); }
  Result<bool> Reset(CounterId) override { return false; }
  const std::array<uint8_t, 16>& hash_key() const override { return key_; }
  bool keeps_names() const override { return false; }

 private:
  const std::array<uint8_t, 16> key_ = {3};
};

}  // namespace cap::state::test
