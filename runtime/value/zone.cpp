#include "runtime/value/zone.h"

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/value/calendar.h"

namespace cap::zone {
namespace {

constexpr int64_t kFirstSecond = kFirstUs / kSecondUs;
constexpr int64_t kEndSecond = kEndUs / kSecondUs;

int64_t BeginOf(std::span<const uint32_t> words, size_t entry) {
  const size_t at = entry * kEntryWords;
  return static_cast<int64_t>(uint64_t{words[at + 1]} << 32 | words[at]);
}

int64_t OffsetOf(std::span<const uint32_t> words, size_t entry) {
  return static_cast<int32_t>(words[entry * kEntryWords + 2]);
}

size_t EntriesOf(std::span<const uint32_t> words) { return words.size() / kEntryWords; }

/// How many entries begin at or before the second.
size_t BegunBy(std::span<const uint32_t> words, int64_t second) {
  size_t low = 0;
  size_t high = EntriesOf(words);
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (BeginOf(words, middle) <= second) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Rounded down, so that a part of a second before 1970 is of the second before.
int64_t SecondOf(int64_t us) { return us / kSecondUs - (us % kSecondUs < 0 ? 1 : 0); }

}  // namespace

bool IsTable(std::span<const uint32_t> words) {
  const size_t entries = EntriesOf(words);
  if (words.size() % kEntryWords != 0 || entries < 2 || entries > limits::kZoneEntries) {
    return false;
  }
  for (size_t i = 0; i < entries; ++i) {
    const int64_t begin = BeginOf(words, i);
    const int64_t offset = OffsetOf(words, i);
    if (begin < kFirstSecond || begin > kEndSecond) return false;
    if (i > 0 && begin <= BeginOf(words, i - 1)) return false;
    if (offset <= -kOffsetSeconds || offset >= kOffsetSeconds) return false;
  }
  return OffsetOf(words, entries - 1) == 0;
}

std::optional<int64_t> LocalOf(std::span<const uint32_t> words, int64_t us) {
  const size_t begun = BegunBy(words, SecondOf(us));
  if (begun == 0 || begun == EntriesOf(words)) return std::nullopt;
  return us + OffsetOf(words, begun - 1) * kSecondUs;
}

Found InstantOf(std::span<const uint32_t> words, int64_t local_us) {
  const size_t entries = EntriesOf(words);
  const int64_t local = SecondOf(local_us);
  // A time that another offset might put outside of the table is not decided by the rest of them.
  if (local < BeginOf(words, 0) + kOffsetSeconds ||
      local >= BeginOf(words, entries - 1) - kOffsetSeconds) {
    return {};
  }
  Found found{Wall::kNever, 0};
  for (size_t i = BegunBy(words, local - kOffsetSeconds) - 1; i + 1 < entries; ++i) {
    if (BeginOf(words, i) > local + kOffsetSeconds) break;
    const int64_t second = local - OffsetOf(words, i);
    if (second < BeginOf(words, i) || second >= BeginOf(words, i + 1)) continue;
    if (found.wall == Wall::kOnce) return {Wall::kTwice, 0};
    found = {Wall::kOnce, local_us - OffsetOf(words, i) * kSecondUs};
  }
  return found;
}

std::optional<int64_t> FirstAt(std::span<const uint32_t> words, int64_t local_us) {
  const size_t entries = EntriesOf(words);
  const int64_t local = SecondOf(local_us);
  if (local < BeginOf(words, 0) + kOffsetSeconds ||
      local >= BeginOf(words, entries - 1) - kOffsetSeconds) {
    return std::nullopt;
  }
  for (size_t i = BegunBy(words, local - kOffsetSeconds) - 1; i + 1 < entries; ++i) {
    // Clocks that go forward over the time show a later one when the offset begins.
    const int64_t second = std::max(BeginOf(words, i), local - OffsetOf(words, i));
    if (second < BeginOf(words, i + 1)) return second * kSecondUs;
  }
  return std::nullopt;
}

}  // namespace cap::zone
