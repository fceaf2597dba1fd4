#include "runtime/value/instant.h"

#include <fmt/format.h>

#include "runtime/value/calendar.h"

namespace cap {
namespace {

bool TakeOffset(std::string_view& text, int64_t& us) {
  us = 0;
  if (TakeChar(text, 'Z')) return true;
  const bool east = text.starts_with('+');
  int64_t hours = 0;
  int64_t minutes = 0;
  const bool good = (TakeChar(text, '+') || TakeChar(text, '-')) &&
                    TakeNumber(text, 2, 0, 23, hours) && TakeChar(text, ':') &&
                    TakeNumber(text, 2, 0, 59, minutes);
  if (!good) return false;
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
  if (TakeDate(text, days) && TakeChar(text, 'T') && TakeTime(text, time_us) &&
      TakeOffset(text, offset_us) && text.empty()) {
    const int64_t us = days * kDayUs + time_us - offset_us;
    if (us >= kFirstUs && us < kEndUs) return Instant{us};
  }
  return Fail("instant-malformed",
              "a time is written like 2026-03-31T12:00:00Z, with Z or an offset");
}

Result<int64_t> ParseWallTime(std::string_view text) {
  int64_t days = 0;
  int64_t time_us = 0;
  if (TakeDate(text, days) && TakeChar(text, 'T') && TakeTime(text, time_us) && text.empty()) {
    return days * kDayUs + time_us;
  }
  return Fail("instant-malformed",
              "a time of a zone is written like 2026-03-31T12:00:00, without an offset");
}

std::string FormatInstant(Instant instant) {
  if (instant.us < kFirstUs || instant.us >= kEndUs) return fmt::format("{} us", instant.us);
  const int64_t day = DayOfUs(instant.us);
  const int64_t us = instant.us - day * kDayUs;
  const Civil c = CivilOf(day);
  const int64_t seconds = us / kSecondUs;
  const int64_t fraction = us % kSecondUs;
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day,
                                seconds / 3'600, seconds / 60 % 60, seconds % 60);
  if (fraction != 0) out += fmt::format(".{:06}", fraction);
  out += 'Z';
  return out;
}

}  // namespace cap
