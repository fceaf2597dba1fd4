#include "runtime/sqlite/queue_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace cap::state {
namespace {

constexpr off_t kWaiting = 0;  // the byte that is locked by the one who is next
constexpr off_t kWorking = 1;

// Locks of the open file, not of the process: two stores of one process queue as well.
bool Set(int file, int command, short type, off_t at) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  int result;
  do {
    result = fcntl(file, command, &lock);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

QueueLock::~QueueLock() {
  if (file_ >= 0) close(file_);
}

bool QueueLock::Open(const std::string& path) {
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return file_ >= 0;
}

bool QueueLock::Lock() {
  if (!Set(file_, F_OFD_SETLKW, F_WRLCK, kWaiting)) return false;
  const bool locked = Set(file_, F_OFD_SETLKW, F_WRLCK, kWorking);
  Set(file_, F_OFD_SETLK, F_UNLCK, kWaiting);
  return locked;
}

bool QueueLock::LockWithin(int64_t timeout_us) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout_us);
  while (!Set(file_, F_OFD_SETLK, F_WRLCK, kWorking)) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void QueueLock::Unlock() { Set(file_, F_OFD_SETLK, F_UNLCK, kWorking); }

bool QueueLock::IsMarked() const {
  struct stat found = {};
  return fstat(file_, &found) != 0 || found.st_size > 0;
}

bool QueueLock::Mark() {
  return IsMarked() || (pwrite(file_, "capc\n", 5, 0) == 5 && fsync(file_) == 0);
}

bool QueueLock::Unmark() { return ftruncate(file_, 0) == 0; }

}  // namespace cap::state
