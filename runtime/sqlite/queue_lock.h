// A lock between processes that nobody starves at. There are two: who holds the first waits for the
// second, all others wait for the first. So whoever had the second lock a moment ago has to queue
// behind the one who waits. The system frees both where a process dies.
#pragma once

#include <cstdint>
#include <string>

namespace cap::state {

class QueueLock {
 public:
  QueueLock() = default;
  ~QueueLock();
  QueueLock(const QueueLock&) = delete;
  QueueLock& operator=(const QueueLock&) = delete;

  /// Opens the file or makes it. False: it cannot be.
  bool Open(const std::string& path);
  /// Waits as long as it takes. False: the system refuses.
  bool Lock();
  /// Tries again and again for so long; whoever waits in Lock() comes first.
  bool LockWithin(int64_t timeout_us);
  void Unlock();

  /// Whether somebody said, by Mark(), that the file beside this one has begun to hold something.
  /// INVARIANT of these: the lock is held.
  bool IsMarked() const;
  bool Mark();
  bool Unmark();

 private:
  int file_ = -1;
};

}  // namespace cap::state
