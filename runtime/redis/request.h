// What a script is told: its words, as they are sent.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/limits.h"
#include "runtime/redis/codec.h"
#include "runtime/redis/handshake.h"
#include "runtime/state/store.h"

namespace cap::redis {

/// The words behind a script's key. The first begins with where the asking store stands, which is
/// known only when they are sent.
class Arguments {
 public:
  /// `head`: the first word but for where the store stands.
  explicit Arguments(std::string_view head, size_t room = 64);
  void Add(std::string_view word) { words_.Add(word); }
  /// The last word: the value of an operation, but for the time of the server at which it may be
  /// deleted, which is known when it is sent.
  void AddOperation(std::string_view value);
  void Stand(uint64_t branch, int64_t place, int64_t clock_ms);
  const Words& words() const { return words_; }

 private:
  Words words_;
  size_t stand_at_ = 0;
  size_t death_at_ = 0;  // 0: there is no operation's value
};

/// The counters of a request, each once, and which one each charge charges.
struct Numbered {
  uint32_t count = 0;
  std::array<uint16_t, limits::kCharges> first;   // of each counter, the first charge of it
  std::array<uint16_t, limits::kCharges> number;  // of each charge, its counter
};
/// False: two charges of one counter are of different kinds or units, which no store takes.
[[nodiscard]] bool NumberCounters(std::span<const state::Charge> charges, Numbered& numbered);

enum class Mode : uint8_t { kCharge, kPeek, kReplay };

/// What reserve.lua is told, and plain.lua where the request is plain.
Arguments ReserveArguments(const state::ReserveRequest& request, const Numbered& numbered,
                           Mode mode, bool names);

}  // namespace cap::redis
