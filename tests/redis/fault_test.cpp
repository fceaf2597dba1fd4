// What becomes of the promise when the server is killed, paused, emptied, put back in time,
// replaced by a replica, or cannot be reached: never an admission above the limit, and no new start
// needed.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "runtime/redis/connection.h"
#include "runtime/redis/redis_store.h"
#include "tests/redis/server.h"

namespace cap::redis::test {
namespace {

using namespace cap::state;

constexpr int64_t kHourUs = 3'600'000'000;
constexpr std::array<uint8_t, 16> kKey = {1, 2, 3};

std::unique_ptr<RedisStore> Open(const std::string& url, RedisOptions options = {}) {
  options.hash_key = kKey;
  auto store = NewRedisStore(url, options);
  REQUIRE_MESSAGE(store.has_value(), (store ? "" : store.error().message));
  return std::move(*store);
}

RedisOptions Quick() {
  RedisOptions options;
  options.timeout_us = 1'000'000;
  return options;
}

/// One unit of a budget; every attempt is an operation of its own.
ReserveStatus TryOne(Store& store, int64_t limit, uint64_t operation) {
  const Charge charge{
      .id = {1, 1}, .kind = CounterKind::kQuota, .limit = limit, .begin_us = 0, .end_us = kHourUs};
  return store
      .Reserve({.now_us = 1'000'000,
                .operation = {2, operation},
                .charges = {&charge, 1},
                .free = {},
                .stamps = {},
                .names = {}},
               {})
      .status;
}

uint64_t NextOperation() {
  static std::atomic<uint64_t> next = 1;
  return next++;
}

/// As many as the limit lets pass, at most `attempts`.
int Admitted(Store& store, int64_t limit, int attempts) {
  int admitted = 0;
  for (int i = 0; i < attempts; ++i) {
    admitted += TryOne(store, limit, NextOperation()) == ReserveStatus::kReserved;
  }
  return admitted;
}

/// What is answered when it is something else than `not_yet`, within three seconds.
ReserveStatus After(Store& store, int64_t limit, ReserveStatus not_yet) {
  ReserveStatus status = not_yet;
  for (int i = 0; i < 300 && status == not_yet; ++i) {
    if (i > 0) usleep(10'000);
    status = TryOne(store, limit, NextOperation());
  }
  return status;
}

/// Until a replica says that it has what was written.
void WaitForReplica(const Server& master) {
  std::string why;
  for (int i = 0; i < 300; ++i) {
    const int64_t deadline_us = SteadyUs() + 1'000'000;
    const auto connection = Connection::Open(*ParseAddress(master.url()), deadline_us, why);
    if (connection == nullptr) continue;
    connection->Call({"SET", "probe", "1"}, deadline_us);
    const auto replicas = connection->Call({"WAIT", "1", "100"}, deadline_us);
    if (replicas && replicas->integer == 1) return;
  }
  FAIL("the replica does not come up");
}

int64_t UsedOf(Store& store) {
  const auto counters = store.Counters();
  REQUIRE(counters);
  REQUIRE(counters->size() == 1);
  return (*counters)[0].used;
}

}  // namespace

TEST_CASE("killed: away until it is back, and nothing was forgotten") {
  Server server({.on_disk = true});
  const auto store = Open(server.url(), Quick());
  CHECK(Admitted(*store, 50, 20) == 20);
  server.Kill();
  CHECK(TryOne(*store, 50, NextOperation()) == ReserveStatus::kUnavailable);
  CHECK(store->Commit({2, 1}, {}, 0) == SettleStatus::kUnavailable);
  CHECK_FALSE(store->Counters());
  server.Start();
  CHECK(After(*store, 50, ReserveStatus::kUnavailable) == ReserveStatus::kReserved);
  CHECK(Admitted(*store, 50, 100) == 29);
}

TEST_CASE("killed under load: what was answered is there, and no more than the limit") {
  Server server({.on_disk = true});
  constexpr int kLimit = 300;
  std::atomic<int> admitted = 0;
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        const auto store = Open(server.url(), Quick());
        while (!stop) {
          const ReserveStatus status = TryOne(*store, kLimit, NextOperation());
          admitted += status == ReserveStatus::kReserved;
          if (status == ReserveStatus::kSpent) return;
          REQUIRE(status != ReserveStatus::kRewound);
        }
      });
    }
    for (int i = 0; i < 4; ++i) {
      usleep(150'000);
      server.Kill();
      usleep(50'000);
      server.Start();
    }
    usleep(150'000);
    stop = true;
  }
  const auto store = Open(server.url());
  CHECK(admitted > 0);
  CHECK(admitted <= UsedOf(*store));
  CHECK(UsedOf(*store) <= kLimit);
  const int rest = Admitted(*store, kLimit, kLimit);
  CHECK(admitted + rest <= kLimit);
  CHECK(UsedOf(*store) == kLimit);
}

TEST_CASE("paused: a denial in time, and the same question later has one answer") {
  Server server;
  const auto store = Open(server.url(), Quick());
  CHECK(Admitted(*store, 10, 3) == 3);
  server.Pause();
  const uint64_t operation = NextOperation();
  const int64_t began_us = SteadyUs();
  CHECK(TryOne(*store, 10, operation) == ReserveStatus::kUnavailable);
  CHECK(SteadyUs() - began_us < 2 * Quick().timeout_us);
  // Nobody waits for a server that is known to be away.
  const int64_t again_us = SteadyUs();
  for (int i = 0; i < 200; ++i) TryOne(*store, 10, NextOperation());
  CHECK(SteadyUs() - again_us < 8 * Quick().timeout_us);
  server.Resume();
  CHECK(After(*store, 10, ReserveStatus::kUnavailable) == ReserveStatus::kReserved);
  CHECK(TryOne(*store, 10, operation) == ReserveStatus::kReserved);
  CHECK(UsedOf(*store) <= 10);
  const auto used = UsedOf(*store);
  CHECK(Admitted(*store, 10, 20) == 10 - used);
}

TEST_CASE("emptied: denied until it is acknowledged, by everybody") {
  Server server;
  const auto first = Open(server.url(), Quick());
  const auto second = Open(server.url(), Quick());
  CHECK(Admitted(*first, 10, 4) == 4);
  CHECK(Admitted(*second, 10, 4) == 4);
  server.Ask({"FLUSHALL"});
  CHECK(TryOne(*first, 10, NextOperation()) == ReserveStatus::kRewound);
  CHECK(TryOne(*second, 10, NextOperation()) == ReserveStatus::kRewound);
  CHECK(first->Release({2, 1}, 0) == SettleStatus::kUnavailable);
  // One that remembers nothing is denied too, once anybody has noticed.
  const auto third = Open(server.url(), Quick());
  CHECK(TryOne(*third, 10, NextOperation()) == ReserveStatus::kRewound);
  // What the log knows is charged again before, whatever the limit is.
  for (uint64_t operation : {101u, 102u, 103u, 104u, 105u, 106u, 107u, 108u, 108u}) {
    const Charge charge{
        .id = {1, 1}, .kind = CounterKind::kQuota, .limit = 5, .begin_us = 0, .end_us = kHourUs};
    CHECK(first
              ->Replay({.now_us = 1'000'000,
                        .operation = {9, operation},
                        .charges = {&charge, 1},
                        .free = {},
                        .stamps = {},
                        .names = {}})
              .status == ReserveStatus::kReserved);
  }
  CHECK(TryOne(*first, 10, NextOperation()) == ReserveStatus::kRewound);
  REQUIRE(first->Acknowledge());
  CHECK(After(*first, 10, ReserveStatus::kRewound) == ReserveStatus::kReserved);
  CHECK(After(*second, 10, ReserveStatus::kRewound) == ReserveStatus::kReserved);
  CHECK(After(*third, 10, ReserveStatus::kRewound) == ReserveStatus::kSpent);
  CHECK(UsedOf(*first) == 10);
}

TEST_CASE("put back in time: noticed by who lived through it, whoever comes first") {
  Server server({.on_disk = true});
  const auto old = Open(server.url(), Quick());
  CHECK(Admitted(*old, 10, 2) == 2);
  server.SaveTo("saved");
  const auto witness = Open(server.url(), Quick());
  CHECK(Admitted(*witness, 10, 6) == 6);
  server.Kill();
  server.LoadFrom("saved");
  server.Start();
  // `newcomer` knows nothing, and moves the server on past all that the others know.
  const auto newcomer = Open(server.url(), Quick());
  CHECK(Admitted(*newcomer, 100, 30) == 30);
  CHECK(After(*witness, 10, ReserveStatus::kUnavailable) == ReserveStatus::kRewound);
  CHECK(TryOne(*newcomer, 100, NextOperation()) == ReserveStatus::kRewound);
  // A position that the host has kept is a witness too.
  RedisOptions kept = Quick();
  kept.position = witness->Position();
  REQUIRE(newcomer->Acknowledge());
  CHECK(After(*newcomer, 100, ReserveStatus::kRewound) == ReserveStatus::kReserved);
  CHECK(After(*witness, 100, ReserveStatus::kRewound) == ReserveStatus::kReserved);
  CHECK(After(*old, 100, ReserveStatus::kUnavailable) == ReserveStatus::kReserved);
  kept.position = witness->Position();
  server.Kill();
  server.LoadFrom("saved");
  server.Start();
  const auto reborn = Open(server.url(), kept);
  CHECK(TryOne(*reborn, 100, NextOperation()) == ReserveStatus::kRewound);
}

TEST_CASE("a restart that lost nothing is no rewinding") {
  Server server({.on_disk = true});
  const auto store = Open(server.url(), Quick());
  for (int i = 0; i < 3; ++i) {
    CHECK(Admitted(*store, 100, 5) == 5);
    server.Kill();
    server.Start();
    CHECK(After(*store, 100, ReserveStatus::kUnavailable) == ReserveStatus::kReserved);
  }
}

TEST_CASE("memory alone: a crash forgets, and is noticed") {
  Server server({.durable = false});
  RedisOptions options = Quick();
  options.promise = Promise::kAsConfigured;
  const auto store = Open(server.url(), options);
  CHECK(Admitted(*store, 10, 5) == 5);
  server.Kill();
  server.Start();
  CHECK(After(*store, 10, ReserveStatus::kUnavailable) == ReserveStatus::kRewound);
}

TEST_CASE("replicated: no charge is answered that a replica lacks, and a stale one is noticed") {
  Server master({.port = true});
  Server replica({.replica_of = "127.0.0.1 " + std::to_string(master.port()), .port = true});
  RedisOptions options = Quick();
  options.promise = Promise::kReplicated;
  options.timeout_us = 2'000'000;  // a replica that is new answers late
  WaitForReplica(master);
  const auto store = Open(master.url(), options);
  CHECK(Admitted(*store, 100, 10) == 10);
  replica.Pause();
  const uint64_t alone = NextOperation();
  CHECK(TryOne(*store, 100, alone) == ReserveStatus::kUnavailable);
  replica.Resume();
  ReserveStatus status = ReserveStatus::kUnavailable;
  for (int i = 0; i < 200 && status == ReserveStatus::kUnavailable; ++i) {
    status = TryOne(*store, 100, alone);
    usleep(10'000);
  }
  CHECK(status == ReserveStatus::kReserved);
  const int64_t used = UsedOf(*store);
  CHECK(used == 11);

  SUBCASE("the replica takes over, and knows every charge") {
    master.Kill();
    replica.Ask({"REPLICAOF", "NO", "ONE"});
    RedisOptions single = Quick();
    single.promise = Promise::kAsConfigured;
    single.position = store->Position();
    const auto after = Open(replica.url(), single);
    CHECK(TryOne(*after, 12, NextOperation()) == ReserveStatus::kReserved);
    CHECK(TryOne(*after, 12, NextOperation()) == ReserveStatus::kSpent);
  }
  SUBCASE("a replica that was cut off takes over, and is refused") {
    replica.Ask({"REPLICAOF", "NO", "ONE"});
    RedisOptions single = Quick();
    single.promise = Promise::kAsConfigured;
    const auto alone_store = Open(master.url(), single);
    CHECK(Admitted(*alone_store, 100, 5) == 5);
    single.position = alone_store->Position();
    const auto after = Open(replica.url(), single);
    CHECK(TryOne(*after, 100, NextOperation()) == ReserveStatus::kRewound);
  }
}

TEST_CASE("a replica is no server to charge at") {
  Server master({.port = true});
  Server replica({.replica_of = "127.0.0.1 " + std::to_string(master.port())});
  WaitForReplica(master);
  RedisOptions options = Quick();
  options.promise = Promise::kAsConfigured;
  const auto store = NewRedisStore(replica.url(), options);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == "store-unavailable");
}

TEST_CASE("too many wait: the next is denied at once") {
  Server server;
  RedisOptions options = Quick();
  options.connections = 1;
  options.waiting = 2;
  const auto store = Open(server.url(), options);
  CHECK(Admitted(*store, 1000, 1) == 1);
  server.Pause();
  std::atomic<int> quick = 0, slow = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 10; ++t) {
      threads.emplace_back([&] {
        const int64_t began_us = SteadyUs();
        CHECK(TryOne(*store, 1000, NextOperation()) == ReserveStatus::kUnavailable);
        (SteadyUs() - began_us < options.timeout_us / 3 ? quick : slow) += 1;
      });
    }
  }
  server.Resume();
  CHECK(slow <= 3);
  CHECK(quick >= 7);
  CHECK(After(*store, 1000, ReserveStatus::kUnavailable) == ReserveStatus::kReserved);
}

TEST_CASE("a server that is full denies, and charges nothing") {
  Server server;
  const auto store = Open(server.url(), Quick());
  CHECK(Admitted(*store, 100, 5) == 5);
  server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(TryOne(*store, 100, NextOperation()) == ReserveStatus::kUnavailable);
  server.Ask({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(After(*store, 100, ReserveStatus::kUnavailable) == ReserveStatus::kReserved);
  CHECK(UsedOf(*store) == 6);
}

TEST_CASE("scripts that the server was made to forget are sent again") {
  Server server;
  const auto store = Open(server.url(), Quick());
  CHECK(Admitted(*store, 10, 2) == 2);
  server.Ask({"SCRIPT", "FLUSH"});
  CHECK(Admitted(*store, 10, 2) == 2);
  CHECK(UsedOf(*store) == 4);
}

}  // namespace cap::redis::test
