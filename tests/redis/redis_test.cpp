// The conformance suite on a real Redis server, and what the store asks of one.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "runtime/redis/address.h"
#include "runtime/redis/codec.h"
#include "runtime/redis/redis_store.h"
#include "tests/redis/server.h"
#include "tests/state/check_none.h"
#include "tests/state/conformance.h"
#include "tests/state/leased_world.h"

namespace cap::redis::test {
namespace {

using namespace cap::state;  // the vocabulary of stores

Server& Shared() {
  static Server server;
  return server;
}

std::string NewTenant() {
  static std::atomic<int> next = 0;
  return "t" + std::to_string(next++);
}

/// Two processes' views of one tenant.
class RedisWorld final : public state::test::World {
 public:
  RedisWorld() { Reopen(); }
  Store& At(int handle) override { return *stores_[handle == 2]; }
  bool Reopen() override {
    for (auto& store : stores_) {
      auto made = NewRedisStore(
          Shared().url(),
          {.tenant = tenant_, .connections = 1, .hash_key = std::array<uint8_t, 16>{1, 2, 3}});
      REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
      store = std::move(*made);
    }
    return true;
  }

 private:
  const std::string tenant_ = NewTenant();
  std::unique_ptr<RedisStore> stores_[2];
};

state::test::Maker RedisMaker() {
  return {.name = "redis",
          .make = [](StoreSizes) { return std::make_unique<RedisWorld>(); },
          .has_sizes = false};
}

}  // namespace

TEST_CASE("redis: traces over a new connection") {
  state::test::CheckNone(state::test::RunTraces(RedisMaker(), "durable"));
}
TEST_CASE("redis: traces") { state::test::CheckNone(state::test::RunTraces(RedisMaker())); }

TEST_CASE("redis: random calls, answered as the memory store answers them") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    state::test::CheckNone(state::test::RunBesideMemory(RedisMaker(), seed, 1500));
  }
}

TEST_CASE("redis: quantities that no double holds, answered as the memory store answers them") {
  std::mt19937_64 random(7);
  RedisWorld redis;
  const auto memory = NewMemoryStore(std::array<uint8_t, 16>{1});
  const std::vector<int64_t> edges = {1,
                                      999'999'999,
                                      1'000'000'000,
                                      1'000'000'001,
                                      9'007'199'254'740'991,
                                      9'007'199'254'740'993,
                                      499'999'999'999'999'999,
                                      limits::kQuantity};
  const auto quantity = [&] {
    const int64_t edge = edges[random() % edges.size()];
    return std::clamp<int64_t>(edge + static_cast<int64_t>(random() % 5) - 2, 1, limits::kQuantity);
  };
  int reserved = 0, spent = 0, settled = 0;
  for (uint64_t i = 1; i <= 3'000; ++i) {
    CAPTURE(i);
    const bool total = random() % 2 == 0;
    const Charge charge{.id = {total ? 2u : 1u, random() % 4},
                        .kind = total ? CounterKind::kTotal : CounterKind::kGauge,
                        .amount = quantity(),
                        .limit = random() % 4 == 0 ? limits::kQuantity : quantity(),
                        .span_us = 1'000};
    const OperationId operation = {5, i - random() % 4};
    const auto now_us = static_cast<int64_t>(i);
    if (random() % 2 == 0) {
      ChargeState states[2];
      const ReserveRequest request{.now_us = now_us,
                                   .operation = {5, i},
                                   .charges = {&charge, 1},
                                   .free = {},
                                   .stamps = {},
                                   .names = {}};
      const auto a = memory->Reserve(request, {&states[0], 1});
      const auto b = redis.At(1).Reserve(request, {&states[1], 1});
      REQUIRE(a.status == b.status);
      CHECK(states[0].remains == states[1].remains);
      CHECK(states[0].retry_after_us == states[1].retry_after_us);
      reserved += a.status == ReserveStatus::kReserved;
      spent += a.status == ReserveStatus::kSpent;
    } else {
      std::optional<Actual> actual;
      if (random() % 2 == 0) actual = Actual{0, quantity()};
      const bool release = random() % 2 == 0;
      const auto a =
          release ? memory->Release(operation, now_us) : memory->Commit(operation, actual, now_us);
      const auto b = release ? redis.At(1).Release(operation, now_us)
                             : redis.At(1).Commit(operation, actual, now_us);
      REQUIRE(a == b);
      settled += a == SettleStatus::kSettled;
    }
  }
  CHECK(reserved > 300);
  CHECK(spent > 100);
  CHECK(settled > 50);
}

TEST_CASE("redis with leases: traces, and random calls near a limit") {
  const state::test::Maker leased = state::test::WithLeases(RedisMaker());
  state::test::CheckNone(state::test::RunTraces(leased));
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    state::test::CheckNone(state::test::RunBesideMemory(leased, seed, 1000));
  }
}

