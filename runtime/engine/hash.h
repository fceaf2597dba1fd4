// The keyed hash of the index: (grant, action, skeleton, literals) to 64 bits. The seed is random
// and secret, so that nobody who chooses literals can aim them at one segment.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cap::engine {

inline uint64_t ReadWord(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}
inline uint64_t ReadHalf(const char* from) {
  uint32_t half;
  std::memcpy(&half, from, sizeof half);
  return half;
}

/// The 128-bit product, folded: every bit of the result depends on every bit of both factors.
inline uint64_t Fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

class KeyHash {
 public:
  using Seed = std::array<uint64_t, 2>;

  KeyHash(const Seed& seed, uint64_t grant, uint32_t action, uint32_t skeleton)
      : seed_(seed),
        hash_(Fold(grant ^ seed[0], (uint64_t{action} << 32 | skeleton) ^ seed[1])) {}

  /// Adds one literal. Its length is mixed in, so that two literals never run into each other.
  void Add(std::string_view text) {
    const char* p = text.data();
    size_t left = text.size();
    while (left > 16) {
      hash_ = Fold(ReadWord(p) ^ seed_[0], ReadWord(p + 8) ^ hash_);
      p += 16;
      left -= 16;
    }
    uint64_t a = 0, b = 0;
    if (left >= 8) {
      a = ReadWord(p);
      b = ReadWord(p + left - 8);
    } else if (left >= 4) {
      a = ReadHalf(p);
      b = ReadHalf(p + left - 4);
    } else if (left > 0) {
      a = static_cast<uint64_t>(static_cast<uint8_t>(p[0])) << 16 |
          static_cast<uint64_t>(static_cast<uint8_t>(p[left >> 1])) << 8 |
          static_cast<uint8_t>(p[left - 1]);
    }
    hash_ = Fold(a ^ seed_[1], b ^ hash_ ^ (uint64_t{text.size()} << 48 | text.size()));
  }

  uint64_t value() const { return hash_; }

 private:
  const Seed& seed_;
  uint64_t hash_;
};

/// Whether `length` bytes are equal. Short texts, the usual ones, need no call.
inline bool SameBytes(const char* a, const char* b, size_t length) {
  if (length > 32) return std::memcmp(a, b, length) == 0;
  if (length >= 8) {
    uint64_t different = 0;
    for (size_t at = 0; at + 8 < length; at += 8) different |= ReadWord(a + at) ^ ReadWord(b + at);
    return (different | (ReadWord(a + length - 8) ^ ReadWord(b + length - 8))) == 0;
  }
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
