// The store in a file, on a machine that loses its power: nothing that was answered is lost,
// nothing that was charged is given back, and the file is whole.
//   state_crash [--kills N] [--seed N]        Last line: `N passed, N failed`.
// A child calls the store on a file system that keeps what is not synced in memory (drop_vfs.h),
// tells what it is about to do and what was answered, and is ended: at a random write, with a part
// of what was not synced on the disk, or by a signal at a random time. The parent looks at what is
// left. In the end the same on a disk that lies about syncing: then it must find losses, or it
// would not look.
#include <fmt/format.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runtime/sqlite/sqlite_store.h"
#include "tests/state/drop_vfs.h"
#include "tests/state/sqlite_world.h"

namespace cap::state::test {
namespace {

constexpr int kThreads = 3;
constexpr int64_t kLimit = 1'000'000'000;

enum class Verb : uint8_t { kReserve, kCommit, kRelease };

/// A line of the pipe: a call that begins, or its answer.
struct Line {
  uint64_t operation = 0;
  int64_t amount = 0;
  Verb verb = Verb::kReserve;
  bool answered = false;
  bool done = false;  // it was reserved or settled
};

Charge BudgetOf(int64_t amount) {
  Charge charge;
  charge.id = {1, 1};
  charge.kind = CounterKind::kTotal;
  charge.limit = kLimit;
  charge.amount = amount;
  return charge;
}

ReserveResult Reserve(Store& store, uint64_t operation, int64_t amount) {
  const Charge charge = BudgetOf(amount);
  return store.Reserve({.now_us = 1,
                        .operation = {1, operation},
                        .charges = {&charge, 1},
                        .free = {},
                        .stamps = {},
                        .names = {}},
                       {});
}

bool Settle(Store& store, uint64_t operation, Verb verb, int64_t amount, bool again_is_fine) {
  const SettleStatus status = verb == Verb::kRelease
                                  ? store.Release({1, operation}, 1)
                                  : store.Commit({1, operation}, Actual{0, amount / 2}, 1);
  return status == SettleStatus::kSettled || (again_is_fine && status == SettleStatus::kAlready);
}

void Tell(int pipe, const Line& line) {
  // Shorter than PIPE_BUF: threads do not mix their lines.
  if (write(pipe, &line, sizeof line) != sizeof line) _exit(3);
}

/// Calls without end.
void CallOn(Store& store, int pipe, uint64_t first, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (uint64_t operation = first;; ++operation) {
    Line line{operation, static_cast<int64_t>(random() % 9 + 2), Verb::kReserve, false, false};
    Tell(pipe, line);
    line.answered = true;
    line.done = Reserve(store, operation, line.amount).status == ReserveStatus::kReserved;
    Tell(pipe, line);
    if (!line.done || random() % 3 == 0) continue;
    line.verb = random() % 2 == 0 ? Verb::kCommit : Verb::kRelease;
    line.answered = line.done = false;
    Tell(pipe, line);
    line.answered = true;
    line.done = Settle(store, operation, line.verb, line.amount, false);
    Tell(pipe, line);
  }
}

[[noreturn]] void Child(const std::string& path, int pipe, const DropOptions& options,
                        uint64_t first) {
  InstallDropVfs(options);
  const auto store = OpenSqliteStore(path, {.timeout_us = 30'000'000, .sizes = {}, .vfs = "drop"});
  if (!store) _exit(4);
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { CallOn(**store, pipe, first + (i << 40), options.seed + i); });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(5);
}

/// What the parent knows of the file: what each operation must have come to.
class Watcher {
 public:
  explicit Watcher(uint64_t seed) : random_(seed) {}

