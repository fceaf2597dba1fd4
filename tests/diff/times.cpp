#include "tests/diff/times.h"

#include <date/tz.h>

#include <array>
#include <ctime>
#include <map>

namespace cap::diff {
namespace {

constexpr int64_t kUs = 1'000'000;
constexpr int64_t kEndSecond = 4'133'980'800;      // 2101-01-01
constexpr int64_t kLibraryEnd = 2'114'380'800;     // 2037-01-01

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

tm CalendarOf(int64_t second) {
  const time_t time = second;
  tm out{};
  gmtime_r(&time, &out);
  return out;
}

/// The second of the n-th Sunday of a month (0: the last) at an hour of UTC.
int64_t SundayOf(int year, int month, int nth, int hour) {
  tm day{};
  day.tm_year = year - 1900;
  day.tm_mon = nth == 0 ? month : month - 1;
  day.tm_mday = nth == 0 ? 0 : 1;  // the last day of the month before the next one
  int64_t second = timegm(&day);
  const int weekday = CalendarOf(second).tm_wday;
  if (nth == 0) {
    second -= weekday * 86'400;
  } else {
    second += ((7 - weekday) % 7 + (nth - 1) * 7) * 86'400;
  }
  return second + hour * 3'600;
}

int64_t OffsetByRule(const std::string& zone, int64_t second) {
  const int year = CalendarOf(second).tm_year + 1900;
  if (zone == "Europe/Berlin") {
    const bool summer = second >= SundayOf(year, 3, 0, 1) && second < SundayOf(year, 10, 0, 1);
    return summer ? 7'200 : 3'600;
  }
  if (zone == "America/New_York") {
    const bool summer = second >= SundayOf(year, 3, 2, 7) && second < SundayOf(year, 11, 1, 6);
    return summer ? -14'400 : -18'000;
  }
  return 19'800;  // Asia/Kolkata
}

int64_t OffsetByLibrary(const std::string& zone, int64_t second) {
  static std::map<std::string, const date::time_zone*> known;
  const date::time_zone*& found = known[zone];
  if (found == nullptr) found = date::locate_zone(zone);
  return found->get_info(date::sys_seconds(std::chrono::seconds(second))).offset.count();
}

bool IsDay(const tm& local, int first, int last) {  // 0 = Sunday; over the week's end
  return first <= last ? local.tm_wday >= first && local.tm_wday <= last
                       : local.tm_wday >= first || local.tm_wday <= last;
}

}  // namespace

const std::vector<std::string>& ZoneNames() {
  static const std::vector<std::string> kNames = {"Europe/Berlin", "America/New_York",
                                                  "Asia/Kolkata"};
  return kNames;
}

const std::vector<std::string>& ScheduleTexts() {
  static const std::vector<std::string> kTexts = {
      "\"Mon-Fri 09:00-17:00 Europe/Berlin\"", "\"Sat-Sun 22:00-06:00 America/New_York\"",
      "\"2027-01-15 07:00 - 2027-01-16 13:30 Asia/Kolkata\", \"Mon 00:00-24:00 Asia/Kolkata\""};
  return kTexts;
}

const std::vector<int64_t>& TimesOfChange() {
  static const std::vector<int64_t> kTimes = [] {
    std::vector<int64_t> seconds = {0, 1, kEndSecond - 1, kEndSecond, -1};
    // 2027-01-15 was a Friday. Beginnings and ends of windows, midnights, changes of clocks.
    static constexpr int64_t kOf2027[] = {
        1'800'000'000, 1'800'028'800, 1'800'154'800, 1'800'183'600, 1'799'976'600,
        1'800'086'400, 1'799'967'600, 1'806'195'600, 1'806'282'000, 1'824'944'400,
        1'805'007'600, 1'825'567'200, 1'825'545'600, 2'531'955'600, 1'799'951'400};
    seconds.insert(seconds.end(), std::begin(kOf2027), std::end(kOf2027));
    std::vector<int64_t> times;
    for (const int64_t second : seconds) {
      for (const int64_t step : {-1, 0, 1}) times.push_back(second * kUs + step);
    }
    return times;
  }();
  return kTimes;
}

std::optional<int64_t> WallTime(const std::string& zone, int64_t us) {
  const int64_t second = FloorDiv(us, kUs);
  if (second < 0 || second >= kEndSecond) return std::nullopt;
  const int64_t offset =
      second < kLibraryEnd ? OffsetByLibrary(zone, second) : OffsetByRule(zone, second);
  return us + offset * kUs;
}

int64_t WallDay(int64_t wall_us) { return FloorDiv(wall_us, 86'400 * kUs); }
int64_t WallOfDay(int64_t wall_us) { return wall_us - WallDay(wall_us) * 86'400 * kUs; }

std::optional<bool> Within(const std::string& schedule, int64_t us) {
  const std::vector<std::string>& texts = ScheduleTexts();
  const size_t nth = schedule == texts[0] ? 0 : schedule == texts[1] ? 1 : 2;
  const std::optional<int64_t> wall = WallTime(ZoneNames()[nth], us);
  if (!wall) return std::nullopt;
  const int64_t second = FloorDiv(*wall, kUs);
  const tm local = CalendarOf(second);
  if (nth == 0) return IsDay(local, 1, 5) && local.tm_hour >= 9 && local.tm_hour < 17;
  if (nth == 1) {
    return (IsDay(local, 6, 0) && local.tm_hour >= 22) ||
           (IsDay(local, 0, 1) && local.tm_hour < 6);
  }
  // 2027-01-15T07:00 and 2027-01-16T13:30, as if they were of UTC.
  return IsDay(local, 1, 1) || (second >= 1'799'996'400 && second < 1'800'106'200);
}

}  // namespace cap::diff
