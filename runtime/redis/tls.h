// TLS for a connection to a Redis server: what is sent is encrypted into bytes, what comes is
// decrypted from bytes. It touches no socket, so that times and signals are the connection's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/redis/redis_store.h"

struct ssl_ctx_st;
struct ssl_st;

namespace cap::redis {

/// Whom a client trusts, and who it is; shared by all connections of a store.
class TlsContext {
 public:
  /// Errors: "redis-tls": a file cannot be read, or the key is not that of the certificate.
  static Result<std::shared_ptr<const TlsContext>> Make(const RedisTls& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class Tls;
  TlsContext() = default;

  ssl_ctx_st* context_ = nullptr;
  std::string server_name_;
};

class Tls {
 public:
  /// `host`: the name, or the address, that the server's certificate must have, unless the context
  /// says another one. Null: memory ran out.
  static std::unique_ptr<Tls> Begin(const TlsContext& context, const std::string& host);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  enum class Step : uint8_t { kDone, kMore, kFailed };
  /// After each step what ToSend() has is sent; after kMore something has to come. kFailed: `why`
  /// says it in a sentence.
  Step Greet(std::string& why);

  bool Encrypt(std::string_view plain);
  bool Take(std::string_view bytes);
  /// What has come so far; may be empty. Nothing: the server has ended the connection, or what came
  /// is not from it.
  std::optional<std::string> Decrypt();
  std::string ToSend();

 private:
  Tls() = default;

  ssl_st* session_ = nullptr;
};

}  // namespace cap::redis
