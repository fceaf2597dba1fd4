#include "tests/state/conformance.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

namespace cap::state::test {
namespace {

class MemoryWorld final : public World {
 public:
  explicit MemoryWorld(StoreSizes sizes)
      : store_(NewMemoryStore(std::array<uint8_t, 16>{1, 2, 3}, sizes)) {}
  Store& At(int) override { return *store_; }

 private:
  std::unique_ptr<Store> store_;
};

/// Calls that meet often: few counters, few operations, a clock that moves a little, also back.
class RandomCalls {
 public:
  explicit RandomCalls(uint64_t seed) : random_(seed) {}

  struct Call {
    int64_t now_us = 0;
    uint64_t verb = 0;
    OperationId operation;
    std::vector<Charge> charges;
    std::vector<uint16_t> free;
    std::vector<Stamp> stamps;
    std::optional<Actual> actual;
    CounterId breaker;
  };

  Call Next() {
    now_us_ += Roll(8) == 0 ? Below(20 * kSecond) : Below(kSecond);
    Call call;
    call.now_us = Roll(10) == 0 ? std::max<int64_t>(0, now_us_ - Below(5 * kSecond)) : now_us_;
    call.verb = Roll(10);
    // Most are new, some were there before.
    const bool known = call.verb >= 6 || Roll(3) == 0;
    call.operation = {1, known ? next_ - std::min(next_, Roll(12)) : ++next_};
    if (call.verb < 6) FillRequest(call);
    if (Roll(2) == 0) call.actual = Actual{static_cast<uint16_t>(Roll(2)), Below(8)};
    call.breaker = {3, Roll(2)};
    return call;
  }

 private:
  static constexpr int64_t kSecond = 1'000'000;
  uint64_t Roll(uint64_t sides) { return random_() % sides; }
  int64_t Below(int64_t bound) { return static_cast<int64_t>(Roll(static_cast<uint64_t>(bound))); }

  void FillRequest(Call& call) {
    const uint64_t common = Roll(3);
    for (uint64_t i = 0; i < common; ++i) call.charges.push_back(NewCharge(call.now_us));
    const auto groups = static_cast<uint16_t>(Roll(3));
    for (uint16_t group = 0; group < groups; ++group) {
      const auto alternatives = static_cast<uint16_t>(Roll(3) + 1);
      for (uint16_t alternative = 0; alternative < alternatives; ++alternative) {
        for (uint64_t n = Roll(2) + 1; n > 0; --n) {
          Charge charge = NewCharge(call.now_us);
          charge.group = group;
          charge.alternative = alternative;
          call.charges.push_back(charge);
        }
      }
      call.free.push_back(Roll(4) == 0 ? static_cast<uint16_t>(Roll(3)) : kNoFree);
    }
    if (Roll(3) == 0) call.stamps.push_back({{4, Roll(3)}, 60 * kSecond});
  }

  Charge NewCharge(int64_t now_us) {
    Charge charge;
    charge.kind = static_cast<CounterKind>(Roll(8));
    charge.amount = static_cast<int64_t>(Roll(3) + 1);
    charge.limit = static_cast<int64_t>(Roll(12));
    charge.span_us = (Below(6) + 1) * kSecond;
    charge.id = {10 + static_cast<uint64_t>(charge.kind), Roll(3)};
    charge.unit = charge.kind == CounterKind::kTotal ? 1 : 0;
    if (charge.kind == CounterKind::kAfter || charge.kind == CounterKind::kNotAfter) {
      charge.id = {4, Roll(3)};
    } else if (charge.kind == CounterKind::kBreaker) {
      charge.id = {3, Roll(2)};
    } else if (charge.kind == CounterKind::kQuota) {
      const int64_t period = 30 * kSecond;
      charge.begin_us = now_us / period * period;
      charge.end_us = charge.begin_us + period;
    }
    return charge;
  }