TEST_CASE("urls") {
  const auto full = ParseAddress("redis://me:p%40ss%3a@[::1]:7000/3");
  REQUIRE(full);
  CHECK(full->host == "::1");
  CHECK(full->port == 7000);
  CHECK(full->database == 3);
  CHECK(full->user == "me");
  CHECK(full->password == "p@ss:");
  const auto plain = ParseAddress("redis://:secret@counters");
  REQUIRE(plain);
  CHECK(plain->host == "counters");
  CHECK(plain->port == 6379);
  CHECK(plain->user.empty());
  CHECK(plain->password == "secret");
  const auto socket = ParseAddress("unix:///run/redis?2");
  REQUIRE(socket);
  CHECK(socket->path == "/run/redis");
  CHECK(socket->database == 2);
  const auto secure = ParseAddress("rediss://:secret@counters:7001/1");
  REQUIRE(secure);
  CHECK(secure->secure);
  CHECK(secure->host == "counters");
  CHECK(secure->port == 7001);
  CHECK_FALSE(plain->secure);
  for (const char* bad :
       {"", "redis://", "http://x", "rediss://", "redis://x:0", "redis://x:99999", "redis://x/y",
        "redis://u@x", "redis://u:@x", "redis://u:%4@x", "redis://[::1", "redis://[::1]x",
        "unix://x", "unix:///x?y"}) {
    CAPTURE(bad);
    const auto address = ParseAddress(bad);
    REQUIRE_FALSE(address);
    CHECK(address.error().code == "redis-url");
  }
  CHECK(ParseAddress("redis://u:hush%@x").error().message.find("hush") == std::string::npos);
}

