#include "runtime/sqlite/sqlite_store.h"

#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/sqlite/ledger.h"
#include "runtime/sqlite/queue_lock.h"

namespace cap::state {
namespace {

constexpr size_t kBatch = 256;  // calls in one transaction, so that nobody waits for very many

/// What a caller waits for. It outlives a caller who has given up.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Run(Ledger& ledger) = 0;
  virtual void Fail(bool rewound) = 0;
  bool done = false;  // under the mutex of the queue
};

template <typename Answer>
class JobOf final : public Job {
 public:
  JobOf(std::function<Answer(Ledger&)> work, std::function<Answer(bool)> failure)
      : work_(std::move(work)), failure_(std::move(failure)) {}
  void Run(Ledger& ledger) override { answer = work_(ledger); }
  void Fail(bool rewound) override { answer = failure_(rewound); }
  Answer answer{};

 private:
  std::function<Answer(Ledger&)> work_;
  std::function<Answer(bool)> failure_;
};

/// Which file a path names; it must go on naming it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
FileIdentity IdentityOf(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

/// The journal and the queue beside the file go by its name, so that it must have one only.
bool HasOtherNames(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink > 1;
}

/// The calls that wait, and the thread that answers them. Shared, so that the thread can outlive a
/// store that does not wait for it.
class Worker {
 public:
  Worker(std::string path, std::unique_ptr<QueueLock> lock, Ledger ledger)
      : path_(std::move(path)),
        file_(IdentityOf(path_)),
        lock_(std::move(lock)),
        ledger_(std::move(ledger)) {}

  /// False: it did not come to its turn, or was not done, in time.
  bool Ask(const std::shared_ptr<Job>& job, int64_t timeout_us) {
    std::unique_lock guard(mutex_);
    waiting_.push_back(job);
    has_work_.notify_one();
    const auto timeout = std::chrono::microseconds(timeout_us);
    if (is_done_.wait_for(guard, timeout, [&] { return job->done; })) return true;
    std::erase(waiting_, job);
    return false;
  }

  void Work() {
    std::unique_lock guard(mutex_);
    while (true) {
      has_work_.wait(guard, [&] { return stop_ || !waiting_.empty(); });
      if (stop_) break;
      guard.unlock();
      const bool locked = lock_->Lock();
      guard.lock();
      // Taken after the wait for the lock, so that all who came meanwhile are in the same batch.
      std::vector<std::shared_ptr<Job>> batch;
      while (!waiting_.empty() && batch.size() < kBatch) {
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      guard.unlock();
      RunBatch(batch, locked);
      if (locked) lock_->Unlock();
      guard.lock();
      for (const auto& job : batch) job->done = true;
      is_done_.notify_all();
    }
    finished_ = true;
    is_done_.notify_all();
  }

  /// False: the thread is still busy when the time is over.
  bool Stop(int64_t timeout_us) {
    std::unique_lock guard(mutex_);
    stop_ = true;
    has_work_.notify_one();
    return is_done_.wait_for(guard, std::chrono::microseconds(timeout_us),
                             [&] { return finished_; });
  }

 private:
  void RunBatch(const std::vector<std::shared_ptr<Job>>& batch, bool locked) {
    bool rewound = false, done = false;
    if (locked && IdentityOf(path_) == file_) {
      const auto opening = ledger_.Begin();
      rewound = opening == Ledger::Opening::kRewound;
      if (opening == Ledger::Opening::kOpen) {
        for (const auto& job : batch) job->Run(ledger_);
        done = ledger_.Commit();
      }
    }
    if (done) return;
    for (const auto& job : batch) job->Fail(rewound);
  }

  const std::string path_;
  const FileIdentity file_;
  const std::unique_ptr<QueueLock> lock_;
  Ledger ledger_;
  std::mutex mutex_;
  std::condition_variable has_work_, is_done_;
  std::deque<std::shared_ptr<Job>> waiting_;
  bool stop_ = false, finished_ = false;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::shared_ptr<Worker> worker, const std::array<uint8_t, 16>& hash_key,
              int64_t timeout_us)
      : worker_(std::move(worker)), hash_key_(hash_key), timeout_us_(timeout_us) {
    thread_ = std::thread([shared = worker_] { shared->Work(); });
  }
  ~SqliteStore() override {
    // Another process may hold the lock for ever; whoever closes this store does not wait for that.
    if (worker_->Stop(timeout_us_)) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override {
    if (request.charges.size() > limits::kCharges || request.stamps.size() > limits::kStamps ||
        request.free.size() > limits::kCharges || request.names.size() > limits::kCharges) {
      return {ReserveStatus::kBadRequest};
    }
    using Answer = std::pair<ReserveResult, std::vector<ChargeState>>;
    const auto answer = Ask<Answer>(
        [owned = OwnedRequest(request)](Ledger& ledger) {
          Answer made;
          made.first = ledger.Reserve(owned, made.second);
          return made;
        },
        [](bool rewound) {
          const auto status = rewound ? ReserveStatus::kRewound : ReserveStatus::kUnavailable;
          return Answer{ReserveResult{status}, {}};
        });
    const size_t known = std::min(states.size(), answer.second.size());
    std::copy_n(answer.second.begin(), known, states.begin());
    return answer.first;
  }

  SettleStatus Commit(OperationId operation, std::optional<Actual> actual,
                      int64_t now_us) override {
    return AskStatus(
        [=](Ledger& ledger) { return ledger.Settle(operation, true, actual, now_us); });
  }
  SettleStatus Release(OperationId operation, int64_t now_us) override {
    return AskStatus(
        [=](Ledger& ledger) { return ledger.Settle(operation, false, std::nullopt, now_us); });
  }
  SettleStatus CountViolation(CounterId id, int64_t limit, int64_t window_us, int64_t suspend_us,
                              int64_t now_us) override {
    return AskStatus([=](Ledger& ledger) {
      return ledger.CountViolation(id, limit, window_us, suspend_us, now_us);
    });
  }
  uint64_t Sweep(int64_t now_us) override {
    return Ask<uint64_t>([=](Ledger& ledger) { return ledger.Sweep(now_us); },
                         [](bool) { return uint64_t{0}; });
  }
  Result<std::vector<CounterView>> Counters() override {
    using Answer = std::optional<std::vector<CounterView>>;
    auto views = Ask<Answer>([](Ledger& ledger) { return ledger.Counters(); },
                             [](bool) { return Answer(); });
    if (!views) return Unavailable();
    return std::move(*views);
  }
  Result<bool> Reset(CounterId id) override {
    using Answer = std::optional<bool>;
    const auto known = Ask<Answer>([=](Ledger& ledger) { return ledger.Reset(id); },
                                   [](bool) { return Answer(); });
    if (!known) return Unavailable();
    return *known;
  }
  const std::array<uint8_t, 16>& hash_key() const override { return hash_key_; }
  bool keeps_names() const override { return true; }

 private:
  static std::unexpected<Error> Unavailable() {
    return Fail("store-unavailable", "The store of counters does not answer; nothing was changed.");
  }

  /// Waits for its turn. Whoever waits too long hears the same as where the transaction failed; if
  /// it is carried out later, it stays charged.
  template <typename Answer>
  Answer Ask(std::function<Answer(Ledger&)> work, std::function<Answer(bool)> failure) {
    const auto job = std::make_shared<JobOf<Answer>>(std::move(work), failure);
    if (!worker_->Ask(job, timeout_us_)) return failure(false);
    return std::move(job->answer);
  }
  SettleStatus AskStatus(std::function<SettleStatus(Ledger&)> work) {
    return Ask<SettleStatus>(std::move(work), [](bool) { return SettleStatus::kUnavailable; });
  }

  const std::shared_ptr<Worker> worker_;
  const std::array<uint8_t, 16> hash_key_;
  const int64_t timeout_us_;
  std::thread thread_;
};

/// -1: there is none.
int64_t SizeOf(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 ? found.st_size : -1;
}

/// SQLite takes a file without a page for a new one. So it is one only where nothing beside it says
/// that it was in use. INVARIANT: the lock is held.
Result<void> CheckSize(const std::string& path, QueueLock& lock) {
  constexpr int64_t kSmallestPage = 512;
  const int64_t size = SizeOf(path);
  if (size < 0 && !lock.Unmark()) {
    return Fail("store-unavailable", "The store's lock cannot be written: " + path + "-queue.");
  }
  if (size == 0 && (lock.IsMarked() || SizeOf(path + "-wal") > 0)) {
    return Fail("store-format", "The store's file is empty, and has held counters: " + path +
                                    ". Put it back, or delete it to begin anew.");
  }
  if (size > 0 && size < kSmallestPage) {
    return Fail("store-format", "The file is no store of counters: it is no database.");
  }
  return {};
}

/// A device or a folder keeps nothing; what SQLite has in memory is gone with the process.
bool CanBeFile(const std::string& path) {
  struct stat found = {};
  if (path.empty() || path == ":memory:") return false;
  return stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode);
}

}  // namespace

Result<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path,
                                               const SqliteOptions& options) {
  // Before the lock, which makes a file beside it.
  if (!CanBeFile(path)) {
    return Fail("store-format", "A store of counters is a regular file: `" + path + "` is none.");
  }
  if (HasOtherNames(path)) {
    return Fail("store-format",
                "The store's file has other names, hard links, by which calls would "
                "not be counted together: " +
                    path + ".");
  }
  auto lock = std::make_unique<QueueLock>();
  if (!lock->Open(path + "-queue") || !lock->LockWithin(options.timeout_us)) {
    return Fail("store-unavailable", "The store's lock cannot be had: " + path + "-queue.");
  }
  if (auto good = CheckSize(path, *lock); !good) return std::unexpected(good.error());
  auto database = Database::Open(path, options);
  if (!database) return std::unexpected(database.error());
  Ledger ledger(std::move(*database), options.sizes);
  const auto hash_key = ledger.ReadHashKey();
  if (hash_key && !lock->Mark()) {
    return Fail("store-unavailable", "The store's lock cannot be written: " + path + "-queue.");
  }
  lock->Unlock();
  if (!hash_key) return Fail("store-format", "The store's file is damaged: " + path + ".");
  auto worker = std::make_shared<Worker>(path, std::move(lock), std::move(ledger));
  return std::make_unique<SqliteStore>(std::move(worker), *hash_key, options.timeout_us);
}

}  // namespace cap::state
