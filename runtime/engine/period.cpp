#include "runtime/engine/period.h"

#include "runtime/value/calendar.h"
#include "runtime/value/zone.h"

namespace cap::engine {
namespace {

constexpr int64_t kHourUs = 3'600 * kSecondUs;

/// The first day of the period that the day belongs to, and that of the `step`-th one after it.
int64_t FirstDay(Period period, int64_t day, int64_t step) {
  if (period == Period::kWeek) return day - (WeekdayOf(day) - 1) + 7 * step;
  if (period != Period::kMonth) return day + step;
  const Civil date = CivilOf(day);
  const int64_t months = date.year * 12 + date.month - 1 + step;
  return DaysOf({months / 12, months % 12 + 1, 1});
}

std::optional<int64_t> MidnightOf(std::span<const uint32_t> zone, int64_t day) {
  if (day < kFirstDay || day >= kEndDay) return std::nullopt;
  if (zone.empty()) return day * kDayUs;
  return zone::FirstAt(zone, day * kDayUs);
}

std::optional<PeriodBounds> DaysFrom(std::span<const uint32_t> zone, int64_t first, int64_t end) {
  const auto begin_us = MidnightOf(zone, first);
  const auto end_us = MidnightOf(zone, end);
  if (!begin_us || !end_us) return std::nullopt;
  return PeriodBounds{*begin_us, *end_us};
}

}  // namespace

std::optional<PeriodBounds> BoundsOf(Period period, std::span<const uint32_t> zone,
                                     int64_t now_us) {
  if (period == Period::kTotal || now_us < kFirstUs || now_us >= kEndUs) return std::nullopt;
  if (period == Period::kHour) {
    const int64_t begin = now_us - (now_us % kHourUs + kHourUs) % kHourUs;
    return PeriodBounds{begin, begin + kHourUs};
  }
  const auto local = zone.empty() ? std::optional(now_us) : zone::LocalOf(zone, now_us);
  if (!local) return std::nullopt;
  const int64_t day = DayOfUs(*local);
  // Where clocks go back over midnight, the wall shows yesterday again although today has begun.
  for (const int64_t step : {int64_t{0}, int64_t{1}, int64_t{-1}}) {
    const auto bounds =
        DaysFrom(zone, FirstDay(period, day, step), FirstDay(period, day, step + 1));
    if (bounds && bounds->begin_us <= now_us && now_us < bounds->end_us) return bounds;
  }
  return std::nullopt;
}

}  // namespace cap::engine