TEST_CASE("a server that cannot keep the promise is refused") {
  Server memory({.durable = false});
  CHECK(NewRedisStore(memory.url()).error().code == "redis-refused");
  CHECK(NewRedisStore(memory.url(), {.promise = Promise::kAsConfigured}));
  memory.Ask({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const auto evicting = NewRedisStore(memory.url(), {.promise = Promise::kAsConfigured});
  REQUIRE_FALSE(evicting);
  CHECK(evicting.error().code == "redis-refused");
  CHECK(evicting.error().message.find("allkeys-lru") != std::string::npos);

  Server lazy({.more = {"--appendfsync", "everysec"}});
  CHECK(NewRedisStore(lazy.url()).error().code == "redis-refused");
  CHECK(NewRedisStore("unix:///no/such/socket").error().code == "store-unavailable");
  CHECK(NewRedisStore(Shared().url(), {.tenant = "a b"}).error().code == "redis-url");
  CHECK(NewRedisStore(Shared().url(), {.position = "x"}).error().code == "redis-url");
}

TEST_CASE("the hash key is the server's, or the one that is given") {
  const std::string tenant = NewTenant();
  auto first = NewRedisStore(Shared().url(), {.tenant = tenant});
  auto second = NewRedisStore(Shared().url(), {.tenant = tenant});
  REQUIRE(first);
  REQUIRE(second);
  CHECK((*first)->hash_key() == (*second)->hash_key());
  auto other = NewRedisStore(Shared().url(), {.tenant = NewTenant()});
  CHECK((*first)->hash_key() != (*other)->hash_key());
  CHECK(NewRedisStore(Shared().url(), {.tenant = tenant, .hash_key = std::array<uint8_t, 16>{9}})
            .error()
            .code == "store-key");
}

TEST_CASE("names are kept for people") {
  const std::string tenant = NewTenant();
  auto store = NewRedisStore(Shared().url(), {.tenant = tenant});
  REQUIRE(store);
  const Charge charge{.id = {7, 8},
                      .kind = CounterKind::kQuota,
                      .limit = 5,
                      .begin_us = 0,
                      .end_us = 3'600'000'000};
  const CounterName name{"desk", "perDay", "maxPerDay", std::string_view("a\nb\0c", 5)};
  const ReserveRequest request{.now_us = 1'800'000'000,
                               .operation = {1, 1},
                               .charges = {&charge, 1},
                               .free = {},
                               .stamps = {},
                               .names = {&name, 1}};
  REQUIRE((*store)->Reserve(request, {}).status == ReserveStatus::kReserved);
  auto counters = (*store)->Counters();
  REQUIRE(counters);
  REQUIRE(counters->size() == 1);
  CHECK((*counters)[0].policy == "desk");
  CHECK((*counters)[0].limit == "perDay");
  CHECK((*counters)[0].constraint == "maxPerDay");
  CHECK((*counters)[0].used == 1);

  // They go with their counters: what is left is the history, and the operations.
  const std::string state = "capc:{" + tenant + "}:state";
  CHECK(Shared().Ask({"HLEN", state}) == "4");
  CHECK((*store)->Reset(charge.id).value_or(false));
  CHECK(Shared().Ask({"HLEN", state}) == "2");
  ReserveRequest second = request;
  second.operation = {1, 2};
  REQUIRE((*store)->Reserve(second, {}).status == ReserveStatus::kReserved);
  CHECK(Shared().Ask({"HLEN", state}) == "5");
  CHECK((*store)->Sweep(3 * 3'600'000'000) == 1);
  CHECK(Shared().Ask({"HLEN", state}) == "3");
}

TEST_CASE("what another version keeps is refused, and stays as it is") {
  const std::string tenant = NewTenant(), facts = "capc:{" + tenant + "}:facts";
  Shared().Ask({"HSET", facts, "key", std::string(32, '0'), "branch", std::string(32, 'a')});
  auto store = NewRedisStore(Shared().url(), {.tenant = tenant});
  REQUIRE_FALSE(store);
  CHECK(store.error().code == "redis-refused");
  CHECK(store.error().message.find("form 1") != std::string::npos);
  Shared().Ask({"HSET", facts, "form", "2"});
  store = NewRedisStore(Shared().url(), {.tenant = tenant});
  REQUIRE_FALSE(store);
  CHECK(store.error().message.find("form 2") != std::string::npos);
  CHECK(Shared().Ask({"EXISTS", "capc:{" + tenant + "}:state"}) == "0");
}

TEST_CASE("what says nothing any more goes little by little, and nothing else") {
  const std::string tenant = NewTenant(), state = "capc:{" + tenant + "}:state";
  auto store = NewRedisStore(Shared().url(), {.tenant = tenant});
  REQUIRE(store);
  const int64_t now_us = 1'800'000'000;
  const auto count = [&](uint64_t operation) {
    const Charge charge{.id = {7, operation % 40},
                        .kind = CounterKind::kQuota,
                        .limit = 1'000,
                        .begin_us = 0,
                        .end_us = 3'600'000'000};
    return (*store)
        ->Reserve({.now_us = now_us,
                   .operation = {1, operation},
                   .charges = {&charge, 1},
                   .free = {},
                   .stamps = {},
                   .names = {}},
                  {})
        .status;
  };
  for (uint64_t i = 1; i <= 40; ++i) REQUIRE(count(i) == ReserveStatus::kReserved);
  // As if their time had come: a counter's value begins with when it may go.
  for (uint64_t i = 0; i < 200; ++i) {
    const std::string text = Packed().Long(1).Bytes(std::string(57, '\0')).bytes();
    Shared().Ask({"HSET", state, std::string(Field(CounterId{8, i}).text()), text});
  }
  for (uint64_t i = 41; i <= 1'000; ++i) REQUIRE(count(i) == ReserveStatus::kReserved);
  // The forty counters, a thousand operations, what the history says: at most some dead are left.
  const int fields = std::stoi(Shared().Ask({"HLEN", state}));
  CHECK(fields >= 1'041);
  CHECK(fields < 1'041 + 100);
  const auto counters = (*store)->Counters();
  REQUIRE(counters);
  CHECK(counters->size() == 40);
  for (const CounterView& counter : *counters) CHECK(counter.used == 25);
}

TEST_CASE("what a test counts is gone with its store") {
  const std::string tenant = NewTenant();
  const std::string keys = "capc:{" + tenant + "}:";
  {
    const auto store = NewRedisStore(Shared().url(), {.tenant = tenant, .passing = true});
    REQUIRE(store);
    CHECK(Shared().Ask({"EXISTS", keys + "state", keys + "facts"}) == "2");
  }
  CHECK(Shared().Ask({"EXISTS", keys + "state", keys + "facts"}) == "0");
}

}  // namespace cap::redis::test
