// Many threads, and many processes, on one budget: what is admitted is exactly what was possible.
//   state_races [--store memory|sqlite] [--processes P] [--threads T] [--attempts N]
// Without --store both, in a small size. Last line: `N passed, N failed`.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/state/store.h"
#include "tests/state/trace.h"
#if defined(CAPC_HAS_SQLITE)
#include "tests/state/sqlite_world.h"
#endif

namespace cap::state::test {
namespace {

struct Size {
  int processes = 1;
  int threads = 8;
  int attempts = 100'000;  // of all together
};

/// What one thread, process or run has seen.
struct Tally {
  int64_t admitted = 0;  // of the budget, less what was given back
  int64_t calls = 0, denied = 0, wrong = 0;
  double longest_ms = 0;

  void Add(const Tally& other) {
    admitted += other.admitted;
    calls += other.calls;
    denied += other.denied;
    wrong += other.wrong;
    longest_ms = std::max(longest_ms, other.longest_ms);
  }
};

Charge Of(uint64_t id, int64_t limit, int64_t amount) {
  Charge charge;
  charge.id = {1, id};
  charge.kind = CounterKind::kTotal;
  charge.limit = limit;
  charge.amount = amount;
  return charge;
}

/// One thread's part: takes of the budget and of a counter that never runs out, in either order,
/// gives some back, and in the end takes single units until nothing is left.
class Taker {
 public:
  Taker(Store& store, const Size& size, uint64_t number)
      : store_(store), budget_(size.attempts), number_(number) {}

  Tally Run(int attempts) {
    for (int i = 0; i < attempts; ++i) {
      const int64_t amount = 1 + (i * 7 + static_cast<int64_t>(number_)) % 3;
      if (Take(amount, i % 2 == 0) && i % 4 == 0) GiveBack(amount);
    }
    while (Take(1, true)) {
    }
    return tally_;
  }

 private:
  bool Take(int64_t amount, bool budget_first) {
    Charge charges[] = {Of(1, budget_, amount), Of(2, limits::kQuantity, 1)};
    if (!budget_first) std::swap(charges[0], charges[1]);
    operation_ = {number_, ++count_};
    const auto begin = std::chrono::steady_clock::now();
    const auto result = store_.Reserve({.now_us = 1,
                                        .operation = operation_,
                                        .charges = charges,
                                        .free = {},
                                        .stamps = {},
                                        .names = {}},
                                       {});
    Waited(begin);
    const bool reserved = result.status == ReserveStatus::kReserved;
    if (reserved) tally_.admitted += amount;
    tally_.denied += result.status == ReserveStatus::kSpent;
    tally_.wrong += (!reserved && result.status != ReserveStatus::kSpent) || result.repeated;
    return reserved;
  }

  void GiveBack(int64_t amount) {
    const auto begin = std::chrono::steady_clock::now();
    const SettleStatus first = store_.Release(operation_, 1);
    const SettleStatus second = store_.Release(operation_, 1);
    Waited(begin);
    tally_.wrong += first != SettleStatus::kSettled || second != SettleStatus::kAlready;
    tally_.admitted -= amount;
  }

  void Waited(std::chrono::steady_clock::time_point begin) {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    tally_.longest_ms = std::max(tally_.longest_ms, took.count());
    ++tally_.calls;
  }

  Store& store_;
  const int64_t budget_;
  const uint64_t number_;
  uint64_t count_ = 0;
  OperationId operation_;
  Tally tally_;
};

Tally RunThreads(Store& store, const Size& size, int process) {
  std::vector<Tally> tallies(static_cast<size_t>(size.threads));
  std::vector<std::thread> threads;
  std::latch start(size.threads);
  const int each = size.attempts / size.threads / size.processes;
  for (int i = 0; i < size.threads; ++i) {
    const auto number = static_cast<uint64_t>(process * size.threads + i + 1);
    threads.emplace_back(
        [&, i, number] { tallies[static_cast<size_t>(i)] = Taker(store, size, number).Run(each); });
  }
  Tally all;
  for (int i = 0; i < size.threads; ++i) {
    threads[static_cast<size_t>(i)].join();
    all.Add(tallies[static_cast<size_t>(i)]);
  }
  return all;
}

bool Report(std::string_view name, const Size& size, const Tally& tally, Store& store,
            double seconds) {
  int64_t used = -1;
  if (const auto views = store.Counters()) {
    for (const CounterView& view : *views) {
      if (view.id == CounterId{1, 1}) used = view.used;
    }
  }
  const bool right = tally.admitted == size.attempts && used == size.attempts && tally.wrong == 0;
  fmt::print(
      "{}: {} processes of {} threads, {} calls in {:.1f} s: admitted {} of {}, the counter "
      "says {}, {} denied, {} wrong answers, longest wait {:.1f} ms: {}\n",
      name, size.processes, size.threads, tally.calls, seconds, tally.admitted, size.attempts, used,
      tally.denied, tally.wrong, tally.longest_ms, right ? "ok" : "FAILED");
  return right;
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool RunMemory(const Size& size) {
  const auto begin = std::chrono::steady_clock::now();
  const auto store = NewMemoryStore();
  const Tally tally = RunThreads(*store, size, 0);
  return Report("memory", size, tally, *store, SecondsSince(begin));
}

#if defined(CAPC_HAS_SQLITE)
/// A process that opens the store itself and writes its tally into the pipe.
[[noreturn]] void RunProcess(const std::string& path, const Size& size, int process, int pipe) {
  const auto store = OpenSqliteStore(path, {.timeout_us = 120'000'000, .sizes = {}, .vfs = {}});
  Tally tally;
  tally.wrong = 1;
  if (store) tally = RunThreads(**store, size, process);
  const bool written = write(pipe, &tally, sizeof tally) == sizeof tally;
  _exit(written ? 0 : 1);
}

bool RunSqlite(const Size& size) {
  const auto begin = std::chrono::steady_clock::now();
  const TemporaryFolder folder;
  const std::string path = folder.file("store");
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (int i = 0; i < size.processes; ++i) {
    if (fork() == 0) RunProcess(path, size, i, ends[1]);
  }
  Tally all;
  for (int i = 0; i < size.processes; ++i) {
    Tally tally;
    if (read(ends[0], &tally, sizeof tally) != sizeof tally) tally.wrong = 1;
    all.Add(tally);
    wait(nullptr);
  }
  const auto store = OpenSqliteStore(path);
  return store && Report("sqlite", size, all, **store, SecondsSince(begin));
}
#endif

}  // namespace
}  // namespace cap::state::test

int main(int argc, char** argv) {
  using namespace cap::state::test;
  std::string_view only;
  Size memory, sqlite{.processes = 2, .threads = 4, .attempts = 320};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const int value = std::max(1, std::atoi(argv[i + 1]));
    if (option == "--store") only = argv[i + 1];
    if (option == "--processes") sqlite.processes = value;
    if (option == "--threads") memory.threads = sqlite.threads = value;
    if (option == "--attempts") memory.attempts = sqlite.attempts = value;
  }
  int passed = 0, failed = 0;
  if (only != "sqlite") ++(RunMemory(memory) ? passed : failed);
#if defined(CAPC_HAS_SQLITE)
  if (only != "memory") ++(RunSqlite(sqlite) ? passed : failed);
#endif
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
