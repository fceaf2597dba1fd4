// Schedules as they are written: "Mon-Fri 09:00-17:00, Sat 10:00-14:00 Europe/Berlin", and
// "2026-12-24 18:00 - 2026-12-27 08:00 Europe/Berlin".
//
//   schedule = window { "," window } " " ZONE
//   window   = day [ "-" day ] " " time "-" time
//            | date " " time " - " date " " time
//   day      = "Mon" … "Sun" · time = HH:MM, as an end also 24:00 · date = YYYY-MM-DD
//
// Days may go over the end of the week (Sat-Mon). A weekly window whose end is not after its
// beginning ends on the next day (22:00-06:00).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace cap::zones {

struct Window {
  uint32_t begin = 0;  // minutes, of the week or since 1970
  uint32_t end = 0;    // the minute after the last
  auto operator<=>(const Window&) const = default;
};

struct Schedule {
  std::string zone;  // empty before the first text
  std::vector<Window> weekly;
  std::vector<Window> dated;
  size_t windows = 0;  // that are written
};

/// Adds what one text says. All texts of a schedule name the same zone; whether it exists is not
/// asked. Error: "schedule-malformed", and the schedule is of no use then.
Result<void> AddSchedule(std::string_view text, Schedule& schedule);

/// The words of the table (runtime/value/schedule.h); `zone`: those of its zone.
std::vector<uint32_t> ScheduleWords(Schedule schedule, const std::vector<uint32_t>& zone);

}  // namespace cap::zones
