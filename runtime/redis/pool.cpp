#include "runtime/redis/pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/base/limits.h"

namespace cap::redis {

Pool::Pool(Address address, uint32_t connections, uint32_t waiting, Handshake handshake)
    : address_(std::move(address)),
      connections_(std::max(1u, connections)),
      waiting_(waiting),
      handshake_(std::move(handshake)) {}

std::unique_ptr<Session> Pool::Take(int64_t deadline_us) {
  std::unique_lock lock(mutex_);
  bool waits = false;
  for (;;) {
    while (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      if (session->epoch == epoch_) return session;
      --open_;
    }
    const int64_t now_us = SteadyUs();
    if (open_ < connections_) {
      if (failures_ > 0) {
        if (now_us < next_try_us_) return nullptr;
        // The others are denied at once while this caller finds out.
        next_try_us_ = deadline_us;
      }
      ++open_;
      const uint64_t epoch = epoch_;
      lock.unlock();
      return Connect(epoch, deadline_us);
    }
    if (now_us >= deadline_us || (!waits && waiters_ >= waiting_)) return nullptr;
    waits = true;
    ++waiters_;
    returned_.wait_for(lock, std::chrono::microseconds(deadline_us - now_us));
    --waiters_;
  }
}

std::unique_ptr<Session> Pool::Connect(uint64_t epoch, int64_t deadline_us) {
  auto session = std::make_unique<Session>();
  session->epoch = epoch;
  std::string why;
  session->connection = Connection::Open(address_, deadline_us, why);
  const bool good = session->connection != nullptr && handshake_(*session, deadline_us);
  const std::lock_guard lock(mutex_);
  if (good) {
    failures_ = 0;
    return session;
  }
  if (session->connection == nullptr) why_ = why;
  --open_;
  Failed();
  returned_.notify_one();
  return nullptr;
}

/// Twice as long each time, and not the same time for all processes.
void Pool::Failed() {
  failures_ = std::min(failures_ + 1, 20u);
  const int64_t wait_us =
      std::min(limits::kReconnectUs, limits::kReconnectFirstUs << (failures_ - 1));
  const int64_t now_us = SteadyUs();
  next_try_us_ = now_us + wait_us - now_us % (wait_us / 4 + 1);
}

void Pool::Return(std::unique_ptr<Session> session, bool usable) {
  const std::lock_guard lock(mutex_);
  if (usable && session->epoch == epoch_) {
    failures_ = 0;
    idle_.push_back(std::move(session));
  } else {
    --open_;
    if (!usable && session->epoch == epoch_) {
      ++epoch_;  // one broken connection: the others are to the same server
      Failed();
    }
  }
  returned_.notify_one();
}

void Pool::Renew() {
  const std::lock_guard lock(mutex_);
  ++epoch_;
}

void Pool::Forgive() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
}

std::string Pool::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

}  // namespace cap::redis
