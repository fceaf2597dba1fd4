// Any store of a test, with leases before it.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "runtime/state/lease.h"
#include "tests/state/trace.h"

namespace cap::state::test {

class LeasedWorld final : public World {
 public:
  explicit LeasedWorld(std::unique_ptr<World> authority) : authority_(std::move(authority)) {
    Wrap();
  }
  Store& At(int handle) override { return *stores_[handle == 2 ? 1 : 0]; }
  bool Reopen() override {
    for (auto& store : stores_) store.reset();
    const bool reopened = authority_->Reopen();
    Wrap();
    return reopened;
  }

 private:
  void Wrap() {
    for (int i = 0; i < 2; ++i) {
      // The authority belongs to its world.
      stores_[static_cast<size_t>(i)] =
          NewLeasedStore(std::shared_ptr<Store>(std::shared_ptr<Store>(), &authority_->At(i + 1)));
    }
  }

  std::unique_ptr<World> authority_;
  std::array<std::unique_ptr<LeasedStore>, 2> stores_;
};

inline Maker WithLeases(const Maker& maker) {
  return {.name = "leased " + maker.name,
          .make = [make = maker.make](
                      StoreSizes) { return std::make_unique<LeasedWorld>(make(StoreSizes())); },
          .has_sizes = false};
}

}  // namespace cap::state::test
