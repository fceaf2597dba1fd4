#include "runtime/value/date.h"

#include <fmt/format.h>

#include "runtime/value/calendar.h"

namespace cap {

Result<Date> ParseDate(std::string_view text) {
  Date date;
  if (TakeDate(text, date.days) && text.empty()) return date;
  return Fail("date-malformed", "a day is written like 2026-03-31");
}

std::string FormatDate(Date date) {
  if (date.days < kFirstDay || date.days >= kEndDay) return fmt::format("day {}", date.days);
  const Civil c = CivilOf(date.days);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

std::optional<Date> AddDays(Date date, Duration span) {
  int64_t days = 0;
  if (span.us % kDayUs != 0 || __builtin_add_overflow(date.days, span.us / kDayUs, &days) ||
      days < kFirstDay || days >= kEndDay) {
    return std::nullopt;
  }
  return Date{days};
}

}  // namespace cap
