// Windows of time by the clock on the wall of one zone: "Mon-Fri 09:00-17:00 Europe/Berlin". Words
// of a table that a bundle carries (runtime/program/table.h).
//
//   words[0]   how many weekly windows · words[1] how many dated ones · at least one in all
//   then       the weekly ones, two words each: first minute and minute after the last, from the
//              beginning of Monday; sorted, apart from each other, at most the end of Sunday
//   then       the dated ones, the same, from the beginning of 1970
//   then       the zone's table (zone.h)
//
// A time is within a window where the clock on the wall shows a time within it: an hour that is
// skipped is never, an hour that is doubled is so both times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace cap::schedule {

inline constexpr uint32_t kHeaderWords = 2;
inline constexpr uint32_t kDayMinutes = 24 * 60;
inline constexpr uint32_t kWeekMinutes = 7 * kDayMinutes;

/// Whether the words are such a table. Contains() is for those that are.
bool IsTable(std::span<const uint32_t> words);

/// Whether the instant is within a window; nothing outside of the zone's table. Cost: three binary
/// searches.
std::optional<bool> Contains(std::span<const uint32_t> words, int64_t us);

}  // namespace cap::schedule
