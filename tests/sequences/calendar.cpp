#include "tests/sequences/calendar.h"

#include <chrono>
#include <stdexcept>

namespace cap::sequences {
namespace {

using std::chrono::day;
using std::chrono::last;
using std::chrono::month;
using std::chrono::Monday;
using std::chrono::Sunday;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

int64_t InstantOf(sys_days date) { return date.time_since_epoch().count() * kDay; }

/// The `nth` Sunday of the month; 0: its last.
int64_t SundayOf(int y, unsigned m, unsigned nth) {
  if (nth == 0) return InstantOf(sys_days(year(y) / month(m) / Sunday[last]));
  return InstantOf(sys_days(year(y) / month(m) / Sunday[nth]));
}

/// When summer begins and ends in a year, in UTC.
struct Summer {
  int64_t begin_us, end_us;
};

Summer SummerOf(const std::string& zone, int y) {
  if (zone == "Europe/Berlin") return {SundayOf(y, 3, 0) + kHour, SundayOf(y, 10, 0) + kHour};
  if (zone == "America/New_York") {  // both at 02:00 of the clock that is left
    return {SundayOf(y, 3, 2) + 7 * kHour, SundayOf(y, 11, 1) + 6 * kHour};
  }
  // 00:00 of the winter's clock, both times: 01:00 of the summer's.
  return {SundayOf(y, 3, 2) + 5 * kHour, SundayOf(y, 11, 1) + 5 * kHour};
}

/// How far the wall is ahead of UTC.
int64_t AheadAt(const std::string& zone, int64_t at_us) {
  if (zone == "UTC") return 0;
  if (zone == "Asia/Kathmandu") return 5 * kHour + 45 * kMinute;
  const auto today = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(at_us)));
  const int y = static_cast<int>(year_month_day(today).year());
  if (zone == "Australia/Lord_Howe") {  // winter, of half an hour, lies within the year
    const int64_t winter = SundayOf(y, 4, 1) + 2 * kHour - 11 * kHour;
    const int64_t summer = SundayOf(y, 10, 1) + 2 * kHour - (10 * kHour + 30 * kMinute);
    return winter <= at_us && at_us < summer ? 10 * kHour + 30 * kMinute : 11 * kHour;
  }
  int64_t ahead = 0;
  if (zone == "Europe/Berlin") {
    ahead = kHour;
  } else if (zone == "America/New_York" || zone == "America/Havana") {
    ahead = -5 * kHour;
  } else {
    throw std::logic_error("no rules of the zone " + zone);
  }
  const Summer summer = SummerOf(zone, y);
  return summer.begin_us <= at_us && at_us < summer.end_us ? ahead + kHour : ahead;
}

/// The first instant at which the wall shows that day. Clocks change at quarters of an hour.
int64_t FirstAt(const std::string& zone, int64_t midnight_us) {
  int64_t at_us = midnight_us - 15 * kHour;
  while (at_us + AheadAt(zone, at_us) < midnight_us) at_us += 15 * kMinute;
  return at_us;
}

/// The first day of the period that the day lies in, and of that `step` periods later.
sys_days FirstDay(Every every, sys_days today, int step) {
  if (every == Every::kDay) return today + std::chrono::days(step);
  if (every == Every::kWeek) {
    return today - (weekday(today) - Monday) + std::chrono::weeks(step);
  }
  const year_month_day date(today);
  return sys_days(date.year() / date.month() / day(1) + std::chrono::months(step));
}

}  // namespace

PeriodOf PeriodAt(Every every, const std::string& zone, int64_t at_us) {
  if (every == Every::kHour) return {at_us / kHour * kHour, at_us / kHour * kHour + kHour};
  const int64_t shown_us = at_us + AheadAt(zone, at_us);
  const sys_days today{std::chrono::days(shown_us / kDay)};
  return {FirstAt(zone, InstantOf(FirstDay(every, today, 0))),
          FirstAt(zone, InstantOf(FirstDay(every, today, 1)))};
}

}  // namespace cap::sequences
