// The keyed hash of the index: (grant, action, skeleton, literals) to 64 bits. The seed is random
// and secret, and so is that of the texts' hashes, so that nobody who chooses literals can aim them
// at one segment.
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/frame/keyed_hash.h"

namespace cap::engine {

/// Hashes the keys of one grant and action.
class KeyHash {
 public:
  KeyHash(const HashSeed& seed, uint64_t grant, uint32_t action)
      : base_(Fold(grant ^ seed[0], action ^ seed[1])), seed_(seed[1]) {}

  /// `joined`: JoinHash() of the literals' hashes, in order.
  uint64_t Of(uint32_t skeleton, uint64_t joined) const {
    return Fold(joined ^ base_, seed_ + skeleton);
  }

 private:
  uint64_t base_;
  uint64_t seed_;
};

/// Whether `length` bytes are equal. Short texts, the usual ones, need neither a loop nor a call:
/// words from both ends, which overlap.
inline bool SameBytes(const char* a, const char* b, size_t length) {
  const auto word = [&](size_t at) { return ReadWord(a + at) ^ ReadWord(b + at); };
  if (length > 32) [[unlikely]]
    return std::memcmp(a, b, length) == 0;
  if (length > 16) {
    return (word(0) | word(8) | word(length - 16) | word(length - 8)) == 0;
  }
  if (length >= 8) return (word(0) | word(length - 8)) == 0;
  if (length >= 4) {
    return ((ReadHalf(a) ^ ReadHalf(b)) | (ReadHalf(a + length - 4) ^ ReadHalf(b + length - 4))) ==
           0;
  }
  for (size_t at = 0; at < length; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

}  // namespace cap::engine
