// Many threads, and many processes, on one budget: what is admitted is exactly what was possible.
//   state_races [--store memory|sqlite] [--leased yes]
//               [--processes P] [--threads T] [--attempts N]
// Without --store both, in a small size. Last line: `N passed, N failed`. With --leased processes
// take from slices; every second one ends as if it had crashed, and what it leaves charged is no
// more than one slice.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/state/lease.h"
#include "runtime/state/store.h"
#include "tests/state/forwarding_store.h"
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
  bool leased = false;
};

/// What one thread, process or run has seen.
struct Tally {
  int64_t admitted = 0;  // of the budget, less what was given back
  int64_t calls = 0, denied = 0, wrong = 0;
  int64_t slices = 0;  // the largest of each process
  double longest_ms = 0;

  void Add(const Tally& other) {
    admitted += other.admitted;
    calls += other.calls;
    denied += other.denied;
    wrong += other.wrong;
    slices += other.slices;
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

  /// `whole`: until nothing is left.
  Tally Run(int attempts, bool whole) {
    for (int i = 0; i < attempts; ++i) {
      const int64_t amount = 1 + (i * 7 + static_cast<int64_t>(number_)) % 3;
      if (Take(amount, i % 2 == 0) && i % 4 == 0) GiveBack(amount);
    }
    while (whole && Take(1, true)) {
    }
    return tally_;
  }

 private:
  bool Take(int64_t amount, bool budget_first) {
    // So much that it never runs out, and can be leased.
    Charge charges[] = {Of(1, budget_, amount), Of(2, limits::kQuantity / 1000, 1)};
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

Tally RunThreads(Store& store, const Size& size, int process, bool whole = true) {
  std::vector<Tally> tallies(static_cast<size_t>(size.threads));
  std::vector<std::thread> threads;
  std::latch start(size.threads);
  const int each = size.attempts / size.threads / size.processes / (whole ? 1 : 8);
  for (int i = 0; i < size.threads; ++i) {
    const auto number = static_cast<uint64_t>(process * size.threads + i + 1);
    threads.emplace_back(
        [&, i, number] {
          tallies[static_cast<size_t>(i)] = Taker(store, size, number).Run(each, whole);
        });
  }
  Tally all;
  for (int i = 0; i < size.threads; ++i) {
    threads[static_cast<size_t>(i)].join();
    all.Add(tallies[static_cast<size_t>(i)]);
  }
  return all;
}

/// What is asked of an authority, and how large the largest slice was.
class Watched final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::atomic<bool> cut = false;  // nothing is given back: whoever asks has crashed

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override {
    const bool slice = request.charges.size() == 1 && request.charges[0].id == CounterId{1, 1};
    int64_t largest = largest_;
    while (slice && request.charges[0].amount > largest &&
           !largest_.compare_exchange_weak(largest, request.charges[0].amount)) {
    }
    return inner_->Reserve(request, states);
  }
  SettleStatus Commit(OperationId operation, std::optional<Actual> actual,
                      int64_t now_us) override {
    return cut ? SettleStatus::kUnavailable : inner_->Commit(operation, actual, now_us);
  }
  int64_t largest() const { return largest_; }

 private:
  std::atomic<int64_t> largest_ = 0;
};

/// What one process does that takes from slices. Every second one crashes on its way.
Tally RunLeased(std::shared_ptr<Store> store, const Size& size, int process) {
  const bool crashes = process % 2 == 1;
  const auto watched = std::make_shared<Watched>(std::move(store));
  const auto leased = NewLeasedStore(watched);
  Tally tally = RunThreads(*leased, size, process, !crashes);
  watched->cut = crashes;
  tally.slices = crashes ? watched->largest() : 0;
  return tally;
}

int64_t UsedOf(Store& store) {
  const auto views = store.Counters();
  for (const CounterView& view : views ? *views : std::vector<CounterView>()) {
    if (view.id == CounterId{1, 1}) return view.used;
  }
  return -1;
}

/// Single units, until nothing is left.
int64_t TakeRest(Store& store, const Size& size) {
  return Taker(store, size, 1'000'000).Run(0, true).admitted;
}

/// `tally` of processes that are gone: what they left charged and did not use, and the rest.
bool ReportLeased(std::string_view name, const Size& size, const Tally& tally, Store& store,
                  double seconds) {
  const int64_t stranded = UsedOf(store) - tally.admitted;
  const int64_t late = TakeRest(store, size);
  const bool whole = tally.admitted + stranded + late == size.attempts;
  const bool right = tally.admitted <= size.attempts && 0 <= stranded &&
                     stranded <= tally.slices && whole && UsedOf(store) == size.attempts &&
                     tally.wrong == 0;
  fmt::print(
      "leased {}: {} processes of {} threads, {} calls in {:.1f} s: admitted {} of {}, then {}; {} "
      "stranded, at most {}; {} denied, {} wrong answers, longest wait {:.1f} ms: {}\n",
      name, size.processes, size.threads, tally.calls, seconds, tally.admitted, size.attempts, late,
      stranded, tally.slices, tally.denied, tally.wrong, tally.longest_ms, right ? "ok" : "FAILED");
  return right;
}

bool Report(std::string_view name, const Size& size, const Tally& tally, Store& store,
            double seconds) {
  const int64_t used = UsedOf(store);
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

/// Two groups of threads, each with slices of its own.
bool RunLeasedMemory(Size size) {
  const auto begin = std::chrono::steady_clock::now();
  size.processes = 2;
  const std::shared_ptr<Store> store = NewMemoryStore();
  Tally tallies[2];
  std::thread other([&] { tallies[1] = RunLeased(store, size, 1); });
  tallies[0] = RunLeased(store, size, 0);
  other.join();
  tallies[0].Add(tallies[1]);
  return ReportLeased("memory", size, tallies[0], *store, SecondsSince(begin));
}

#if defined(CAPC_HAS_SQLITE)
/// A process that opens the store itself and writes its tally into the pipe.
[[noreturn]] void RunProcess(const std::string& path, const Size& size, int process, int pipe) {
  auto store = OpenSqliteStore(path, {.timeout_us = 120'000'000, .sizes = {}, .vfs = {}});
  Tally tally;
  tally.wrong = 1;
  if (store && size.leased) {
    tally = RunLeased(std::move(*store), size, process);
  } else if (store) {
    tally = RunThreads(**store, size, process);
  }
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
  if (!store) return false;
  return size.leased ? ReportLeased("sqlite", size, all, **store, SecondsSince(begin))
                     : Report("sqlite", size, all, **store, SecondsSince(begin));
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
    if (option == "--leased") memory.leased = sqlite.leased = true;
    if (option == "--processes") sqlite.processes = value;
    if (option == "--threads") memory.threads = sqlite.threads = value;
    if (option == "--attempts") memory.attempts = sqlite.attempts = value;
  }
  int passed = 0, failed = 0;
  if (only != "sqlite") {
    ++((memory.leased ? RunLeasedMemory(memory) : RunMemory(memory)) ? passed : failed);
  }
#if defined(CAPC_HAS_SQLITE)
  if (only != "memory") ++(RunSqlite(sqlite) ? passed : failed);
#endif
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
