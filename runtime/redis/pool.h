// A bounded number of connections to one server. Who finds all of them in use waits for one, up to
// a bounded number of callers; while the server is away nobody waits and one caller at a time tries
// it again, less often the longer it is away.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/redis/connection.h"

namespace cap::redis {

/// What is true of one connection as long as it lives, made by the handshake.
struct Session {
  std::unique_ptr<Connection> connection;
  std::string branch;  // of the server's history that it is on (history.lua)
  uint64_t branch_number = 0;
  uint64_t epoch = 0;  // of the pool when it was made
  int64_t ahead_ms = 0;  // the server's clock, of BootMs()
};

class Pool {
 public:
  /// Makes a connection ready to use; false: the server cannot be used now.
  using Handshake = std::function<bool(Session&, int64_t deadline_us)>;

  Pool(Address address, uint32_t connections, uint32_t waiting, Handshake handshake);

  /// Null: away, or too busy until the deadline.
  std::unique_ptr<Session> Take(int64_t deadline_us);
  /// `usable`: every answer was read.
  void Return(std::unique_ptr<Session> session, bool usable);
  /// Connects anew from now on: what was open belongs to a server that has gone or has changed.
  void Renew();
  /// The next caller tries at once, however long the server was away.
  void Forgive();
  /// Why the last attempt to connect failed.
  std::string why() const;

 private:
  std::unique_ptr<Session> Connect(uint64_t epoch, int64_t deadline_us);
  void Failed();

  const Address address_;
  const uint32_t connections_, waiting_;
  const Handshake handshake_;

  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Session>> idle_;
  uint32_t open_ = 0;  // idle, in use, or being made
  uint32_t waiters_ = 0;
  uint64_t epoch_ = 0;
  uint32_t failures_ = 0;  // since the last answer
  int64_t next_try_us_ = 0;
  std::string why_;
};

}  // namespace cap::redis
