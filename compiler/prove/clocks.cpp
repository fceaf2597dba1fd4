#include "compiler/prove/clocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/value/calendar.h"
#include "runtime/value/schedule.h"
#include "runtime/value/zone.h"

namespace cap::prove {
namespace {

constexpr int64_t kMinuteUs = 60 * kSecondUs;
constexpr int64_t kThursdayMinutes = 3 * int64_t{schedule::kDayMinutes};  // 1970 began on one

struct Entry {
  int64_t begin_us = 0;
  int64_t offset_us = 0;
};

std::vector<Entry> EntriesOf(std::span<const uint32_t> zone) {
  std::vector<Entry> out;
  for (size_t at = 0; at + 2 < zone.size(); at += zone::kEntryWords) {
    const auto begin = static_cast<int64_t>(uint64_t{zone[at + 1]} << 32 | zone[at]);
    out.push_back({begin * kSecondUs, static_cast<int32_t>(zone[at + 2]) * kSecondUs});
  }
  return out;
}

}  // namespace

std::span<const uint32_t> Clocks::ZoneOf(std::span<const uint32_t> schedule) {
  const size_t windows = size_t{schedule[0]} + schedule[1];
  return schedule.subspan(schedule::kHeaderWords + windows * 2);
}

Expr Clocks::Knows(std::span<const uint32_t> zone, const Expr& us) {
  const std::vector<Entry> entries = EntriesOf(zone);
  return us >= context_.int_val(entries.front().begin_us) &&
         us < context_.int_val(entries.back().begin_us);
}

Expr Clocks::LocalOf(std::span<const uint32_t> zone, const Expr& us) {
  const auto same = [&](std::span<const uint32_t> other) {
    return std::ranges::equal(other, zone);
  };
  const auto found = std::ranges::find_if(zones_, same);
  const auto number = found - zones_.begin();
  if (found == zones_.end()) zones_.push_back(zone);
  const z3::sort whole = context_.int_sort();
  const Expr offset =
      z3::function(fmt::format("zone!{}", number).c_str(), whole, whole)(us);
  const auto known = [&](const Reading& other) { return IdOf(other.offset) == IdOf(offset); };
  if (std::ranges::any_of(readings_, known)) return us + offset;
  std::set<int64_t> offsets;
  for (const Entry& entry : EntriesOf(zone)) offsets.insert(entry.offset_us);
  Expr some = context_.bool_val(false);
  for (const int64_t each : offsets) some = Or(some, offset == context_.int_val(each));
  facts_.push_back(some);
  readings_.push_back({zone, us, offset});
  return us + offset;
}

Expr Clocks::IsWithin(std::span<const uint32_t> schedule, const Expr& local) {
  const Expr minute = local / context_.int_val(kMinuteUs);
  const Expr of_week = z3::mod(minute + context_.int_val(kThursdayMinutes),
                               context_.int_val(schedule::kWeekMinutes));
  Expr within = context_.bool_val(false);
  const size_t windows = size_t{schedule[0]} + schedule[1];
  for (size_t i = 0; i < windows; ++i) {
    const size_t at = schedule::kHeaderWords + i * 2;
    const Expr& shown = i < schedule[0] ? of_week : minute;
    within = Or(within, shown >= context_.int_val(schedule[at]) &&
                            shown < context_.int_val(schedule[at + 1]));
  }
  return within;
}

std::vector<Expr> Clocks::Corrections(const z3::model& model) const {
  std::vector<Expr> out;
  for (const Reading& reading : readings_) {
    int64_t us = 0;
    int64_t offset = 0;
    if (!model.eval(reading.us, true).is_numeral_i64(us)) continue;
    if (!model.eval(reading.offset, true).is_numeral_i64(offset)) continue;
    const std::vector<Entry> entries = EntriesOf(reading.zone);
    for (size_t i = 0; i + 1 < entries.size(); ++i) {
      if (us < entries[i].begin_us || us >= entries[i + 1].begin_us) continue;
      if (offset == entries[i].offset_us) break;
      const Expr inside = reading.us >= context_.int_val(entries[i].begin_us) &&
                          reading.us < context_.int_val(entries[i + 1].begin_us);
      out.push_back(
          Implies(inside, reading.offset == context_.int_val(entries[i].offset_us)));
    }
  }
  return out;
}

}  // namespace cap::prove
