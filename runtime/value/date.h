// Calendar days, and their one text form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace cap {

/// "2026-03-31": a day of the proleptic Gregorian calendar, years 0001 to 9999, and nothing else
/// before or behind it. Error: date-malformed.
Result<Date> ParseDate(std::string_view text);

/// "2026-03-31". A day outside the years 0001 to 9999 prints as its number.
std::string FormatDate(Date date);

/// The day so much later; nothing where the span is not of whole days, or the day is outside of
/// the years 0001 to 9999.
std::optional<Date> AddDays(Date date, Duration span);

}  // namespace cap
