#include "compiler/zones/schedule_text.h"

#include <algorithm>
#include <array>

#include "compiler/zones/tzif.h"
#include "runtime/base/limits.h"
#include "runtime/value/calendar.h"
#include "runtime/value/quote.h"
#include "runtime/value/schedule.h"

namespace cap::zones {
namespace {

using schedule::kDayMinutes;
using schedule::kWeekMinutes;

std::unexpected<Error> Bad(std::string message) {
  return Fail("schedule-malformed", std::move(message));
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool TakeText(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

/// 0 = Monday.
bool TakeWeekday(std::string_view& text, uint32_t& day) {
  constexpr std::array<std::string_view, 7> kNames = {"Mon", "Tue", "Wed", "Thu",
                                                      "Fri", "Sat", "Sun"};
  for (day = 0; day < kNames.size(); ++day) {
    if (TakeText(text, kNames[day])) return true;
  }
  return false;
}

bool TakeMinute(std::string_view& text, bool end, uint32_t& minute) {
  int64_t hour = 0;
  int64_t rest = 0;
  const bool good = TakeNumber(text, 2, 0, end ? 24 : 23, hour) && TakeChar(text, ':') &&
                    TakeNumber(text, 2, 0, hour == 24 ? 0 : 59, rest);
  minute = static_cast<uint32_t>(hour * 60 + rest);
  return good;
}

Result<void> AddWeekly(std::string_view text, Schedule& schedule) {
  const std::string shown = QuoteCut(text);
  uint32_t first = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
  if (!TakeWeekday(text, first)) return Bad(shown + " begins with no day: Mon to Sun, or a date");
  uint32_t last = first;
  if (TakeChar(text, '-') && !TakeWeekday(text, last)) {
    return Bad(shown + " goes to no day: Mon to Sun");
  }
  if (!TakeChar(text, ' ') || !TakeMinute(text, false, begin) || !TakeChar(text, '-') ||
      !TakeMinute(text, true, end) || !text.empty()) {
    return Bad(shown + " has no hours like 09:00-17:00");
  }
  if (begin == end) return Bad(shown + " is empty; a whole day is 00:00-24:00");
  const uint32_t length = end > begin ? end - begin : end + kDayMinutes - begin;
  for (uint32_t day = first;; day = (day + 1) % 7) {
    const Window window{day * kDayMinutes + begin, day * kDayMinutes + begin + length};
    schedule.weekly.push_back({window.begin, std::min(window.end, kWeekMinutes)});
    if (window.end > kWeekMinutes) schedule.weekly.push_back({0, window.end - kWeekMinutes});
    if (day == last) return {};
  }
}

bool TakePoint(std::string_view& text, bool end, uint32_t& minute) {
  int64_t day = 0;
  const bool good = TakeDate(text, day) && TakeChar(text, ' ') && TakeMinute(text, end, minute);
  if (!good || day < DaysOf({kFirstYear, 1, 1}) || day >= DaysOf({kLastYear + 1, 1, 1})) {
    return false;
  }
  minute += static_cast<uint32_t>(day) * kDayMinutes;
  return true;
}

Result<void> AddDated(std::string_view text, Schedule& schedule) {
  const std::string shown = QuoteCut(text);
  Window window;
  if (!TakePoint(text, false, window.begin) || !TakeText(text, " - ") ||
      !TakePoint(text, true, window.end) || !text.empty()) {
    return Bad(shown + " is no window like 2026-12-24 18:00 - 2026-12-27 08:00 within the years " +
               std::to_string(kFirstYear) + " to " + std::to_string(kLastYear));
  }
  if (window.begin >= window.end) return Bad(shown + " ends before it begins");
  schedule.dated.push_back(window);
  return {};
}

/// Sorted, and apart from each other.
void Join(std::vector<Window>& windows) {
  std::ranges::sort(windows);
  std::vector<Window> joined;
  for (const Window& window : windows) {
    if (!joined.empty() && window.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, window.end);
    } else {
      joined.push_back(window);
    }
  }
  windows = std::move(joined);
}

}  // namespace

Result<void> AddSchedule(std::string_view text, Schedule& schedule) {
  const size_t space = text.rfind(' ');
  const std::string_view zone = text.substr(space == text.npos ? 0 : space + 1);
  if (space == text.npos || zone.empty() || zone.find(':') != zone.npos) {
    return Bad(QuoteCut(text) + " names no zone: windows, then a zone such as Europe/Berlin");
  }
  if (!schedule.zone.empty() && schedule.zone != zone) {
    return Bad("a schedule has one zone, but " + QuoteCut(zone) + " and " +
               QuoteCut(schedule.zone) + " are named");
  }
  schedule.zone = zone;
  if (Trimmed(text.substr(0, space)).empty()) return Bad(QuoteCut(text) + " has no window");
  for (std::string_view rest = text.substr(0, space); !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view window = Trimmed(rest.substr(0, comma));
    const bool more = comma < rest.size();
    rest.remove_prefix(comma + (more ? 1 : 0));
    if (more && Trimmed(rest).empty()) return Bad(QuoteCut(text) + " ends with a comma");
    if (++schedule.windows > limits::kScheduleWindows) {
      return Bad("a schedule has at most " + std::to_string(limits::kScheduleWindows) +
                 " windows");
    }
    const bool dated = !window.empty() && window.front() >= '0' && window.front() <= '9';
    const Result<void> added = dated ? AddDated(window, schedule) : AddWeekly(window, schedule);
    if (!added) return added;
  }
  return {};
}

std::vector<uint32_t> ScheduleWords(Schedule schedule, const std::vector<uint32_t>& zone) {
  Join(schedule.weekly);
  Join(schedule.dated);
  std::vector<uint32_t> words = {static_cast<uint32_t>(schedule.weekly.size()),
                                 static_cast<uint32_t>(schedule.dated.size())};
  for (const std::vector<Window>* windows : {&schedule.weekly, &schedule.dated}) {
    for (const Window& window : *windows) {
      words.push_back(window.begin);
      words.push_back(window.end);
    }
  }
  words.insert(words.end(), zone.begin(), zone.end());
  return words;
}

}  // namespace cap::zones