  /// One life of a child. What is wrong with what it leaves, or nothing.
  std::string OneLife(bool lie) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const bool by_signal = random_() % 4 == 0;
    const uint64_t end_at = by_signal ? 0 : random_() % 400 + 1;
    const DropOptions options{end_at, random_(), lie};
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      Child(path(), ends[1], options, first_);
    }
    close(ends[1]);
    first_ += 10'000;
    std::thread killer;
    if (by_signal) {
      const auto pause = std::chrono::microseconds(random_() % 30'000);
      killer = std::thread([=] {
        std::this_thread::sleep_for(pause);
        kill(child, SIGKILL);
      });
    }
    Line line;
    while (read(ends[0], &line, sizeof line) == sizeof line) Note(line);
    if (killer.joinable()) killer.join();
    int status = 0;
    waitpid(child, &status, 0);
    close(ends[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 137) {
      return fmt::format("the child ended with {}", WEXITSTATUS(status));
    }
    return Look();
  }

  uint64_t answered() const { return answered_; }
  uint64_t open() const { return open_; }

 private:
  struct Known {
    int64_t amount = 0;
    Verb verb = Verb::kReserve;
    bool answered = false, done = false;
  };

  std::string path() const { return folder_.file("store"); }

  void Note(const Line& line) {
    known_[line.operation] = {line.amount, line.verb, line.answered, line.done};
    answered_ += line.answered;
  }

  std::string Look() {
    if (const std::string wrong = Integrity(); wrong != "ok") return "the file is torn: " + wrong;
    const auto store = OpenSqliteStore(path());
    if (!store) return store.error().message;
    for (auto& [operation, known] : known_) {
      const std::string wrong = Resolve(**store, operation, known);
      if (!wrong.empty()) return wrong;
    }
    known_.clear();  // what they have come to is in charged_
    const auto views = (*store)->Counters();
    if (!views) return views.error().message;
    const int64_t used = views->empty() ? 0 : views->front().used;
    if (used == charged_) return "";
    return fmt::format("{} is charged, the counter says {}", charged_, used);
  }

  /// Asks again what had no answer, as a host does, and looks at some of what had one.
  std::string Resolve(Store& store, uint64_t operation, Known& known) {
    if (!known.answered) ++open_;
    if (known.verb == Verb::kReserve) {
      if (known.answered && !known.done) return "";
      if (!known.answered || random_() % 8 == 0) {
        const ReserveResult result = Reserve(store, operation, known.amount);
        if (result.status != ReserveStatus::kReserved) return "a reservation cannot be repeated";
        if (known.answered && !result.repeated) return "a reservation that was answered is lost";
      }
      charged_ += known.amount;
      return "";
    }
    if (!known.answered || random_() % 8 == 0) {
      if (!Settle(store, operation, known.verb, known.amount, true)) {
        return "a settlement cannot be repeated";
      }
    } else if (!known.done) {
      return "a settlement of a reservation that was answered was refused";
    }
    if (known.verb == Verb::kCommit) charged_ += known.amount / 2;
    return "";
  }

  /// What SQLite says of the whole file.
  std::string Integrity() const {
    sqlite3* handle = nullptr;
    std::string said = "it cannot be opened";
    if (sqlite3_open(path().c_str(), &handle) == SQLITE_OK) {
      const auto keep = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0];
        return 0;
      };
      sqlite3_exec(handle, "PRAGMA integrity_check", keep, &said, nullptr);
    }
    sqlite3_close(handle);
    return said;
  }

  TemporaryFolder folder_;
  std::mt19937_64 random_;
  std::map<uint64_t, Known> known_;
  int64_t charged_ = 0;
  uint64_t first_ = 1, answered_ = 0, open_ = 0;
};

/// After every answer all is synced that it stands on. On a disk that never ends.
bool SyncsBeforeAnswers() {
  InstallDropVfs({});
  const TemporaryFolder folder;
  const auto store =
      OpenSqliteStore(folder.file("store"), {.timeout_us = 5'000'000, .sizes = {}, .vfs = "drop"});
  if (!store) return false;
  for (uint64_t i = 1; i <= 600; ++i) {
    const uint64_t before = Syncs("-wal");
    const bool reserve = i % 2 == 1;
    const bool done =
        reserve ? Reserve(**store, i, 3).status == ReserveStatus::kReserved
                : Settle(**store, i - 1, i % 4 == 0 ? Verb::kCommit : Verb::kRelease, 3, false);
    if (!done || Syncs("-wal") == before || UnsyncedBytes("-wal") != 0) {
      fmt::print("answer {}: {}, {} syncs, {} bytes are not synced\n", i, done,
                 Syncs("-wal") - before, UnsyncedBytes("-wal"));
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace cap::state::test

int main(int argc, char** argv) {
  using namespace cap::state::test;
  int kills = 25;
  uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--kills") == 0) kills = std::max(1, std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  int passed = 0, failed = 0;
  Watcher watcher(seed);
  for (int i = 0; i < kills && failed == 0; ++i) {
    const std::string wrong = watcher.OneLife(false);
    if (!wrong.empty()) fmt::print("kill {}: {}\n", i, wrong);
    ++(wrong.empty() ? passed : failed);
  }
  fmt::print("{} kills, {} answers, {} calls without one\n", passed, watcher.answered(),
             watcher.open());
  Watcher liar(seed);
  std::string found;
  for (int i = 0; i < 25 && found.empty(); ++i) found = liar.OneLife(true);
  fmt::print("on a disk that lies: {}\n", found.empty() ? "NOTHING FOUND" : found);
  ++(found.empty() ? failed : passed);
  const bool synced = SyncsBeforeAnswers();
  fmt::print("600 answers, each after its sync: {}\n", synced ? "ok" : "FAILED");
  ++(synced ? passed : failed);
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
