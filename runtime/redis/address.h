// Where a Redis server is, from its url.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace cap::redis {

class TlsContext;

struct Address {
  std::string path;  // of a socket file; empty: host and port
  std::string host = "localhost";
  uint16_t port = 6379;
  uint32_t database = 0;
  bool secure = false;  // over TLS
  std::shared_ptr<const TlsContext> tls = {};  // with it
  std::string user, password;  // both empty: no authentication
};

/// Errors: "redis-url". The message never repeats the password.
Result<Address> ParseAddress(std::string_view url);

}  // namespace cap::redis
