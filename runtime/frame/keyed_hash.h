// Keyed 64-bit hashes of short texts. The seeds are random and secret, so that nobody who chooses
// texts can make them collide.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cap {

using HashSeed = std::array<uint64_t, 2>;

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

/// The hash of `text`, going on from `hash`. The length is mixed in.
inline uint64_t HashText(const HashSeed& seed, uint64_t hash, std::string_view text) {
  const char* p = text.data();
  size_t left = text.size();
  while (left > 16) {
    hash = Fold(ReadWord(p) ^ seed[0], ReadWord(p + 8) ^ hash);
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
  return Fold(a ^ seed[1], b ^ hash ^ (uint64_t{text.size()} << 48 | text.size()));
}

/// The seed of TextHash(), of this process: frames are hashed once, whichever engine decides them.
struct ProcessSeed {
  HashSeed seed = {};
  bool secret = false;  // false: the system gave no random bytes, or they were fixed
};
const ProcessSeed& TextSeed();

/// For reproducible counts of instructions only: before the first frame or engine of the process.
void FixTextSeed(const HashSeed& seed);

/// The hash of a text wherever it stands, under the seed of the process.
uint64_t TextHash(std::string_view text);

/// The hash of several texts in order, from theirs: start with 0, `nth` counts from 0, to 7.
inline uint64_t JoinHash(uint64_t joined, uint64_t text_hash, uint32_t nth) {
  return joined ^ std::rotl(text_hash, static_cast<int>(8 * nth));
}

}  // namespace cap
