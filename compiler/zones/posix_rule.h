// The rule at the end of a zone's file, by which its clocks go from then on: the TZ text of POSIX
// with the extensions of RFC 8536, "CET-1CEST,M3.5.0,M10.5.0/3".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cap::zones {

/// When in a year the clocks change.
struct ChangeDay {
  enum class Kind : uint8_t {
    kWeekday,  // M month.week.day: the week-th (5: the last) such day of the week, 0 = Sunday
    kNoLeap,   // J day: 1 to 365, February 29 is never counted
    kDay,      // day: 0 to 365
  };
  Kind kind = Kind::kWeekday;
  int64_t month = 1;
  int64_t week = 1;
  int64_t day = 0;
  int64_t second = 7'200;  // of the clock that is in force until then
};

struct PosixRule {
  int64_t standard = 0;  // seconds east of UTC
  bool changes = false;  // whether there is summer time; the rest is of it
  int64_t summer = 0;
  ChangeDay to_summer;
  ChangeDay to_standard;
};

/// Nothing: it is no such rule.
std::optional<PosixRule> ReadPosixRule(std::string_view text);

/// The second since 1970, in UTC, of the change of a year; `offset` is in force until then.
int64_t SecondOf(const ChangeDay& change, int64_t year, int64_t offset);

}  // namespace cap::zones
