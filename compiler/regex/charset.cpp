#include "compiler/regex/charset.h"

#include <algorithm>

namespace cap::regex {
namespace {

constexpr uint32_t kFirstSurrogate = 0xD800;
constexpr uint32_t kLastSurrogate = 0xDFFF;

// The last character of each length in bytes.
constexpr std::array<uint32_t, 4> kLastOfLength = {0x7F, 0x7FF, 0xFFFF, kLastCharacter};

uint32_t LengthOf(uint32_t character) {
  uint32_t length = 1;
  while (character > kLastOfLength[length - 1]) ++length;
  return length;
}

std::array<uint8_t, 4> Encode(uint32_t character, uint32_t length) {
  constexpr std::array<uint8_t, 5> kLeads = {0, 0, 0xC0, 0xE0, 0xF0};
  std::array<uint8_t, 4> bytes{};
  for (uint32_t i = length; i > 1; --i) {
    bytes[i - 1] = static_cast<uint8_t>(0x80 | (character & 0x3F));
    character >>= 6;
  }
  bytes[0] = static_cast<uint8_t>(kLeads[length] | character);
  return bytes;
}

/// Where a range must be cut so that its first part is one sequence or comes closer to it: the last
/// character of that part. Bytes vary freely only behind a byte that differs.
uint32_t FirstPart(const Range& range) {
  const uint32_t length = LengthOf(range.low);
  if (range.high > kLastOfLength[length - 1]) return kLastOfLength[length - 1];
  for (uint32_t i = 1; i < length; ++i) {
    const uint32_t tail = (uint32_t{1} << (6 * i)) - 1;
    if ((range.low & ~tail) == (range.high & ~tail)) continue;
    if ((range.low & tail) != 0) return range.low | tail;
    if ((range.high & tail) != tail) return (range.high & ~tail) - 1;
  }
  return range.high;
}

void AppendBytes(Range range, std::vector<ByteSequence>& out) {
  std::vector<Range> left = {range};
  while (!left.empty()) {
    const Range next = left.back();
    left.pop_back();
    const uint32_t end = FirstPart(next);
    if (end < next.high) {
      left.push_back({end + 1, next.high});
      left.push_back({next.low, end});
      continue;
    }
    ByteSequence sequence;
    sequence.length = LengthOf(next.low);
    const auto low = Encode(next.low, sequence.length);
    const auto high = Encode(next.high, sequence.length);
    for (uint32_t i = 0; i < sequence.length; ++i) sequence.bytes[i] = {low[i], high[i]};
    out.push_back(sequence);
  }
}

}  // namespace

void CharSet::Add(uint32_t low, uint32_t high) {
  const auto touches = [&](const Range& r) { return r.low <= high + 1 && low <= r.high + 1; };
  for (const Range& range : ranges_) {
    if (!touches(range)) continue;
    low = std::min(low, range.low);
    high = std::max(high, range.high);
  }
  std::erase_if(ranges_, touches);
  const auto at = std::ranges::upper_bound(ranges_, low, {}, &Range::low);
  ranges_.insert(at, {low, high});
}

CharSet CharSet::Negated() const {
  CharSet negated;
  uint32_t next = 0;
  for (const Range& range : ranges_) {
    if (range.low > next) negated.ranges_.push_back({next, range.low - 1});
    next = range.high + 1;
  }
  if (next <= kLastCharacter) negated.ranges_.push_back({next, kLastCharacter});
  return negated;
}

std::vector<ByteSequence> ToBytes(const CharSet& set) {
  std::vector<ByteSequence> sequences;
  for (const Range& range : set.ranges()) {
    const Range before = {range.low, std::min(range.high, kFirstSurrogate - 1)};
    const Range after = {std::max(range.low, kLastSurrogate + 1), range.high};
    if (before.low <= before.high) AppendBytes(before, sequences);
    if (after.low <= after.high) AppendBytes(after, sequences);
  }
  return sequences;
}

}  // namespace cap::regex