  std::mt19937_64 random_;
  int64_t now_us_ = 0;
  uint64_t next_ = 0;
};

std::string Text(const std::vector<ChargeState>& states) {
  std::ostringstream out;
  for (const ChargeState& state : states) {
    out << (state.taken ? "taken " : "") << (state.fits ? "fits " : "") << state.remains << ' '
        << state.retry_after_us << "; ";
  }
  return out.str();
}

/// What a store says to a call, as a text.
std::string Ask(Store& store, const RandomCalls::Call& call) {
  std::ostringstream out;
  if (call.verb < 6) {
    std::vector<ChargeState> states(call.charges.size());
    const bool peek = call.verb == 5;
    const ReserveResult result = store.Reserve({.now_us = call.now_us,
                                                .operation = call.operation,
                                                .charges = call.charges,
                                                .free = call.free,
                                                .stamps = call.stamps,
                                                .names = {},
                                                .peek = peek},
                                               states);
    out << "reserve " << static_cast<int>(result.status) << ' ' << result.repeated << ' ';
    if (result.status == ReserveStatus::kSpent) out << result.failed;
    if (result.status == ReserveStatus::kSpent || result.status == ReserveStatus::kReserved) {
      out << ": " << Text(states);
    }
  } else if (call.verb < 8) {
    out << "commit " << static_cast<int>(store.Commit(call.operation, call.actual, call.now_us));
  } else if (call.verb == 8) {
    out << "release " << static_cast<int>(store.Release(call.operation, call.now_us));
  } else {
    out << "violation "
        << static_cast<int>(
               store.CountViolation(call.breaker, 2, 5'000'000, 9'000'000, call.now_us));
  }
  return out.str();
}

std::map<std::pair<uint64_t, uint64_t>, std::string> CountersOf(Store& store) {
  std::map<std::pair<uint64_t, uint64_t>, std::string> all;
  const auto views = store.Counters();
  if (!views) return {{{0, 0}, views.error().message}};
  for (const CounterView& view : *views) {
    std::ostringstream out;
    out << static_cast<int>(view.kind) << ' ' << view.unit << " used " << view.used << " of "
        << view.limit_value << " [" << view.begin_us << ", " << view.end_us << ") last "
        << view.last_us;
    all[{view.id.high, view.id.low}] = out.str();
  }
  return all;
}

}  // namespace

Maker MemoryMaker() {
  return {"memory", [](StoreSizes sizes) { return std::make_unique<MemoryWorld>(sizes); }};
}

std::vector<std::string> RunTraces(const Maker& maker, const std::string& folder) {
  std::vector<std::string> failures;
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(CAPC_SOURCE_DIR "/tests/state/traces/" + folder)) {
    if (entry.path().extension() == ".trace") files.push_back(entry.path());
  }
  if (files.empty()) failures.push_back("there are no traces");
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    const std::string name = file.filename().string();
    std::vector<Case> cases;
    if (const auto error = ReadTrace(text.str(), cases)) {
      failures.push_back(name + ":" + std::to_string(error->line) + ": " + error->message);
    }
    for (const Case& trace : cases) {
      for (const bool states : {true, false}) {
        for (const std::string& failure : RunCase(trace, maker, states)) {
          failures.push_back(maker.name + ": " + name + ":" + failure + " (" + trace.name +
                             (states ? ")" : "), without states"));
        }
      }
    }
  }
  return failures;
}

std::vector<std::string> RunBesideMemory(const Maker& maker, uint64_t seed, int calls) {
  const auto world = maker.make({});
  MemoryWorld memory({});
  RandomCalls random(seed);
  for (int i = 0; i < calls; ++i) {
    const RandomCalls::Call call = random.Next();
    const std::string expected = Ask(memory.At(1), call);
    const std::string got = Ask(world->At(1 + i % 2), call);
    if (got != expected) {
      return {maker.name + " seed " + std::to_string(seed) + " call " + std::to_string(i) +
              ": memory says " + expected + ", it " + got};
    }
  }
  const auto expected = CountersOf(memory.At(1)), got = CountersOf(world->At(1));
  if (got == expected) return {};
  return {maker.name + " seed " + std::to_string(seed) + ": other counters in the end"};
}

}  // namespace cap::state::test
