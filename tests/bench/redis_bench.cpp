// G7: a decision in Redis against a bare script, and how often leases ask. Prints one table.
// usage: redis_bench [--pairs N]
#include <time.h>

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

class Bare {
 public:
  /// The least that a script can do and be of use: one key counted up.
  explicit Bare(const std::string& url, std::string_view script = kLeast) {
    std::string why;
    connection_ = Connection::Open(*ParseAddress(url), Deadline(), why);
    const auto sha = connection_->Call({"SCRIPT", "LOAD", script}, Deadline());
    sha_ = sha->text;
  }
  virtual ~Bare() = default;
  virtual void Call(uint64_t i) {
    const std::string key = "bare:" + std::to_string(i % kKeys);
    if (!connection_->Call({"EVALSHA", sha_, "1", key}, Deadline())) std::abort();
  }

 protected:
  static constexpr std::string_view kLeast = "return redis.call('INCR', KEYS[1])";
  static int64_t Deadline() { return SteadyUs() + 10'000'000; }
  std::unique_ptr<Connection> connection_;
  std::string sha_;
};

/// What every script that keeps the promises has to do, and no arithmetic: it reads how far the
/// server has come, the operation and the counter, writes all three, and answers what it read.
class Control final : public Bare {
 public:
  explicit Control(const std::string& url) : Bare(url, kControl) {}
  void Call(uint64_t i) override {
    const std::string counter = "c" + std::to_string(i % kKeys), next = std::to_string(i);
    const std::string operation = "o" + next;
    const std::string head(100, 'h'), charge(51, 'q');
    if (!connection_->Call({"EVALSHA", sha_, "1", "control", head, charge, operation, counter},
                           Deadline())) {
      std::abort();
    }
  }

 private:
  static constexpr std::string_view kControl =
      "local v = redis.call('HMGET', KEYS[1], 'at', ARGV[3], ARGV[4]) "
      "redis.call('HSET', KEYS[1], 'at', ARGV[1], ARGV[3], ARGV[1], ARGV[4], ARGV[1]) "
      "return v[3]";
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

/// Of one side, what a call costs.
struct Cost {
  double us = 0;      // on the clock
  double client = 0;  // of this process, in microseconds of a processor
  double server = 0;  // of the script, by the server's own count
};

double CpuUs() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double ScriptUs(const Server& server) {
  const std::string stats = server.Ask({"INFO", "commandstats"}), name = "cmdstat_evalsha:";
  const size_t at = stats.find("usec=", stats.find(name));
  return stats.find(name) == std::string::npos ? 0 : std::atof(stats.c_str() + at + 5);
}

template <typename Side>
Cost Block(const Server& server, Side& side, int calls, uint64_t& next) {
  const double script_us = ScriptUs(server), cpu_us = CpuUs();
  const int64_t began_us = SteadyUs();
  for (int i = 0; i < calls; ++i) side.Call(next++);
  const auto us = static_cast<double>(SteadyUs() - began_us);
  const double client = CpuUs() - cpu_us;
  return {us / calls, client / calls, (ScriptUs(server) - script_us) / calls};
}

double Median(std::vector<double>& list) {
  std::sort(list.begin(), list.end());
  return list[list.size() / 2];
}

/// Blocks in the order A B B A, so that what drifts hits both sides alike.
template <typename Side>
void Compare(const std::string& name, const Server& server, Bare& bare, Side& side, int calls,
             int pairs) {
  uint64_t next = 0;
  Block(server, bare, calls, next);
  Block(server, side, calls, next);
  std::vector<double> ratios, times[2], clients[2], scripts[2];
  for (int pair = 0; pair < pairs; ++pair) {
    Cost costs[4];
    for (const int i : {0, 1, 2, 3}) {
      const bool ours = i == 1 || i == 2;
      costs[i] = ours ? Block(server, side, calls, next) : Block(server, bare, calls, next);
      times[ours].push_back(costs[i].us);
      clients[ours].push_back(costs[i].client);
      scripts[ours].push_back(costs[i].server);
    }
    ratios.push_back((costs[1].us + costs[2].us) / (costs[0].us + costs[3].us));
  }
  const double ratio = Median(ratios);
  // The order statistics that hold the median with 95 %.
  const auto half = static_cast<size_t>(pairs / 2);
  const auto reach = static_cast<size_t>(std::sqrt(pairs) * 0.98) + 1;
  std::printf("%-36s %8.1f %8.1f   %.3f [%.3f, %.3f]   %5.1f %5.1f   %5.1f %5.1f\n", name.c_str(),
              Median(times[0]), Median(times[1]), ratio, ratios[half - std::min(half, reach)],
              ratios[std::min(ratios.size() - 1, half + reach)], Median(clients[0]),
              Median(clients[1]), Median(scripts[0]), Median(scripts[1]));
  std::fflush(stdout);
}

std::unique_ptr<RedisStore> Open(const std::string& url, Promise promise) {
  auto store = NewRedisStore(url, {.promise = promise, .connections = 1});
  if (!store) std::abort();
  return std::move(*store);
}

void Scripts(const std::string& where, const Server& server, const std::string& url,
             Promise promise, int calls, int pairs) {
  const auto store = Open(url, promise);
  Bare bare(url);
  Control control(url);
  Compare(where + ", control", server, bare, control, calls, pairs);
  const auto run = [&](const char* what, std::vector<CounterKind> kinds) {
    Decisions decisions(*store, std::move(kinds));
    Compare(where + ", " + what, server, bare, decisions, calls, pairs);
  };
  run("a quota", {CounterKind::kQuota});
  run("a rate", {CounterKind::kRate});
  run("all three", {CounterKind::kRate, CounterKind::kQuota, CounterKind::kTotal});
}

void Leases(const Server& server) {
  std::shared_ptr<Store> authority = Open(server.url(), Promise::kAsConfigured);
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
  std::printf("microseconds a call, medians        on the clock                             "
              "client's CPU  server's script\n%-36s %8s %8s   %-22s   %5s %5s   %5s %5s\n",
              "", "bare", "ours", "ratio (95 %)", "bare", "ours", "bare", "ours");
  {
    const Server disk(Server::Options{.on_disk = true});
    Scripts("disk", disk, disk.url(), Promise::kAppendAlways, 10, pairs);
  }
  {
    const Server memory;
    Scripts("file in memory", memory, memory.url(), Promise::kAppendAlways, 400, pairs);
  }
  const Server none(Server::Options{.durable = false, .port = true});
  Scripts("nothing", none, none.url(), Promise::kAsConfigured, 400, pairs);
  const std::string tcp = "redis://127.0.0.1:" + std::to_string(none.port());
  Scripts("nothing, TCP", none, tcp, Promise::kAsConfigured, 400, pairs);
  Leases(none);
  return 0;
}

}  // namespace
}  // namespace cap::redis::bench

int main(int argc, char** argv) {
  const int pairs = argc == 3 && std::string(argv[1]) == "--pairs" ? std::atoi(argv[2]) : 31;
  return cap::redis::bench::Run(std::max(3, pairs));
}
