// Tables of zones and schedules in a Program: hand-made ones are run or refused, and nothing else.
#include <doctest/doctest.h>

#include <functional>

#include "runtime/interp/interp.h"
#include "runtime/program/bundle.h"
#include "runtime/program/verify.h"
#include "runtime/value/calendar.h"
#include "runtime/value/schedule.h"
#include "runtime/value/zone.h"
#include "tests/support/shape_builder.h"
#include "tests/support/tables.h"

namespace cap {
namespace {

using namespace test;  // the type indices

constexpr int64_t kHour = 3'600;

/// One hour east, from second 0 on; two, from second 1,000,000; unknown from 2,000,000 on.
std::vector<uint32_t> ZoneWords() {
  std::vector<uint32_t> words;
  zone::Append(0, kHour, words);
  zone::Append(1'000'000, 2 * kHour, words);
  zone::Append(2'000'000, 0, words);
  return words;
}

/// Thursday from 1 to 2 o'clock, and the minutes 2,000 to 3,000 of 1970.
std::vector<uint32_t> ScheduleWords() {
  std::vector<uint32_t> words = {1, 1, 3 * 1'440 + 60, 3 * 1'440 + 120, 2'000, 3'000};
  const std::vector<uint32_t> zone = ZoneWords();
  words.insert(words.end(), zone.begin(), zone.end());
  return words;
}

struct Built {
  Program program;
  uint32_t slot = 0;
};

/// A clause that an instant is within the schedule, or on the day 1970-01-01 of the zone.
Built WithTable(TableKind kind, std::vector<uint32_t> words) {
  ShapeBuilder builder;
  const uint32_t table =
      builder.AddTable({.kind = kind, .name = "Test/Zone", .words = std::move(words)});
  Built built;
  built.slot = builder.Slot(kTInstant);
  const uint32_t time = builder.Add(Op::kLoad, kTInstant, built.slot);
  if (kind == TableKind::kSchedule) {
    builder.Add(Op::kScheduleHas, kTBool, time, builder.AddConst(kTSchedule, {TableRef{table}}));
  } else {
    const uint32_t zone = builder.AddConst(kTZone, {TableRef{table}});
    const uint32_t date = builder.Add(Op::kZoneDate, kTDate, time, zone);
    builder.Add(Op::kWordEq, kTBool, date, builder.AddConst(kTDate, {Date{0}}));
  }
  builder.EndClause();
  built.program = builder.Finish();
  return built;
}

TEST_CASE("a bundle gives back zones and schedules") {
  for (const Built& built : {WithTable(TableKind::kZone, ZoneWords()),
                             WithTable(TableKind::kSchedule, ScheduleWords())}) {
    Program program = built.program;
    program.zone_version = "2026a";
    REQUIRE(ErrorOf(program) == "");
    const auto read = ReadBundle(WriteBundle(program));
    REQUIRE(read.has_value());
    CHECK(**read == program);
  }
}

TEST_CASE("a schedule's hand-made table says what it means") {
  const std::vector<uint32_t> words = ScheduleWords();
  REQUIRE(schedule::IsTable(words));
  const auto at = [&](int64_t second) { return schedule::Contains(words, second * kSecondUs); };
  CHECK(at(0) == true);               // Thursday, one o'clock
  CHECK(at(kHour - 1) == true);
  CHECK(at(kHour) == false);
  CHECK(at(2'000 * 60 - kHour) == true);
  CHECK(at(3'000 * 60 - kHour) == false);
  CHECK_FALSE(at(-1).has_value());
  CHECK_FALSE(at(2'000'000).has_value());
  CHECK(at(1'999'999).has_value());
}

TEST_CASE("the verifier refuses what a search could leave") {
  const auto refused = [](TableKind kind, std::vector<uint32_t> words) {
    Built built = WithTable(kind, std::move(words));
    const std::string error = ErrorOf(built.program);
    const auto read = ReadBundle(WriteBundle(built.program));
    return error.starts_with("tables[0]: it is no ") && !read.has_value() &&
           read.error().code == "bundle-verify";
  };
  const auto edited = [](std::vector<uint32_t> words, size_t at, uint32_t word) {
    words[at] = word;
    return words;
  };
  CHECK(refused(TableKind::kZone, {}));
  CHECK(refused(TableKind::kZone, {0, 0, 0}));
  CHECK(refused(TableKind::kZone, edited(ZoneWords(), 2, 90'000)));
  CHECK(refused(TableKind::kZone, edited(ZoneWords(), 3, 0)));
  CHECK(refused(TableKind::kZone, edited(ZoneWords(), 4, 0x4000'0000)));
  CHECK(refused(TableKind::kZone, edited(ZoneWords(), 8, 3'600)));
  const std::vector<uint32_t> good = ScheduleWords();
  CHECK(refused(TableKind::kSchedule, {}));
  CHECK(refused(TableKind::kSchedule, {1}));
  CHECK(refused(TableKind::kSchedule, edited(good, 0, 0xFFFF'FFFF)));
  CHECK(refused(TableKind::kSchedule, edited(good, 1, 0x8000'0000)));
  CHECK(refused(TableKind::kSchedule, edited(good, 0, 2)));      // windows out of order
  CHECK(refused(TableKind::kSchedule, edited(good, 3, 10'081)));  // past the end of Sunday
  CHECK(refused(TableKind::kSchedule, edited(good, 5, 2'000)));   // empty
  CHECK(refused(TableKind::kSchedule, edited(good, 8, 90'000)));  // of its zone
  std::vector<uint32_t> none = ZoneWords();
  none.insert(none.begin(), {0, 0});
  CHECK(refused(TableKind::kSchedule, none));
}

TEST_CASE("an instruction reads the kind of table that it is for") {
  const auto refused = [](const std::function<void(Program&)>& edit) {
    Program program = WithTable(TableKind::kSchedule, ScheduleWords()).program;
    edit(program);
    return ErrorOf(program) != "";
  };
  CHECK_FALSE(refused([](Program&) {}));
  CHECK(refused([](Program& p) { p.tables[0].kind = TableKind::kZone; }));
  CHECK(refused([](Program& p) { p.insts[2].op = Op::kZoneTime; }));
  CHECK(refused([](Program& p) { p.insts[2].a = 1; }));
  CHECK(refused([](Program& p) { p.values[0] = {TableRef{7}}; }));
  CHECK(refused([](Program& p) { p.types[kTInstant].ref = 0; }));  // a schedule is no zone
  CHECK(refused([](Program& p) { p.types[kTInstant].ref = 9; }));
  CHECK(refused([](Program& p) { p.zone_version = std::string(1'000, 'x'); }));
}

}  // namespace
}  // namespace cap
