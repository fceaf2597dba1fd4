#include "runtime/value/instant.h"

#include <fmt/format.h>

namespace cap {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kDayUs = 86'400 * kSecondUs;

struct Civil {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
};

// Days since 1970-01-01 in the proleptic Gregorian calendar, by eras of 400 years that begin on
// the first of March, so that the leap day is the last day of a year.
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

constexpr int64_t kFirstUs = DaysOf({1, 1, 1}) * kDayUs;
constexpr int64_t kEndUs = DaysOf({10'000, 1, 1}) * kDayUs;

int64_t DaysIn(int64_t year, int64_t month) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap ? 29 : kDays[month - 1];
}

/// Takes exactly `width` digits off the front of `text`; -1 if they are not there.
int64_t TakeDigits(std::string_view& text, size_t width) {
  if (text.size() < width) return -1;
  int64_t value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool InRange(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }

bool TakeDate(std::string_view& text, int64_t& days) {
  Civil c;
  c.year = TakeDigits(text, 4);
  if (c.year < 1 || !Take(text, '-')) return false;
  c.month = TakeDigits(text, 2);
  if (!InRange(c.month, 1, 12) || !Take(text, '-')) return false;
  c.day = TakeDigits(text, 2);
  if (!InRange(c.day, 1, DaysIn(c.year, c.month))) return false;
  days = DaysOf(c);
  return true;
}

bool TakeTime(std::string_view& text, int64_t& us) {
  const int64_t hour = TakeDigits(text, 2);
  if (!InRange(hour, 0, 23) || !Take(text, ':')) return false;
  const int64_t minute = TakeDigits(text, 2);
  if (!InRange(minute, 0, 59) || !Take(text, ':')) return false;
  const int64_t second = TakeDigits(text, 2);
  if (!InRange(second, 0, 59)) return false;
  us = ((hour * 60 + minute) * 60 + second) * kSecondUs;
  if (!Take(text, '.')) return true;
  int64_t unit = kSecondUs;
  int64_t fraction = 0;
  while (unit > 1 && !text.empty() && text.front() >= '0' && text.front() <= '9') {
    fraction = fraction * 10 + TakeDigits(text, 1);
    unit /= 10;
  }
  us += fraction * unit;
  return unit < kSecondUs;  // at least one digit; a seventh is left over and refused as such
}

bool TakeOffset(std::string_view& text, int64_t& us) {
  us = 0;
  if (Take(text, 'Z')) return true;
  const bool east = text.starts_with('+');
  if (!Take(text, '+') && !Take(text, '-')) return false;
  const int64_t hours = TakeDigits(text, 2);
  if (!InRange(hours, 0, 23) || !Take(text, ':')) return false;
  const int64_t minutes = TakeDigits(text, 2);
  if (!InRange(minutes, 0, 59)) return false;
  us = (hours * 60 + minutes) * 60 * kSecondUs;
  if (!east && us == 0) return false;  // "-00:00" says that the offset is unknown
  if (!east) us = -us;
  return true;
}

}  // namespace

Result<Instant> ParseInstant(std::string_view text) {
  int64_t days = 0;
  int64_t time_us = 0;
  int64_t offset_us = 0;
  if (TakeDate(text, days) && Take(text, 'T') && TakeTime(text, time_us) &&
      TakeOffset(text, offset_us) && text.empty()) {
    const int64_t us = days * kDayUs + time_us - offset_us;
    if (us >= kFirstUs && us < kEndUs) return Instant{us};
  }
  return Fail("instant-malformed",
              "a time is written like 2026-03-31T12:00:00Z, with Z or an offset");
}

std::string FormatInstant(Instant instant) {
  if (instant.us < kFirstUs || instant.us >= kEndUs) return fmt::format("{} us", instant.us);
  int64_t days = instant.us / kDayUs;
  int64_t us = instant.us % kDayUs;
  if (us < 0) {
    days -= 1;
    us += kDayUs;
  }
  const Civil c = CivilOf(days);
  const int64_t seconds = us / kSecondUs;
  const int64_t fraction = us % kSecondUs;
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day,
                                seconds / 3'600, seconds / 60 % 60, seconds % 60);
  if (fraction != 0) out += fmt::format(".{:06}", fraction);
  out += 'Z';
  return out;
}

}  // namespace cap
