// The clocks of one time zone: what is to be added to UTC, and from when on. Words of a table that
// a bundle carries (runtime/program/table.h), so that a decision needs no file of the machine.
//
//   words[3 i], [3 i + 1]   low and high half of the second since 1970, with a sign, at which the
//                           offset begins; each later than the one before
//   words[3 i + 2]          the offset in seconds, with a sign, east of UTC, less than a day
//
// The last entry ends the table and has the offset 0: of times before the first and from the last
// on nothing is known.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace cap::zone {

inline constexpr uint32_t kEntryWords = 3;
inline constexpr int64_t kOffsetSeconds = 86'400;  // every offset is smaller, either way

/// Whether the words are such a table. The functions below are for those that are.
bool IsTable(std::span<const uint32_t> words);

/// What a clock on the wall shows, in microseconds as if it stood in UTC; nothing outside of the
/// table. Cost: a binary search.
std::optional<int64_t> LocalOf(std::span<const uint32_t> words, int64_t us);

enum class Wall : uint8_t {
  kOnce,     // the clock on the wall shows this time once
  kNever,    // it is skipped: clocks go forward over it
  kTwice,    // it is doubled: clocks go back over it
  kUnknown,  // outside of the table
};
struct Found {
  Wall wall = Wall::kUnknown;
  int64_t us = 0;  // kOnce: the instant
};

/// The instant at which the clock on the wall shows `local_us`. Cost: a binary search, and the
/// offsets that begin within a day of it.
Found InstantOf(std::span<const uint32_t> words, int64_t local_us);

/// The first instant at which the clock on the wall shows `local_us` or later; nothing outside of
/// the table. `local_us` is a whole second. Cost: as of InstantOf().
std::optional<int64_t> FirstAt(std::span<const uint32_t> words, int64_t local_us);

/// Appends an entry.
template <typename Words>
void Append(int64_t begin_s, int64_t offset_s, Words& words) {
  words.push_back(static_cast<uint32_t>(begin_s));
  words.push_back(static_cast<uint32_t>(static_cast<uint64_t>(begin_s) >> 32));
  words.push_back(static_cast<uint32_t>(offset_s));
}

}  // namespace cap::zone
