// Time: tables as a bundle could hold them, files and rules of zones, texts of schedules, dates and
// local times. What is accepted keeps its promises at every one of its boundaries.
#include <string>

#include "compiler/zones/posix_rule.h"
#include "compiler/zones/schedule_text.h"
#include "compiler/zones/tzif.h"
#include "runtime/value/calendar.h"
#include "runtime/value/date.h"
#include "runtime/value/instant.h"
#include "runtime/value/schedule.h"
#include "runtime/value/zone.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

std::vector<uint32_t> WordsOf(Bytes& bytes) {
  std::vector<uint32_t> words;
  while (!bytes.empty()) {
    const uint64_t word = bytes.Chance(128) ? bytes.Byte() : bytes.Word();
    words.push_back(static_cast<uint32_t>(word));
  }
  return words;
}

void CheckAt(const std::vector<uint32_t>& words, int64_t us) {
  const std::optional<int64_t> local = zone::LocalOf(words, us);
  if (!local) return;
  const zone::Found found = zone::InstantOf(words, *local);
  Require(found.wall != zone::Wall::kNever, "a time that was shown is never shown");
  Require(found.wall != zone::Wall::kOnce || found.us == us, "a time leads to another instant");
}

/// A table that is none only by its size: random words are hardly ever one.
std::vector<uint32_t> MadeZone(Bytes& bytes) {
  constexpr int64_t kHour = 3'600;
  std::vector<uint32_t> words;
  int64_t begin = DaysOf({1971 + bytes.Below(100), 1, 1}) * 24 * kHour;
  while (!bytes.empty()) {
    zone::Append(begin, (int64_t{bytes.Below(105)} - 52) * kHour / 4, words);
    begin += 1 + int64_t{bytes.Below(64)} * kHour + (bytes.Chance(64) ? bytes.Below(65536) : 0);
  }
  zone::Append(begin, 0, words);
  return words;
}

int64_t BeginUs(const std::vector<uint32_t>& words, size_t i) {
  return static_cast<int64_t>(uint64_t{words[i + 1]} << 32 | words[i]) * kSecondUs;
}
int64_t OffsetUs(const std::vector<uint32_t>& words, size_t i) {
  return static_cast<int32_t>(words[i + 2]) * kSecondUs;
}

/// The same without its search: every entry that shows this local time is counted.
void CheckLocal(const std::vector<uint32_t>& words, int64_t local) {
  const zone::Found found = zone::InstantOf(words, local);
  if (found.wall == zone::Wall::kUnknown) return;  // too near to an end of the table
  size_t shown = 0;
  int64_t us = 0;
  for (size_t i = 0; i + zone::kEntryWords < words.size(); i += zone::kEntryWords) {
    const int64_t at = local - OffsetUs(words, i);
    if (at < BeginUs(words, i) || at >= BeginUs(words, i + zone::kEntryWords)) continue;
    us = at;
    ++shown;
  }
  const zone::Wall wall = shown == 0   ? zone::Wall::kNever
                          : shown == 1 ? zone::Wall::kOnce
                                       : zone::Wall::kTwice;
  Require(found.wall == wall, "a local time is shown another number of times");
  Require(shown != 1 || found.us == us, "a local time is another instant");
}

void CheckZone(const std::vector<uint32_t>& words) {
  if (!zone::IsTable(words)) return;
  for (size_t i = 0; i < words.size(); i += zone::kEntryWords) {
    const int64_t begin = BeginUs(words, i);
    for (const int64_t us : {begin - 1, begin, begin + 1}) CheckAt(words, us);
    for (const size_t of : {i, i == 0 ? i : i - zone::kEntryWords}) {
      const int64_t local = begin + OffsetUs(words, of);
      for (const int64_t at : {local - 1, local, local + 1}) CheckLocal(words, at);
    }
  }
  for (const int64_t us : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    CheckAt(words, us);
    zone::InstantOf(words, us);
  }
}

void CheckSchedule(const std::vector<uint32_t>& words) {
  if (!schedule::IsTable(words)) return;
  for (const int64_t us : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1'800'000'000'000'000},
                           INT64_MAX}) {
    schedule::Contains(words, us);
  }
}

void CheckTexts(std::string_view text) {
  zones::Schedule written;
  if (zones::AddSchedule(text, written)) {
    std::vector<uint32_t> zone;
    zone::Append(0, 3'600, zone);
    zone::Append(4'000'000'000, 0, zone);
    Require(schedule::IsTable(zones::ScheduleWords(written, zone)),
            "a schedule that the verifier refuses", text);
  }
  if (const auto words = zones::ReadZone(text)) CheckZone(*words);
  if (const auto rule = zones::ReadPosixRule(text); rule && rule->changes) {
    for (const int64_t year : {1970, 2000, 2100}) {
      const int64_t second = zones::SecondOf(rule->to_summer, year, rule->standard);
      const int64_t first = DaysOf({year, 1, 1}) * 86'400;
      // A day of the year, up to 167 hours either way, and an offset of a day.
      Require(second > first - 9 * 86'400 && second < first + 375 * 86'400, "another year", text);
    }
  }
  if (const auto date = ParseDate(text)) {
    Require(text.size() == 10 && FormatDate(*date) == text, "a date has two forms", text);
  }
  if (const auto wall = ParseWallTime(text)) {
    const auto again = ParseInstant(std::string(text) + "Z");
    Require(again.has_value() && again->us == *wall, "a local time is another", text);
  }
}

}  // namespace

CAPC_FUZZ_TARGET(zones) {
  if (input.empty()) return;
  Bytes bytes(input.substr(1));
  switch (input.front() % 4) {
    case 0: return CheckTexts(bytes.Rest());
    case 1: return CheckZone(WordsOf(bytes));
    case 2: return CheckZone(MadeZone(bytes));
    default: return CheckSchedule(WordsOf(bytes));
  }
}

}  // namespace cap::fuzz
