// Any text as a trace of a store: it can be read or is refused, what it asks is answered, and the
// same calls have the same answers, whether or not the caller asks how the counters stand.
#include "tests/state/trace.h"

#include <algorithm>

#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

class OneStore final : public state::test::World {
 public:
  explicit OneStore(state::StoreSizes sizes)
      : store_(state::NewMemoryStore(std::array<uint8_t, 16>{}, sizes)) {}
  state::Store& At(int) override { return *store_; }

 private:
  std::unique_ptr<state::Store> store_;
};

}  // namespace

CAPC_FUZZ_TARGET(trace) {
  if (input.size() > 20'000) return;
  std::vector<state::test::Case> cases;
  if (ReadTrace(input, cases)) return;
  state::test::Maker maker;
  maker.name = "memory";
  maker.make = [](state::StoreSizes sizes) {
    sizes.counters = std::min<uint64_t>(sizes.counters, 500);
    sizes.operations = std::min<uint64_t>(sizes.operations, 500);
    return std::make_unique<OneStore>(sizes);
  };
  for (const state::test::Case& trace : cases) {
    const auto once = RunCase(trace, maker);
    Require(RunCase(trace, maker) == once, "the same calls have two answers", input);
    // Without states less is compared: what holds with them holds without.
    if (once.empty()) Require(RunCase(trace, maker, false).empty(), "the short way differs", input);
  }
}

}  // namespace cap::fuzz
