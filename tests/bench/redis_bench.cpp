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
/// server has come, the operation and the counters, writes all of them, and answers what it read.
class Control final : public Bare {
 public:
  Control(const std::string& url, size_t counters)
      : Bare(url, kControl), key_("control" + std::to_string(counters)), counters_(counters) {}
  void Call(uint64_t i) override {
    const std::string which = std::to_string(i % kKeys), operation = "o" + std::to_string(i);
    const std::string head(36 + 35 * counters_, 'h'), text(65, 'q');
    std::vector<std::string> names;
    for (size_t n = 0; n < counters_; ++n) names.push_back(std::to_string(n) + "c" + which);
    std::vector<std::string_view> words = {"EVALSHA", sha_, "1", key_, head, text, operation};
    words.insert(words.end(), names.begin(), names.end());
    if (!connection_->Call(words, Deadline())) std::abort();
  }

 private:
  static constexpr std::string_view kControl =
      "local a, t = redis.call('HMGET', KEYS[1], 'h', unpack(ARGV, 3)), ARGV[2] "
      "if #ARGV > 4 then "
      "redis.call('HSET', KEYS[1], 'h', t, ARGV[3], t, ARGV[4], t, ARGV[5], t, ARGV[6], t) "
      "else redis.call('HSET', KEYS[1], 'h', t, ARGV[3], t, ARGV[4], t) end "
      "return a[3]";
  const std::string key_;
  const size_t counters_;
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
  double server = 0;  // of the server's process
  double script = 0;  // of the script, by the server's own count
};

double CpuUs() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// The number behind `name`, somewhere behind `line`, in a part of what INFO says.
double Told(const Server& server, const char* part, std::string_view line, std::string_view name) {
  const std::string told = server.Ask({"INFO", part});
  const size_t at = told.find(line);
  if (at == std::string::npos) return 0;
  const size_t number = told.find(name, at);
  return number == std::string::npos ? 0 : std::atof(told.c_str() + number + name.size());
}

double ServerUs(const Server& server) {
  const double system = Told(server, "cpu", "", "used_cpu_sys:");
  return 1e6 * (system + Told(server, "cpu", "", "used_cpu_user:"));
}

double ScriptUs(const Server& server) {
  return Told(server, "commandstats", "cmdstat_evalsha:", "usec=");
}

template <typename Side>
Cost Block(const Server& server, Side& side, int calls, uint64_t& next) {
  const double server_us = ServerUs(server), script_us = ScriptUs(server), cpu_us = CpuUs();
  const int64_t began_us = SteadyUs();
  for (int i = 0; i < calls; ++i) side.Call(next++);
  const auto us = static_cast<double>(SteadyUs() - began_us);
  const double client_us = CpuUs() - cpu_us;
  const double script = ScriptUs(server) - script_us;
  return {us / calls, client_us / calls, (ServerUs(server) - server_us) / calls, script / calls};
}

double Median(std::vector<double>& list) {
  std::sort(list.begin(), list.end());
  return list[list.size() / 2];
}

/// The order statistics of a sorted list that hold the median with 95 %.
double Bound(const std::vector<double>& sorted, int side) {
  const auto half = static_cast<double>(sorted.size() / 2);
  const double reach = std::floor(std::sqrt(static_cast<double>(sorted.size())) * 0.98) + 1;
  const double at = std::clamp(half + side * reach, 0.0, static_cast<double>(sorted.size() - 1));
  return sorted[static_cast<size_t>(at)];
}

/// Blocks in the order A B B A, so that what drifts hits both sides alike.
template <typename Side>
void Compare(const std::string& name, const Server& server, Bare& bare, Side& side, int calls,
             int pairs) {
  uint64_t next = 0;
  Block(server, bare, calls, next);
  Block(server, side, calls, next);
  std::vector<double> ratios, works, all[2][4];
  for (int pair = 0; pair < pairs; ++pair) {
    Cost costs[4];
    for (const int i : {0, 1, 2, 3}) {
      const bool ours = i == 1 || i == 2;
      costs[i] = ours ? Block(server, side, calls, next) : Block(server, bare, calls, next);
      const double each[] = {costs[i].us, costs[i].client, costs[i].server, costs[i].script};
      for (size_t what = 0; what < 4; ++what) all[ours][what].push_back(each[what]);
    }
    const auto work = [&](int i) { return costs[i].client + costs[i].server; };
    ratios.push_back((costs[1].us + costs[2].us) / (costs[0].us + costs[3].us));
    works.push_back((work(1) + work(2)) / (work(0) + work(3)));
  }
  const double ratio = Median(ratios), work = Median(works);
  std::printf("%-32s %7.1f %7.1f %6.2f   %6.2f [%.2f, %.2f]  ", name.c_str(), Median(all[0][0]),
              Median(all[1][0]), ratio, work, Bound(works, -1), Bound(works, 1));
  for (size_t what = 1; what < 4; ++what) {
    std::printf(" %6.1f %5.1f", Median(all[0][what]), Median(all[1][what]));
  }
  std::printf("\n");
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
  Control one(url, 1), three(url, 3);
  Compare(where + ", control of one", server, bare, one, calls, pairs);
  Compare(where + ", control of three", server, bare, three, calls, pairs);
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
  std::printf(
      "medians, microseconds a call: on the clock; the processors' time of both sides, as a\n"
      "ratio with 95 %%, of the client, of the server, and of the script alone\n"
      "%-32s %7s %7s %6s   %20s   %6s %5s %6s %5s %6s %5s\n",
      "", "bare", "ours", "ratio", "processors' ratio", "client", "ours", "server", "ours",
      "script", "ours");
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
