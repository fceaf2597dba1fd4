// Sets of characters, and the sequences of bytes that they are in UTF-8.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cap::regex {

inline constexpr uint32_t kLastCharacter = 0x10'FFFF;

struct Range {  // both ends belong to it
  uint32_t low = 0;
  uint32_t high = 0;
};

/// Ranges in order that neither touch nor overlap.
class CharSet {
 public:
  void Add(uint32_t low, uint32_t high);
  void Add(const CharSet& other) {
    for (const Range& range : other.ranges_) Add(range.low, range.high);
  }
  /// Every character that is not in it.
  CharSet Negated() const;
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

struct ByteRange {
  uint8_t low = 0;
  uint8_t high = 0;
};
/// The characters whose bytes lie in these ranges, one by one.
struct ByteSequence {
  uint32_t length = 0;
  std::array<ByteRange, 4> bytes;
};

/// The characters of the set, each in exactly one sequence. Surrogates are none.
std::vector<ByteSequence> ToBytes(const CharSet& set);

}  // namespace cap::regex
