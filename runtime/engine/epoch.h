// When memory that readers may still see can be freed. A reader marks its own cache line when it
// enters and when it leaves; a writer that has unpublished something frees it once every reader
// that was inside at that time has left. Readers never wait and never write to a shared line.
//
// The race to close is: a reader's mark is not yet visible while its loads already run. With
// membarrier(2) the writer forces that order, and an entry is a plain store. Without it both sides
// use read-modify-writes of the reader's slot: whichever comes second sees the first.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace cap::engine {

class EpochDomain {
 public:
  explicit EpochDomain(bool use_membarrier);

  struct alignas(64) ReaderSlot {
    std::atomic<uint64_t> epoch = 0;  // 0 = outside
    bool in_use = false;              // guarded by mutex_
  };

  /// A slot for one thread, until Unregister(). Thread-safe.
  ReaderSlot* Register();
  void Unregister(ReaderSlot* slot);

  void Enter(ReaderSlot* slot) const {
    const uint64_t now = epoch_.load(std::memory_order_acquire);
    if (membarrier_) {
      slot->epoch.store(now, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      slot->epoch.exchange(now, std::memory_order_acq_rel);
    }
  }
  void Leave(ReaderSlot* slot) const { slot->epoch.store(0, std::memory_order_release); }

  /// Starts a new epoch and returns the one that ended: what was unpublished before this call may
  /// be freed once SafeBefore() is greater. One writer at a time.
  uint64_t Advance() { return epoch_.fetch_add(1, std::memory_order_acq_rel); }

  /// No reader is inside an epoch lower than the result. Cost: one system call, one line a reader.
  uint64_t SafeBefore();

  bool uses_membarrier() const { return membarrier_; }

 private:
  bool membarrier_ = false;
  std::atomic<uint64_t> epoch_ = 1;
  std::mutex mutex_;
  std::deque<ReaderSlot> slots_;  // addresses stay; a slot is reused, never freed
};

/// Inside an epoch for the length of a scope.
class EpochScope {
 public:
  EpochScope(const EpochDomain& domain, EpochDomain::ReaderSlot* slot)
      : domain_(domain), slot_(slot) {
    domain_.Enter(slot_);
  }
  ~EpochScope() { domain_.Leave(slot_); }
  EpochScope(const EpochScope&) = delete;
  EpochScope& operator=(const EpochScope&) = delete;

 private:
  const EpochDomain& domain_;
  EpochDomain::ReaderSlot* slot_;
};

/// What was unpublished and waits for its readers to leave. Used by one writer at a time.
class Limbo {
 public:
  explicit Limbo(EpochDomain& domain) : domain_(domain) {}
  ~Limbo() { Drain(); }
  Limbo(const Limbo&) = delete;
  Limbo& operator=(const Limbo&) = delete;

  /// Calls `free` once no reader can see what it frees. Call it after unpublishing.
  void Retire(std::function<void()> free);

  /// Frees at most `most` of what is safe; looks where readers are, which takes a system call, only
  /// when nothing is known to be safe and `at_least` wait.
  void Collect(size_t at_least, size_t most);

  /// Frees everything, waiting for readers for a short time. False: one is still inside.
  bool CollectAll();

  /// Frees everything at once. INVARIANT: no reader is inside, and none will enter.
  void Drain();

 private:
  struct Retired {
    uint64_t epoch;
    std::function<void()> free;
  };
  EpochDomain& domain_;
  std::deque<Retired> retired_;  // oldest first
  uint64_t safe_before_ = 0;     // what SafeBefore() last said
};

}  // namespace cap::engine
