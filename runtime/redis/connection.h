// One connection to a Redis server: commands out, replies in, each within a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/redis/address.h"
#include "runtime/redis/codec.h"

struct redisContext;

namespace cap::redis {

class Tls;

/// What a server answered. hiredis stays in connection.cpp.
struct Reply {
  enum class Kind : uint8_t { kNull, kText, kInteger, kList, kError };
  Kind kind = Kind::kNull;
  int64_t integer = 0;
  std::string text;
  std::vector<Reply> list;

  bool IsError(std::string_view code) const {
    return kind == Kind::kError && std::string_view(text).starts_with(code);
  }
};

int64_t SteadyUs();
/// Since this machine began, the time that it slept included.
int64_t BootMs();

/// After a call that gave nothing the connection is of no use: what was sent may or may not have
/// been done, and a late answer would be taken for the answer to the next command.
class Connection {
 public:
  /// Null: nobody answered, or the password was refused; `why` says which.
  static std::unique_ptr<Connection> Open(const Address& address, int64_t deadline_us,
                                          std::string& why);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Writes one command behind those that were written before and not sent yet.
  void Append(std::span<const std::string_view> words);
  void Append(std::initializer_list<std::string_view> words) {
    Append(std::span(words.begin(), words.size()));
  }
  /// The same, and further words behind them.
  void Append(std::span<const std::string_view> words, const Words& more);
  /// Sends what was written.
  bool Send(int64_t deadline_us);
  /// The next answer.
  std::optional<Reply> Receive(int64_t deadline_us);

  std::optional<Reply> Call(std::span<const std::string_view> words, int64_t deadline_us);
  std::optional<Reply> Call(std::initializer_list<std::string_view> words, int64_t deadline_us) {
    return Call(std::span(words.begin(), words.size()), deadline_us);
  }

 private:
  explicit Connection(redisContext* context);
  bool SetTimeout(int64_t deadline_us);
  /// False: the server is not the one that it should be, or speaks no TLS.
  bool Secure(const Address& address, int64_t deadline_us, std::string& why);
  bool Write(std::string_view bytes, int64_t deadline_us);
  /// What comes next, as it was sent; until it is read again. Empty: nothing more will.
  std::string_view Read(int64_t deadline_us);

  redisContext* context_;
  std::unique_ptr<Tls> tls_;
  Words out_;
  std::array<char, 4096> in_;
  int64_t timeout_us_ = 0;  // as the socket has it
};

}  // namespace cap::redis
