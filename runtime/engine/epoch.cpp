#include "runtime/engine/epoch.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "runtime/engine/tsan.h"

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cap::engine {
namespace {

#if defined(__linux__)
bool RegisterMembarrier() {
  return CAP_ENGINE_TSAN == 0 &&
         syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}
bool Membarrier() { return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0; }
#else
bool RegisterMembarrier() { return false; }
bool Membarrier() { return false; }
#endif

}  // namespace

EpochDomain::EpochDomain(bool use_membarrier)
    : membarrier_(use_membarrier && RegisterMembarrier()) {}

EpochDomain::ReaderSlot* EpochDomain::Register() {
  const std::lock_guard lock(mutex_);
  for (ReaderSlot& slot : slots_) {
    if (slot.in_use) continue;
    slot.in_use = true;
    return &slot;
  }
  ReaderSlot& slot = slots_.emplace_back();
  slot.in_use = true;
  return &slot;
}

void EpochDomain::Unregister(ReaderSlot* slot) {
  const std::lock_guard lock(mutex_);
  slot->in_use = false;
}

uint64_t EpochDomain::SafeBefore() {
  // A barrier that fails after it was registered leaves nothing known: then nothing is safe.
  if (membarrier_ && !Membarrier()) return 0;
  uint64_t safe = epoch_.load(std::memory_order_acquire);
  const std::lock_guard lock(mutex_);
  for (ReaderSlot& slot : slots_) {
    const uint64_t seen = membarrier_ ? slot.epoch.load(std::memory_order_acquire)
                                      : slot.epoch.fetch_add(0, std::memory_order_acq_rel);
    if (seen != 0) safe = std::min(safe, seen);
  }
  return safe;
}

void Limbo::Drain() {
  for (; !retired_.empty(); retired_.pop_front()) retired_.front().free();
}

void Limbo::Retire(std::function<void()> free) {
  retired_.push_back({domain_.Advance(), std::move(free)});
}

void Limbo::Collect(size_t at_least, size_t most) {
  if (retired_.empty()) return;
  if (retired_.front().epoch >= safe_before_) {
    if (retired_.size() < at_least) return;
    safe_before_ = domain_.SafeBefore();
  }
  for (; most > 0 && !retired_.empty() && retired_.front().epoch < safe_before_; --most) {
    retired_.front().free();
    retired_.pop_front();
  }
}

bool Limbo::CollectAll() {
  constexpr int kTurns = 1000;
  for (int turn = 0; turn < kTurns; ++turn) {
    Collect(1, retired_.size());
    if (retired_.empty()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace cap::engine
