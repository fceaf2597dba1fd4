// What is asked of a server before it is used: whether it keeps what it is told, and whether it
// still knows what it had promised (scripts/open.lua).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/redis/connection.h"
#include "runtime/redis/redis_store.h"

namespace cap::redis {

/// How far a server's history is known: what Position() prints.
struct Standing {
  std::string branch;  // as kBranchSize hexadecimal digits; empty: nothing is known
  int64_t place = 0;
  int64_t acknowledged = 0;
};
std::string Print(const Standing& standing);
std::optional<Standing> ParseStanding(std::string_view text);
/// The number of a branch, which a double holds. 0: it is none.
inline constexpr size_t kBranchSize = 13;
uint64_t BranchNumber(std::string_view branch);

struct Greeting {
  enum class Word : uint8_t {
    kOpen,
    kRewound,  // it has forgotten something
    kKey,      // it was begun with another hash key
    kRefused,  // it evicts keys, or keeps less than the promise
    kAway,
  };
  Word word = Word::kAway;
  Standing standing = {};            // kOpen
  std::array<uint8_t, 16> key = {};  // kOpen, kRewound, kKey
  int64_t clock_ms = 0;              // kOpen, kRewound: of the server
  std::string why = {};              // kRefused, kAway: one sentence
};

struct GreetingKeys {
  std::string state, facts;
};

/// `key`: the hash key that the server must have, if there is one already.
Greeting Greet(Connection& connection, const GreetingKeys& keys, Promise promise,
               const std::optional<std::array<uint8_t, 16>>& key, const Standing& known,
               bool acknowledge, int64_t deadline_us);

}  // namespace cap::redis
