// The proleptic Gregorian calendar, and the parts of times as they are written.
#pragma once

#include <cstdint>
#include <string_view>

namespace cap {

inline constexpr int64_t kSecondUs = 1'000'000;
inline constexpr int64_t kDayUs = 86'400 * kSecondUs;

struct Civil {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
};

// Days since 1970-01-01, by eras of 400 years that begin on the first of March, so that the leap
// day is the last day of a year.
constexpr int64_t DaysOf(Civil c) {
  const int64_t year = c.month <= 2 ? c.year - 1 : c.year;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (c.month > 2 ? c.month - 3 : c.month + 9) + 2) / 5 + c.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr Civil CivilOf(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted + 2) / 5 + 1};
}

// The years 0001 to 9999, in days and in microseconds.
inline constexpr int64_t kFirstDay = DaysOf({1, 1, 1});
inline constexpr int64_t kEndDay = DaysOf({10'000, 1, 1});
inline constexpr int64_t kFirstUs = kFirstDay * kDayUs;
inline constexpr int64_t kEndUs = kEndDay * kDayUs;

/// The day that a time belongs to, rounded down: a time before 1970 is on the day before.
constexpr int64_t DayOfUs(int64_t us) { return us / kDayUs - (us % kDayUs < 0 ? 1 : 0); }

/// 1 = Monday to 7 = Sunday, of any number of days.
constexpr int64_t WeekdayOf(int64_t days) {
  const int64_t since_thursday = days % 7;  // 1970-01-01 was one
  return (since_thursday + 7 + 3) % 7 + 1;
}

// Each takes what it names off the front of `text`; false: it is not there, and `text` is anything.
bool TakeChar(std::string_view& text, char c);
bool TakeDate(std::string_view& text, int64_t& days);  // 2026-03-31, years 0001 to 9999
bool TakeTime(std::string_view& text, int64_t& us);    // 23:59:59, up to six digits of a second
/// Exactly `width` digits, as a number from `low` to `high`.
bool TakeNumber(std::string_view& text, size_t width, int64_t low, int64_t high, int64_t& number);

}  // namespace cap
