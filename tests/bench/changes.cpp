#include "tests/bench/changes.h"

#include <malloc.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tests/bench/values.h"
#include "tests/bench/world.h"

namespace cap::bench {
namespace {

constexpr size_t kMillion = 1'000'000;
constexpr double kThreadsGoal = 0.97;
constexpr double kBytesGoal = 96;

/// CPU time of a round when `sides` run at once, a thread each: the slowest of them.
double TogetherNs(const std::vector<Side>& sides, uint32_t rounds) {
  std::vector<double> ns(sides.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < sides.size(); ++i) {
    threads.emplace_back([&, i] {
      sides[i].round();
      const double begin = CpuNs();
      for (uint32_t k = 0; k < rounds; ++k) sides[i].round();
      ns[i] = (CpuNs() - begin) / rounds;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return *std::max_element(ns.begin(), ns.end());
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

uint64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long total = 0, resident = 0;
  if (file == nullptr || std::fscanf(file, "%lu %lu", &total, &resident) != 2) Die("no statm");
  std::fclose(file);
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

/// The control of G11: a node a record, by the text of its key, as one writes it first.
double NodesBytes() {
  const uint64_t before = ResidentBytes();
  std::unordered_multimap<std::string, CapabilityRecord> nodes;
  for (size_t i = 0; i < kMillion; ++i) {
    nodes.emplace(fmt::format("{}/{}/C-{:07}/agent", i / 10, i % 5, i / 10), CapabilityRecord());
  }
  return static_cast<double>(ResidentBytes() - before) / kMillion;
}

}  // namespace

// How much more a decision costs where two threads decide at once, against how much more it costs
// by hand on the same table.
int RunThreads(const RunOptions& options) {
  World world({.records = 1'000, .requests = 1024, .tools = 1, .bad_share = 0});
  world.CheckAgreement();
  const Side native = world.Native(), hand = world.Hand();
  const Side other_native = world.AnotherNative(), other_hand = world.AnotherHand();
  constexpr uint32_t kRounds = 400;
  std::vector<double> kept, native_ns, hand_ns;
  for (uint32_t i = 0; i < options.pairs; ++i) {
    const double native_one = TogetherNs({native}, kRounds);
    const double native_two = TogetherNs({native, other_native}, kRounds);
    const double hand_two = TogetherNs({hand, other_hand}, kRounds);
    const double hand_one = TogetherNs({hand}, kRounds);
    native_ns.push_back(native_one / native_two);
    hand_ns.push_back(hand_one / hand_two);
    kept.push_back(native_ns.back() / hand_ns.back());
  }
  const double ratio = MedianOf(kept);
  fmt::print("G5 pure, 1 to 2 threads: of its speed a thread keeps {:.3f} (hand {:.3f}); engine : "
             "hand {:.3f}, goal at least {:.2f}: {}\n",
             MedianOf(native_ns), MedianOf(hand_ns), ratio, kThreadsGoal,
             ratio >= kThreadsGoal ? "met" : "missed");
  return ratio >= kThreadsGoal ? 0 : 4;
}

int RunMemory() {
  auto program = CompileFile(CAPC_BENCH_DIR "/decide/decide.cap");
  World shape({.records = 10, .requests = 1});
  EngineOptions options;
  options.hash_seed = {1, 2};  // the world has fixed that of the texts
  auto engine = Engine::Create(options).value();
  if (!engine->Load(program)) Die("the program does not load");
  const uint64_t before = ResidentBytes();
  for (size_t i = 0; i < kMillion / 10; ++i) {
    if (!engine->Mint(shape.SpecOf(i), kNow)) Die("mint");
  }
  const double resident = static_cast<double>(ResidentBytes() - before) / kMillion;
  const EngineStats s = engine->stats();
  const auto each = [&](uint64_t bytes) { return static_cast<double>(bytes) / kMillion; };
  fmt::print("G11 1,000,000 records, 100,000 grants: {:.1f} bytes a record resident, goal {:.0f}: "
             "{}\n    counted: records {:.1f}, index {:.1f}, constants {:.1f}, grants {:.1f}\n",
             resident, kBytesGoal, resident <= kBytesGoal ? "met" : "missed",
             each(s.record_bytes), each(s.index_bytes), each(s.pool_bytes), each(s.grant_bytes));
  engine.reset();
  malloc_trim(0);
  const double nodes = NodesBytes();
  fmt::print("G11 control, a map of nodes: {:.1f} bytes a record: {}\n", nodes,
             nodes > kBytesGoal ? "fails, as it must" : "PASSES");
  return resident <= kBytesGoal && nodes > kBytesGoal ? 0 : 4;
}

// One dump an operation: the worst of them is what the goal is about, so there are enough of them
// for a split of a segment or two. A grant of the policy `bench` has ten records, which come and go
// together; one of `single` has one.
int CountChanges() {
  constexpr uint32_t kOperations = 300;
  World world({.records = kMillion, .requests = 1});
  Engine& engine = world.engine();
  auto once = [&](const std::string& what, auto operation) {
    CountInstructions(fmt::format("g12 {} 1 1", what),
                      {what.c_str(), [&, first = true]() mutable {
                         if (!first) operation();  // the call that warms up does nothing
                         first = false;
                         return uint64_t{0};
                       }},
                      1);
  };
  uint64_t next = kMillion;
  const auto come_and_go = [&](std::string_view policy, std::string_view what, uint32_t count) {
    std::vector<GrantId> grants;
    for (uint32_t i = 0; i < count; ++i) {
      GrantSpec spec = world.SpecOf(next++);
      spec.policy = policy;
      once(fmt::format("add-{}", what),
           [&] { grants.push_back(engine.Mint(spec, kNow).value()); });
    }
    for (const GrantId grant : grants) {
      once(fmt::format("revoke-{}", what), [&] { engine.Revoke(grant); });
    }
  };
  come_and_go("single", "one-record", kOperations);
  come_and_go("bench", "ten-records", kOperations);
  const RevocationHandle handle = engine.NewHandle().value();
  for (uint32_t i = 0; i < 1'000; ++i) {
    GrantSpec spec = world.SpecOf(2 * kMillion + i);
    spec.handles = {handle};
    if (!engine.Mint(spec, kNow)) Die("mint");
  }
  once("revoke-class-of-1000-grants", [&] { engine.RevokeHandle(handle); });
  return 0;
}

}  // namespace cap::bench
