// Zones and schedules that generated policies use, and what they mean a second time: by the date
// library as far as it knows, and by the rule of the year from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cap::diff {

/// Europe/Berlin, America/New_York, Asia/Kolkata.
const std::vector<std::string>& ZoneNames();

/// The arguments of `schedule(…)`, each as it is written.
const std::vector<std::string>& ScheduleTexts();

/// Instants at which something about zones and schedules changes, in microseconds.
const std::vector<int64_t>& TimesOfChange();

/// What the clock on the wall shows, as if it stood in UTC; nothing outside of 1970 to 2100.
std::optional<int64_t> WallTime(const std::string& zone, int64_t us);

/// Whether the instant is within the schedule; nothing as above.
std::optional<bool> Within(const std::string& schedule, int64_t us);

/// The days since 1970 of a wall time, and the microseconds since its midnight.
int64_t WallDay(int64_t wall_us);
int64_t WallOfDay(int64_t wall_us);

}  // namespace cap::diff
