#include "runtime/redis/connection.h"

#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "runtime/redis/tls.h"

namespace cap::redis {
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

/// Our scripts answer with one level of lists; what is deeper is no answer of theirs.
Reply Convert(const redisReply& from, int depth) {
  Reply to;
  switch (from.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      to.kind = Reply::Kind::kText;
      to.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      to.kind = Reply::Kind::kError;
      to.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_INTEGER:
      to.kind = Reply::Kind::kInteger;
      to.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      to.kind = Reply::Kind::kList;
      for (size_t i = 0; i < from.elements && depth > 0; ++i) {
        to.list.push_back(Convert(*from.element[i], depth - 1));
      }
      break;
    default:
      break;  // nil
  }
  return to;
}

timeval ToTimeval(int64_t us) { return {.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000}; }

}  // namespace

int64_t SteadyUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t BootMs() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Connection::Connection(redisContext* context) : context_(context) {}

Connection::~Connection() { redisFree(context_); }

std::unique_ptr<Connection> Connection::Open(const Address& address, int64_t deadline_us,
                                             std::string& why) {
  const int64_t left_us = deadline_us - SteadyUs();
  why = "time ran out";
  if (left_us <= 0) return nullptr;
  redisContext* context =
      address.path.empty()
          ? redisConnectWithTimeout(address.host.c_str(), address.port, ToTimeval(left_us))
          : redisConnectUnixWithTimeout(address.path.c_str(), ToTimeval(left_us));
  why = "memory ran out";
  if (context == nullptr) return nullptr;
  std::unique_ptr<Connection> connection(new Connection(context));
  why = context->errstr;
  if (context->err != 0) return nullptr;
  if (address.secure && !connection->Secure(address, deadline_us, why)) return nullptr;
  if (!address.password.empty()) {
    const auto reply =
        address.user.empty()
            ? connection->Call({"AUTH", address.password}, deadline_us)
            : connection->Call({"AUTH", address.user, address.password}, deadline_us);
    why = reply ? reply->text : "no answer to AUTH";
    if (!reply || reply->kind == Reply::Kind::kError) return nullptr;
  }
  if (address.database != 0) {
    const auto reply = connection->Call({"SELECT", std::to_string(address.database)}, deadline_us);
    why = reply ? reply->text : "no answer to SELECT";
    if (!reply || reply->kind == Reply::Kind::kError) return nullptr;
  }
  return connection;
}

void Connection::Append(std::span<const std::string_view> words) { Append(words, Words()); }

void Connection::Append(std::span<const std::string_view> words, const Words& more) {
  out_.BeginCommand(words.size() + more.count);
  for (const std::string_view word : words) out_.Add(word);
  out_.bytes += more.bytes;
}

/// Twice a system call, so only where the time that is left differs by much from what is set.
bool Connection::SetTimeout(int64_t deadline_us) {
  const int64_t left_us = deadline_us - SteadyUs();
  if (left_us <= 0) return false;
  if (left_us <= timeout_us_ && left_us > timeout_us_ - timeout_us_ / 8) return true;
  timeout_us_ = left_us;
  return redisSetTimeout(context_, ToTimeval(left_us)) == REDIS_OK;
}

bool Connection::Secure(const Address& address, int64_t deadline_us, std::string& why) {
  why = "TLS cannot be begun: there is no name to check";
  if (address.tls == nullptr) return false;
  tls_ = Tls::Begin(*address.tls, address.host);
  if (tls_ == nullptr) return false;
  for (;;) {
    const Tls::Step step = tls_->Greet(why);
    const bool sent = Write(tls_->ToSend(), deadline_us);
    if (step == Tls::Step::kFailed) return false;
    if (step == Tls::Step::kDone) return sent;
    const std::string_view bytes = Read(deadline_us);
    if (!sent || bytes.empty()) {
      why = SteadyUs() < deadline_us
                ? "the Redis server hung up where TLS was begun"
                : "the Redis server gave no answer in TLS; does it speak TLS at this port?";
      return false;
    }
    if (!tls_->Take(bytes)) return false;
  }
}

bool Connection::Write(std::string_view bytes, int64_t deadline_us) {
  while (!bytes.empty()) {
    if (!SetTimeout(deadline_us)) return false;
    // Not hiredis's own writing, which ends the process with SIGPIPE where the server has gone.
    const ssize_t n = send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool Connection::Send(int64_t deadline_us) {
  const bool sent = tls_ == nullptr
                        ? Write(out_.bytes, deadline_us)
                        : tls_->Encrypt(out_.bytes) && Write(tls_->ToSend(), deadline_us);
  if (sent) out_.bytes.clear();
  return sent;
}

std::string_view Connection::Read(int64_t deadline_us) {
  for (;;) {
    if (!SetTimeout(deadline_us)) return {};
    const ssize_t n = recv(context_->fd, in_.data(), in_.size(), 0);
    if (n > 0) return {in_.data(), static_cast<size_t>(n)};
    if (n == 0 || errno != EINTR) return {};
  }
}

std::optional<Reply> Connection::Receive(int64_t deadline_us) {
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(context_->reader, &raw) != REDIS_OK) return std::nullopt;
    if (raw != nullptr) {
      const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
      return Convert(*reply, 2);
    }
    std::string_view bytes = Read(deadline_us);
    if (bytes.empty()) return std::nullopt;
    std::optional<std::string> plain;
    if (tls_ != nullptr) {
      if (!tls_->Take(bytes)) return std::nullopt;
      plain = tls_->Decrypt();
      // A key may be changed in between, which is answered.
      if (!plain || !Write(tls_->ToSend(), deadline_us)) return std::nullopt;
      bytes = *plain;
    }
    if (redisReaderFeed(context_->reader, bytes.data(), bytes.size()) != REDIS_OK) {
      return std::nullopt;
    }
  }
}

std::optional<Reply> Connection::Call(std::span<const std::string_view> words,
                                      int64_t deadline_us) {
  Append(words);
  if (!Send(deadline_us)) return std::nullopt;
  return Receive(deadline_us);
}

}  // namespace cap::redis
