// Many processes with many threads, over one budget: exactly the limit is admitted.
// usage: redis_race [--processes N] [--threads N] [--attempts N] [--leased] [--disk]
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/redis/connection.h"
#include "runtime/redis/redis_store.h"
#include "runtime/state/lease.h"
#include "tests/redis/server.h"

namespace cap::redis::test {
namespace {

using namespace cap::state;

struct Options {
  int processes = 8, threads = 8, attempts = 6'000;
  bool leased = false, disk = false;
};

struct Tally {
  int64_t admitted = 0, spent = 0, other = 0, longest_us = 0, trips = 0;
};

std::shared_ptr<Store> Open(const std::string& url, uint32_t connections) {
  RedisOptions options;
  options.connections = connections;
  options.timeout_us = 10'000'000;
  auto store = NewRedisStore(url, options);
  if (!store) {
    std::fprintf(stderr, "redis_race: %s\n", store.error().message.c_str());
    std::exit(1);
  }
  return std::move(*store);
}

ReserveStatus TryOne(Store& store, int64_t limit, OperationId operation) {
  const Charge charge{.id = {1, 1},
                      .kind = CounterKind::kQuota,
                      .limit = limit,
                      .begin_us = 0,
                      .end_us = 86'400'000'000};
  const ReserveRequest request{.now_us = 1'000'000,
                               .operation = operation,
                               .charges = {&charge, 1},
                               .free = {},
                               .stamps = {},
                               .names = {}};
  return store.Reserve(request, {}).status;
}

/// What one process does, and what it has seen.
Tally Attempt(const std::string& url, const Options& options, int64_t limit, int process) {
  std::shared_ptr<Store> store = Open(url, static_cast<uint32_t>(options.threads));
  LeasedStore* leases = nullptr;
  std::unique_ptr<LeasedStore> leased;
  if (options.leased) {
    leased = NewLeasedStore(store);
    leases = leased.get();
  }
  Store& asked = leases != nullptr ? *leases : *store;
  const int attempts = options.attempts / options.processes / options.threads;
  std::atomic<int64_t> admitted = 0, spent = 0, other = 0, longest_us = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < options.threads; ++t) {
      threads.emplace_back([&, t] {
        const auto high = static_cast<uint64_t>(process) << 32 | static_cast<uint64_t>(t + 1);
        for (int i = 0; i < attempts; ++i) {
          const int64_t began_us = SteadyUs();
          const ReserveStatus status = TryOne(asked, limit, {high, static_cast<uint64_t>(i)});
          const int64_t took_us = SteadyUs() - began_us;
          admitted += status == ReserveStatus::kReserved;
          spent += status == ReserveStatus::kSpent;
          other += status != ReserveStatus::kReserved && status != ReserveStatus::kSpent;
          int64_t longest = longest_us;
          while (took_us > longest && !longest_us.compare_exchange_weak(longest, took_us)) {
          }
        }
      });
    }
  }
  const auto trips = leases != nullptr ? static_cast<int64_t>(leases->trips())
                                       : int64_t{attempts} * options.threads;
  return {admitted, spent, other, longest_us, trips};
}

/// One process for each, which tells by a pipe what it has seen.
Tally Race(const std::string& url, const Options& options, int64_t limit) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  std::vector<pid_t> children;
  for (int process = 0; process < options.processes; ++process) {
    const pid_t pid = fork();
    if (pid == 0) {
      const Tally tally = Attempt(url, options, limit, process + 1);
      const bool written = write(ends[1], &tally, sizeof tally) == sizeof tally;
      _exit(written ? 0 : 1);
    }
    children.push_back(pid);
  }
  close(ends[1]);
  Tally all;
  Tally one;
  while (read(ends[0], &one, sizeof one) == sizeof one) {
    all.admitted += one.admitted;
    all.spent += one.spent;
    all.other += one.other;
    all.trips += one.trips;
    all.longest_us = std::max(all.longest_us, one.longest_us);
  }
  close(ends[0]);
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) all.other += 1'000'000;
  }
  return all;
}

int Run(const Options& options) {
  Server server(Server::Options{.on_disk = options.disk});
  const int64_t limit = int64_t{options.attempts} * 3 / 5;
  const int64_t began_us = SteadyUs();
  const Tally tally = Race(server.url(), options, limit);
  const int64_t took_us = SteadyUs() - began_us;
  // What the processes gave back when they ended is there for whoever comes later.
  const auto store = Open(server.url(), 1);
  int64_t late = 0;
  while (TryOne(*store, limit, {99, static_cast<uint64_t>(late)}) == ReserveStatus::kReserved) {
    ++late;
  }
  const auto counters = store->Counters();
  const int64_t used = counters && counters->size() == 1 ? (*counters)[0].used : -1;
  std::printf("%d processes x %d threads, %d attempts on a budget of %lld%s\n", options.processes,
              options.threads, options.attempts, static_cast<long long>(limit),
              options.leased ? ", leased" : "");
  std::printf("admitted %lld, then %lld; spent %lld; other %lld; used at the server %lld\n",
              static_cast<long long>(tally.admitted), static_cast<long long>(late),
              static_cast<long long>(tally.spent), static_cast<long long>(tally.other),
              static_cast<long long>(used));
  std::printf("longest wait %.1f ms; %.1f s in all; %.3f calls of the server an attempt\n",
              static_cast<double>(tally.longest_us) / 1000, static_cast<double>(took_us) / 1e6,
              static_cast<double>(tally.trips) / options.attempts);
  // Without leases everybody is denied only when the limit is reached.
  const bool exact = tally.admitted + late == limit && used == limit && tally.other == 0 &&
                     (options.leased || late == 0);
  std::printf("%d passed, %d failed\n", exact ? 1 : 0, exact ? 0 : 1);
  return exact ? 0 : 1;
}

}  // namespace
}  // namespace cap::redis::test

int main(int argc, char** argv) {
  cap::redis::test::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const int value = i + 1 < argc ? std::atoi(argv[i + 1]) : 0;
    if (word == "--leased") {
      options.leased = true;
    } else if (word == "--disk") {
      options.disk = true;
    } else if (value > 0 && word == "--processes") {
      options.processes = value;
      ++i;
    } else if (value > 0 && word == "--threads") {
      options.threads = value;
      ++i;
    } else if (value > 0 && word == "--attempts") {
      options.attempts = value;
      ++i;
    } else {
      std::fprintf(stderr,
                   "usage: redis_race [--processes N] [--threads N] [--attempts N] "
                   "[--leased] [--disk]\n");
      return 1;
    }
  }
  const int per = options.processes * options.threads;
  options.attempts = (options.attempts + per - 1) / per * per;
  return cap::redis::test::Run(options);
}
