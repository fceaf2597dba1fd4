#include "runtime/value/schedule.h"

#include "runtime/base/limits.h"
#include "runtime/value/calendar.h"
#include "runtime/value/zone.h"

namespace cap::schedule {
namespace {

constexpr int64_t kMinuteUs = 60 * kSecondUs;

/// The parts of a table whose counts fit it.
struct Parts {
  std::span<const uint32_t> weekly;
  std::span<const uint32_t> dated;
  std::span<const uint32_t> zone;
};

Parts PartsOf(std::span<const uint32_t> words) {
  const size_t weekly = size_t{words[0]} * 2;
  const size_t dated = size_t{words[1]} * 2;
  return {words.subspan(kHeaderWords, weekly), words.subspan(kHeaderWords + weekly, dated),
          words.subspan(kHeaderWords + weekly + dated)};
}

bool AreWindows(std::span<const uint32_t> windows, uint32_t end) {
  uint32_t before = 0;
  for (size_t i = 0; i < windows.size(); i += 2) {
    if (windows[i] < before || windows[i] >= windows[i + 1]) return false;
    before = windows[i + 1];
  }
  return before <= end;
}

bool IsWithin(std::span<const uint32_t> windows, int64_t minute) {
  size_t low = 0;  // of the windows, the first that begins after the minute
  size_t high = windows.size() / 2;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (windows[middle * 2] <= minute) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 && minute < windows[low * 2 - 1];
}

}  // namespace

bool IsTable(std::span<const uint32_t> words) {
  if (words.size() < kHeaderWords) return false;
  const uint64_t windows = uint64_t{words[0]} + words[1];
  if (windows == 0 || windows > limits::kScheduleSpans) return false;
  if (words.size() < kHeaderWords + windows * 2) return false;
  const Parts parts = PartsOf(words);
  return AreWindows(parts.weekly, kWeekMinutes) && AreWindows(parts.dated, UINT32_MAX) &&
         zone::IsTable(parts.zone);
}

std::optional<bool> Contains(std::span<const uint32_t> words, int64_t us) {
  const Parts parts = PartsOf(words);
  const std::optional<int64_t> local = zone::LocalOf(parts.zone, us);
  if (!local) return std::nullopt;
  const int64_t day = DayOfUs(*local);
  const int64_t minute = (*local - day * kDayUs) / kMinuteUs;
  return IsWithin(parts.weekly, (WeekdayOf(day) - 1) * kDayMinutes + minute) ||
         IsWithin(parts.dated, day * kDayMinutes + minute);
}

}  // namespace cap::schedule
