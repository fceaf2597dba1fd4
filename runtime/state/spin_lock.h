// A lock that is held for some dozens of instructions. One who waits long lets others run: the
// holder may have lost its processor.
#pragma once

#include <atomic>
#include <thread>

namespace cap::state {

class SpinLock {
 public:
  void lock() {
    while (held_.exchange(true, std::memory_order_acquire)) Await();
  }
  bool try_lock() { return !held_.exchange(true, std::memory_order_acquire); }
  void unlock() { held_.store(false, std::memory_order_release); }

  /// Waits until nobody has it for a moment. By itself, so that those who do not wait keep their
  /// registers.
  [[gnu::cold, gnu::noinline]] void Await() const {
    for (int turns = 0; held_.load(std::memory_order_relaxed); ++turns) {
      if (turns >= 64) std::this_thread::yield();
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  }

 private:
  std::atomic<bool> held_ = false;
};

}  // namespace cap::state
