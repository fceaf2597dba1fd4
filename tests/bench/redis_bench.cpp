// G7: a decision in Redis against a bare script, and how often leases ask. Prints one table.
// usage: redis_bench [--pairs N]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/redis/connection.h"
#include "runtime/redis/redis_store.h"
#include "runtime/state/lease.h"
#include "tests/redis/server.h"

namespace cap::redis::bench {
namespace {

using namespace cap::state;
using test::Server;

constexpr int64_t kDayUs = 86'400'000'000;
constexpr uint64_t kKeys = 1'000;

/// The least that a script can do and be of use: one key counted up.
class Bare {
 public:
  explicit Bare(const std::string& url) {
    std::string why;
    connection_ = Connection::Open(*ParseAddress(url), Deadline(), why);
    const auto sha =
        connection_->Call({"SCRIPT", "LOAD", "return redis.call('INCR', KEYS[1])"}, Deadline());
    sha_ = sha->text;
  }
  void Call(uint64_t i) {
    const std::string key = "bare:" + std::to_string(i % kKeys);
    if (!connection_->Call({"EVALSHA", sha_, "1", key}, Deadline())) std::abort();
  }

 private:
  static int64_t Deadline() { return SteadyUs() + 10'000'000; }
  std::unique_ptr<Connection> connection_;
  std::string sha_;
};

class Decisions {
 public:
  explicit Decisions(Store& store, std::vector<CounterKind> kinds)
      : store_(store), kinds_(std::move(kinds)) {}
  void Call(uint64_t i) {
    std::vector<Charge> charges;
    for (const CounterKind kind : kinds_) {
      Charge charge{
          .id = {static_cast<uint64_t>(kind) + 1, i % kKeys}, .kind = kind, .limit = 1'000'000'000};
      if (kind == CounterKind::kQuota) charge.end_us = kDayUs;
      if (kind == CounterKind::kRate) charge.span_us = 1'000, charge.limit = 1'000'000;
      if (kind == CounterKind::kTotal) charge.span_us = 400 * kDayUs;
      charges.push_back(charge);
    }
    states_.resize(charges.size());
    const ReserveRequest request{.now_us = static_cast<int64_t>(1'000'000 + i),
                                 .operation = {7, ++operation_},
                                 .charges = charges,
                                 .free = {},
                                 .stamps = {},
                                 .names = {}};
    if (store_.Reserve(request, states_).status != ReserveStatus::kReserved) std::abort();
  }

 private:
  Store& store_;
  const std::vector<CounterKind> kinds_;
  std::vector<ChargeState> states_;
  static inline uint64_t operation_ = 0;  // none is asked twice
};

template <typename Side>
double BlockUs(Side& side, int calls, uint64_t& next) {
  const int64_t began_us = SteadyUs();
  for (int i = 0; i < calls; ++i) side.Call(next++);
  return static_cast<double>(SteadyUs() - began_us) / calls;
}

/// Blocks in the order A B B A, so that what drifts hits both sides alike.
void Compare(const char* name, Bare& bare, Decisions& decisions, int calls, int pairs) {
  uint64_t next = 0;
  BlockUs(bare, calls, next);
  BlockUs(decisions, calls, next);
  std::vector<double> ratios, bares, ours;
  for (int pair = 0; pair < pairs; ++pair) {
    const double a = BlockUs(bare, calls, next);
    const double b = BlockUs(decisions, calls, next) + BlockUs(decisions, calls, next);
    const double c = BlockUs(bare, calls, next);
    bares.push_back((a + c) / 2);
    ours.push_back(b / 2);
    ratios.push_back(b / (a + c));
  }
  for (auto* list : {&ratios, &bares, &ours}) std::sort(list->begin(), list->end());
  // The order statistics that hold the median with 95 %.
  const auto half = static_cast<size_t>(pairs / 2);
  const auto reach = static_cast<size_t>(std::sqrt(pairs) * 0.98) + 1;
  std::printf("%-44s %9.1f us %9.1f us   %.3f  [%.3f, %.3f]\n", name, bares[half], ours[half],
              ratios[half], ratios[half - std::min(half, reach)],
              ratios[std::min(ratios.size() - 1, half + reach)]);
  std::fflush(stdout);
}

std::unique_ptr<RedisStore> Open(const Server& server, Promise promise) {
  auto store = NewRedisStore(server.url(), {.promise = promise, .connections = 1});
  if (!store) std::abort();
  return std::move(*store);
}

void Scripts(const char* where, const Server& server, Promise promise, int calls, int pairs) {
  const auto store = Open(server, promise);
  Bare bare(server.url());
  const auto run = [&](const char* what, std::vector<CounterKind> kinds) {
    Decisions decisions(*store, std::move(kinds));
    Compare((std::string(where) + ", " + what).c_str(), bare, decisions, calls, pairs);
  };
  run("a quota", {CounterKind::kQuota});
  run("a rate", {CounterKind::kRate});
  run("a rate, a quota, a total", {CounterKind::kRate, CounterKind::kQuota, CounterKind::kTotal});
}

void Leases(const Server& server) {
  std::shared_ptr<Store> authority = Open(server, Promise::kAsConfigured);
  const auto store = NewLeasedStore(authority);
  constexpr int kDecisions = 200'000;
  Decisions decisions(*store, {CounterKind::kQuota});
  const int64_t began_us = SteadyUs();
  for (int i = 0; i < kDecisions; ++i) decisions.Call(0);
  const double each_us = static_cast<double>(SteadyUs() - began_us) / kDecisions;
  std::printf(
      "leased, one hot quota: %llu calls of the server for %d decisions (1 in %.0f), %.3f us "
      "each\n",
      static_cast<unsigned long long>(store->trips()), kDecisions,
      kDecisions / static_cast<double>(store->trips()), each_us);
  const auto spread = NewLeasedStore(authority);
  Decisions many(*spread, {CounterKind::kQuota});
  for (uint64_t i = 0; i < kDecisions; ++i) many.Call(i);
  std::printf("leased, %llu quotas in turn: %llu calls for %d decisions (1 in %.0f)\n",
              static_cast<unsigned long long>(kKeys),
              static_cast<unsigned long long>(spread->trips()), kDecisions,
              kDecisions / static_cast<double>(spread->trips()));
}

int Run(int pairs) {
  std::printf("%-44s %12s %12s   ratio (median, 95 %%)\n", "", "bare script", "decision");
  {
    const Server disk(Server::Options{.on_disk = true});
    Scripts("appendonly always, disk", disk, Promise::kAppendAlways, 10, pairs);
  }
  {
    const Server memory;
    Scripts("appendonly always, memory", memory, Promise::kAppendAlways, 400, pairs);
  }
  const Server none(Server::Options{.durable = false});
  Scripts("no persistence", none, Promise::kAsConfigured, 400, pairs);
  Leases(none);
  return 0;
}

}  // namespace
}  // namespace cap::redis::bench

int main(int argc, char** argv) {
  const int pairs = argc == 3 && std::string(argv[1]) == "--pairs" ? std::atoi(argv[2]) : 31;
  return cap::redis::bench::Run(std::max(3, pairs));
}
