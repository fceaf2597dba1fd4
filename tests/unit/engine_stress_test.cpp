// Programs are swapped, grants minted and revoked as fast as can be, while others decide: every
// decision is of one Program as a whole, and no reader waits for a writer. Short by default; with
// CAPC_STRESS_SECONDS=N each case goes on for N seconds. Made for ThreadSanitizer (preset `tsan`).
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/doc_program.h"

namespace cap::test {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point Deadline(std::chrono::milliseconds usual) {
  const char* seconds = std::getenv("CAPC_STRESS_SECONDS");
  const int given = seconds == nullptr ? 0 : std::atoi(seconds);
  return Clock::now() + (given > 0 ? std::chrono::seconds(given) : usual);
}

constexpr uint32_t kVersions = 4;

// Version v permits `v<v>` and nothing else, by its capability number v, the last of v + 1.
std::shared_ptr<const Program> Version(uint32_t v) {
  return MakeProgram(("v" + std::to_string(v)).c_str(), v);
}

/// Everything that a decision says must be what the Program of its number says.
bool Consistent(const Decision& decision, uint32_t asked, const std::vector<uint32_t>& version_of) {
  if (decision.program == 0 || decision.program >= version_of.size()) return false;
  const uint32_t version = version_of[decision.program];
  if (version == asked) {
    return decision.permitted() && decision.code == DecisionCode::kPermit &&
           decision.capability == version && decision.fail == 0;
  }
  return !decision.permitted() && decision.code == DecisionCode::kConstraintFailed &&
         decision.capability == 0 && decision.clause == 0 && decision.fail == 1;
}

struct Swapped {
  explicit Swapped(bool membarrier) {
    engine = std::move(*Engine::Create({.use_membarrier = membarrier, .hash_seed = {}}));
    for (uint32_t v = 0; v < kVersions; ++v) versions.push_back(Version(v));
    version_of.resize(100'000);
    Load(0);
    for (uint32_t v = 0; v < kVersions; ++v) {
      grants.push_back(*engine->Mint(SpecFor("v" + std::to_string(v)), kNowUs));
    }
  }
  // The number is known before anybody can see it: Loads count from 1.
  bool Load(uint32_t v) {
    version_of[++loads] = v;
    const auto report = engine->Load(versions[v]);
    return report.has_value() && report->program == loads;
  }

  std::unique_ptr<Engine> engine;
  std::vector<std::shared_ptr<const Program>> versions;
  std::vector<GrantId> grants;
  std::vector<uint32_t> version_of;  // by number of the Load; written before it
  uint32_t loads = 0;
};

void Decide(Swapped& world, std::atomic<bool>& stop, std::atomic<uint64_t>& wrong,
            std::atomic<uint64_t>& decided) {
  Reader reader = world.engine->NewReader();
  std::vector<Frame> frames;
  std::vector<GrantedCall> calls;
  for (uint32_t v = 0; v < kVersions; ++v) {
    frames.push_back(MakeFrame(*world.versions[0], "v" + std::to_string(v)));
  }
  for (uint32_t v = 0; v < kVersions; ++v) calls.push_back({world.grants[v], &frames[v]});
  std::vector<Decision> decisions(kVersions);
  do {
    for (uint32_t v = 0; v < kVersions; ++v) {
      const Decision decision = reader.Authorize(world.grants[v], frames[v]);
      if (!Consistent(decision, v, world.version_of)) ++wrong;
    }
    if (!reader.AuthorizeMany(calls, decisions)) ++wrong;
    for (uint32_t v = 0; v < kVersions; ++v) {
      if (!Consistent(decisions[v], v, world.version_of)) ++wrong;
      if (decisions[v].program != decisions[0].program) ++wrong;  // a batch is of one Program
    }
    decided.fetch_add(2 * kVersions, std::memory_order_relaxed);
  } while (!stop.load());
}

void SwapUnderLoad(bool membarrier) {
  Swapped world(membarrier);
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0, decided = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] { Decide(world, stop, wrong, decided); });
  }
  // Grants come and go meanwhile, and some hang on a handle that ends them.
  threads.emplace_back([&] {
    Reader reader = world.engine->NewReader();
    const Frame frame = MakeFrame(*world.versions[0], "v0");
    do {
      const RevocationHandle handle = *world.engine->NewHandle();
      GrantSpec spec = SpecFor("v0");
      spec.handles = {handle};
      const GrantId one = *world.engine->Mint(SpecFor("v0"), kNowUs);
      const GrantId other = *world.engine->Mint(spec, kNowUs);
      if (!world.engine->Revoke(one) || !world.engine->RevokeHandle(handle)) ++wrong;
      if (reader.Authorize(one, frame).code != DecisionCode::kGrantRevoked) ++wrong;
      if (reader.Authorize(other, frame).code != DecisionCode::kGrantRevoked) ++wrong;
      world.engine->SweepExpired(kNowUs);
    } while (!stop.load());
  });
  // On a machine that is busy otherwise a load takes its time; every version comes once anyway.
  const auto deadline = Deadline(std::chrono::milliseconds(300));
  const auto wanted = [&] { return Clock::now() < deadline || world.loads <= kVersions; };
  for (uint32_t turn = 1; wanted() && world.loads + 1 < world.version_of.size(); ++turn) {
    if (!world.Load(turn % kVersions)) ++wrong;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(world.loads > kVersions);
  CHECK(decided > 0);
}

TEST_CASE("no decision mixes two Programs while they are swapped (membarrier)") {
  SwapUnderLoad(true);
}
TEST_CASE("no decision mixes two Programs while they are swapped (no membarrier)") {
  SwapUnderLoad(false);
}

// A Load of many grants takes a while and holds the writers' lock all of it. Readers that waited
// for the lock would decide no more than one call each in that time.
TEST_CASE("readers go on deciding while a Load runs") {
  Swapped world(true);
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(world.engine->Mint(SpecFor("u" + std::to_string(i)), kNowUs).has_value());
  }
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0, decided = 0;
  std::thread reader([&] { Decide(world, stop, wrong, decided); });
  uint64_t most = 0;
  for (uint32_t turn = 1; turn <= 200 && most < 1000; ++turn) {
    const uint64_t before = decided.load();
    REQUIRE(world.Load(turn % kVersions));
    most = std::max(most, decided.load() - before);
  }
  stop = true;
  reader.join();
  CHECK(wrong == 0);
  CHECK(most >= 1000);
}

}  // namespace
}  // namespace cap::test
