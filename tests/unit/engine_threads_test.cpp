// Many threads decide while others mint, revoke and swap the program. Run under ThreadSanitizer in
// the preset `tsan`; here the answers are checked too.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "cap/engine.h"
#include "runtime/engine/epoch.h"
#include "tests/unit/doc_program.h"

namespace cap::test {
namespace {

struct Fixture {
  explicit Fixture(bool membarrier) {
    engine = std::move(*Engine::Create({.use_membarrier = membarrier, .hash_seed = {}}));
    REQUIRE(engine->Load(program).has_value());
  }
  std::shared_ptr<const Program> program = MakeProgram();
  std::unique_ptr<Engine> engine;
};

// Grants that stay are always found; grants that were revoked before the question never permit.
void ReadWhileWriting(bool membarrier) {
  Fixture fixture(membarrier);
  Engine& engine = *fixture.engine;
  const GrantId stays = *engine.Mint(SpecFor("stays"), kNowUs);
  std::atomic<uint64_t> revoked = 0;  // a handle that no decision may permit any more
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0;
  std::atomic<uint64_t> decided = 0;
  const auto read = [&] {
    Reader reader = engine.NewReader();
    const Frame own = MakeFrame(*fixture.program, "stays");
    const Frame gone = MakeFrame(*fixture.program, "comes and goes");
    uint64_t count = 0;
    do {
      if (!reader.Authorize(stays, own).permitted()) ++wrong;
      const uint64_t handle = revoked.load();
      const GrantId dead{static_cast<uint32_t>(handle), static_cast<uint32_t>(handle >> 32)};
      if (reader.Authorize(dead, gone).permitted()) ++wrong;
      if (++count % 64 == 0) {
        const Decision decision = reader.Authorize(stays, gone);
        if (reader.Report(decision, stays, gone).code != DecisionCode::kNoCapability) ++wrong;
      }
    } while (!stop.load());
    decided += count;
  };
  const auto write = [&](int rounds, bool publish) {
    for (int i = 0; i < rounds; ++i) {
      const GrantId grant = *engine.Mint(SpecFor("comes and goes"), kNowUs);
      if (!engine.Revoke(grant)) ++wrong;
      if (publish) revoked = uint64_t{grant.generation} << 32 | grant.index;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(read);
  std::thread other([&] { write(1500, false); });
  write(1500, true);
  other.join();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(decided > 0);
  CHECK(engine.stats().grants == 1);
}

TEST_CASE("readers are right while grants come and go (membarrier)") { ReadWhileWriting(true); }
TEST_CASE("readers are right while grants come and go (no membarrier)") {
  ReadWhileWriting(false);
}

TEST_CASE("a swap under load shows one program or the other, never a mixture") {
  Fixture fixture(true);
  Engine& engine = *fixture.engine;
  std::vector<GrantId> grants;
  for (int i = 0; i < 300; ++i) {
    grants.push_back(*engine.Mint(SpecFor("u" + std::to_string(i)), kNowUs));
  }
  const auto open = fixture.program;
  const auto strict = MakeProgram("u7");
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0;
  const auto read = [&] {
    Reader reader = engine.NewReader();
    const Frame seven = MakeFrame(*open, "u7");
    const Frame eight = MakeFrame(*open, "u8");
    do {
      if (!reader.Authorize(grants[7], seven).permitted()) ++wrong;
      const Decision decision = reader.Authorize(grants[8], eight);
      const bool odd = decision.program % 2 == 1;  // the open program has odd numbers
      if (decision.permitted() != odd) ++wrong;
      if (!odd && decision.code != DecisionCode::kConstraintFailed) ++wrong;
    } while (!stop.load());
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back(read);
  for (int turn = 0; turn < 20; ++turn) {
    const auto loaded = engine.Load(turn % 2 == 0 ? strict : open);
    REQUIRE(loaded.has_value());
    CHECK(loaded->kept == 300);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("minting while others read grows the index without losing a grant") {
  Fixture fixture(true);
  Engine& engine = *fixture.engine;
  constexpr uint32_t kGrants = 4000;
  std::vector<GrantId> grants(kGrants);
  std::atomic<uint32_t> minted = 0;
  std::atomic<uint64_t> wrong = 0;
  const auto read = [&] {
    Reader reader = engine.NewReader();
    for (uint32_t turn = 1; minted.load() < kGrants; ++turn) {
      const uint32_t known = minted.load(std::memory_order_acquire);
      if (known == 0) continue;
      const uint32_t pick = turn * 2654435761u % known;
      const Frame frame = MakeFrame(*fixture.program, "u" + std::to_string(pick));
      if (!reader.Authorize(grants[pick], frame).permitted()) ++wrong;
    }
  };
  std::thread a(read), b(read);
  for (uint32_t i = 0; i < kGrants; ++i) {
    grants[i] = *engine.Mint(SpecFor("u" + std::to_string(i)), kNowUs);
    minted.store(i + 1, std::memory_order_release);
  }
  a.join();
  b.join();
  CHECK(wrong == 0);
  CHECK(engine.stats().records == kGrants);
}

TEST_CASE("what was retired is freed when the last reader that could see it has left") {
  for (const bool membarrier : {true, false}) {
    engine::EpochDomain domain(membarrier);
    engine::Limbo limbo(domain);
    auto* early = domain.Register();
    auto* late = domain.Register();
    int freed = 0;
    domain.Enter(early);
    limbo.Retire([&] { ++freed; });
    domain.Enter(late);
    limbo.Collect(1, 10);
    CHECK(freed == 0);
    domain.Leave(early);
    limbo.Collect(2, 10);
    CHECK(freed == 0);  // fewer wait than were asked for
    limbo.Collect(1, 10);
    CHECK(freed == 1);  // `late` entered afterwards and cannot see it
    domain.Leave(late);
    domain.Unregister(early);
    CHECK(domain.Register() == early);
  }
}

}  // namespace
}  // namespace cap::test
