// Counters on a Redis server, for many processes on many machines. Every call is one script, which
// the server runs whole or not at all.
//
//   auto store = redis::NewRedisStore("redis://counters.internal:6379/0", {.tenant = "acme"});
//   if (!store) return store.error();
//   EngineOptions options{.store = store->get()};
//
// What is promised depends on how the server keeps what it is told (docs/state.md). The store looks
// at the server's configuration whenever it connects, and stays away from one that cannot keep the
// promise. It never decides by itself while the server is away.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/state/store.h"

namespace cap::redis {

enum class Promise : uint8_t {
  kAppendAlways,  // one server, appendonly with appendfsync always: survives its crash
  kReplicated,    // … and `replicas` of its replicas have each charge before it is answered
  kAsConfigured,  // whatever the server is set to: a crash may forget the last second of charges
};

/// For rediss:// alone. The server's certificate is always checked, and its name too.
struct RedisTls {
  std::string ca_file = {};  // whom to trust, PEM; empty: whom the system trusts
  std::string certificate_file = {}, key_file = {};  // the client's own, where the server asks
  std::string server_name = {};  // in the certificate; empty: the host of the url
};

struct RedisOptions {
  std::string tenant = "default";  // part of every key, and what a cluster places them by
  Promise promise = Promise::kAppendAlways;
  uint32_t replicas = 1;           // kReplicated
  int64_t timeout_us = 1'000'000;  // of one call, waiting for a connection included
  uint32_t connections = 8;        // open at one time
  uint32_t waiting = 1'024;        // calls that wait for one; the next is denied at once
  bool names = true;               // keep what counters are called
  RedisTls tls = {};
  bool passing = false;  // everything of the tenant is deleted when the store goes: for tests
  /// Of CounterIds. Without it the first store makes one and the server keeps it.
  std::optional<std::array<uint8_t, 16>> hash_key = std::nullopt;
  /// What Position() gave, kept by the host: a server that lost its memory while no process lived
  /// is noticed too.
  std::string position = {};
};

class RedisStore : public state::Store {
 public:
  /// The operator has seen that the server forgot charges, and accepts how it stands now, for every
  /// process. Errors: "store-unavailable", "store-key" (the server was begun anew with another hash
  /// key: start again, or give `hash_key`).
  virtual Result<void> Acknowledge() = 0;

  /// Charges what was reserved before, however much is left; for a log that is played again before
  /// Acknowledge(). All charges are taken; an operation that the server remembers is left alone.
  virtual state::ReserveResult Replay(const state::ReserveRequest& request) = 0;

  /// How far the server had come when it last answered.
  virtual std::string Position() const = 0;
};

/// `url`: redis://[[user]:password@]host[:port][/database], rediss://… the same over TLS, or
/// unix:///path[?database]. Errors: "redis-url", "redis-tls" (a file of RedisTls cannot be used),
/// "redis-refused" (evicts keys, keeps less than the promise, or what another version counted),
/// "store-unavailable", "store-rewound", "store-key".
Result<std::unique_ptr<RedisStore>> NewRedisStore(std::string_view url,
                                                  const RedisOptions& options = {});

}  // namespace cap::redis
