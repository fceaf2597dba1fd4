// Schedules: what texts mean, minute by minute, against the C library's clock; what is refused.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>

#include "compiler/zones/schedule_text.h"
#include "compiler/zones/zone_files.h"
#include "runtime/base/limits.h"
#include "runtime/value/calendar.h"
#include "runtime/value/schedule.h"
#include "runtime/value/zone.h"

namespace cap {
namespace {

/// Days from Monday, and the hours as they are written; a window over midnight belongs to the day
/// on which it begins.
struct Rule {
  int first_day, last_day, begin, end;
};

bool Holds(const Rule& rule, const tm& local) {
  const int today = (local.tm_wday + 6) % 7;
  const int minute = local.tm_hour * 60 + local.tm_min;
  const auto is_day = [&](int day) {
    return rule.first_day <= rule.last_day ? day >= rule.first_day && day <= rule.last_day
                                           : day >= rule.first_day || day <= rule.last_day;
  };
  if (rule.end > rule.begin) return is_day(today) && minute >= rule.begin && minute < rule.end;
  return (is_day(today) && minute >= rule.begin) || (is_day((today + 6) % 7) && minute < rule.end);
}

std::vector<uint32_t> WordsOf(const char* text) {
  zones::Schedule schedule;
  REQUIRE(zones::AddSchedule(text, schedule).has_value());
  const auto zone = zones::LoadZone(schedule.zone);
  REQUIRE(zone.has_value());
  return zones::ScheduleWords(schedule, *zone);
}

TEST_CASE("a schedule holds when the C library's clock shows a time of it") {
  struct Case {
    const char* text;
    const char* zone;
    Rule rule;
  };
  const Case cases[] = {
      {"Mon-Fri 09:00-17:00 Europe/Berlin", "Europe/Berlin", {0, 4, 540, 1'020}},
      {"Sat-Sun 22:00-06:00 Europe/Berlin", "Europe/Berlin", {5, 6, 1'320, 360}},
      {"Sun 02:00-03:00 America/New_York", "America/New_York", {6, 6, 120, 180}},
      {"Sat-Mon 00:00-24:00 Australia/Lord_Howe", "Australia/Lord_Howe", {5, 0, 0, 1'440}},
      {"Sun 23:59-00:01 Asia/Kathmandu", "Asia/Kathmandu", {6, 6, 1'439, 1}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::vector<uint32_t> words = WordsOf(c.text);
    REQUIRE(schedule::IsTable(words));
    setenv("TZ", c.zone, 1);
    tzset();
    uint64_t inside = 0;
    // Two years from 2026 on and one after 2038, a step that meets every minute of a week.
    for (const int64_t start : {int64_t{1'767'225'600}, int64_t{2'240'524'800}}) {
      for (int64_t at = start; at < start + 400 * 86'400; at += 599) {
        const time_t time = at;
        tm local{};
        localtime_r(&time, &local);
        const bool wanted = Holds(c.rule, local);
        const bool same = schedule::Contains(words, at * kSecondUs) == wanted;
        if (!same) FAIL_CHECK("another answer at ", at);
        if (wanted) ++inside;
      }
    }
    CHECK(inside > 10);  // the narrowest window has two minutes a week
  }
  unsetenv("TZ");
  tzset();
}

TEST_CASE("windows that overlap or touch are one") {
  zones::Schedule schedule;
  for (const char* text : {"Mon 09:00-12:00, Mon 11:00-13:00, Mon 13:00-14:00 UTC",
                           "2026-01-01 00:00 - 2026-01-02 00:00 UTC",
                           "2026-01-01 12:00 - 2026-01-03 24:00 UTC"}) {
    REQUIRE(zones::AddSchedule(text, schedule).has_value());
  }
  const auto words = zones::ScheduleWords(schedule, zones::LoadZone("UTC").value());
  CHECK(words[0] == 1);
  CHECK(words[1] == 1);
  CHECK(words[2] == 540);
  CHECK(words[3] == 840);
  CHECK(words[5] - words[4] == 3 * 1'440);
}

TEST_CASE("what is no schedule") {
  for (const char* text :
       {"", " ", "UTC", " UTC", "Mon", "Mon UTC", "Mon 09:00-17:00", "Mon 9:00-17:00 UTC",
        "Mon 09:00-25:00 UTC", "Mon 24:00-25:00 UTC", "Mon 09:60-10:00 UTC", "Mon 09:00 UTC",
        "mon 09:00-17:00 UTC", "Monday 09:00-17:00 UTC", "Mon- 09:00-17:00 UTC",
        "Mon-Fri-Sat 09:00-17:00 UTC", "Mon 09:00-09:00 UTC", "Mon 09:00-17:00, UTC",
        "Mon 09:00-17:00,, Tue 09:00-17:00 UTC", ", UTC", "Mon 09:00-17:00 UTC ",
        "Mon 09:00 - 17:00 UTC", "09:00-17:00 UTC", "Mon 09:00-17:00\n UTC",
        "2026-02-30 00:00 - 2026-03-01 00:00 UTC", "2026-03-01 00:00 - 2026-03-01 00:00 UTC",
        "2026-03-02 00:00 - 2026-03-01 00:00 UTC", "2026-03-01 - 2026-03-02 UTC",
        "1969-12-31 00:00 - 1970-01-02 00:00 UTC", "2100-12-31 00:00 - 2101-01-01 00:00 UTC"}) {
    CAPTURE(text);
    zones::Schedule schedule;
    const Result<void> added = zones::AddSchedule(text, schedule);
    CHECK((!added.has_value() && added.error().code == "schedule-malformed"));
  }
  zones::Schedule two;
  REQUIRE(zones::AddSchedule("Mon 09:00-17:00 UTC", two).has_value());
  CHECK_FALSE(zones::AddSchedule("Tue 09:00-17:00 Asia/Tokyo", two).has_value());
  std::string many = "Mon 09:00-17:00";
  for (uint32_t i = 1; i < limits::kScheduleWindows; ++i) many += ", Sat-Fri 22:00-06:00";
  zones::Schedule full;
  REQUIRE(zones::AddSchedule(many + " UTC", full).has_value());
  CHECK(schedule::IsTable(zones::ScheduleWords(full, zones::LoadZone("UTC").value())));
  CHECK_FALSE(zones::AddSchedule("Mon 09:00-17:00 UTC", full).has_value());
}

}  // namespace
}  // namespace cap
