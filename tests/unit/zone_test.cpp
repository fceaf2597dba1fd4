// Time zones: the tables that the compiler makes against two that know nothing of it, the date
// library and the C library, for every zone at every change of its clocks.
#include <date/tz.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <set>

#include "compiler/zones/posix_rule.h"
#include "compiler/zones/tzif.h"
#include "compiler/zones/zone_files.h"
#include "runtime/value/calendar.h"
#include "runtime/value/zone.h"

namespace cap {
namespace {

using Words = std::vector<uint32_t>;

constexpr int64_t kBegin = 0;
constexpr int64_t kEnd = DaysOf({2101, 1, 1}) * 86'400;
// From here on the date library, which does not read the rule at the end of a file, knows nothing.
constexpr int64_t kLibraryEnd = DaysOf({2037, 1, 1}) * 86'400;

/// The C library's answer, in seconds; it was told the zone through TZ.
int64_t OffsetByC(int64_t second) {
  const time_t time = second;
  tm local{};
  localtime_r(&time, &local);
  return local.tm_gmtoff;
}

void UseZone(const std::string& name) {
  setenv("TZ", name.c_str(), 1);
  tzset();
}

/// Every second at which somebody says that a clock of the zone changes, and some between.
std::set<int64_t> Moments(const Words& words, const date::time_zone& library) {
  std::set<int64_t> moments;
  for (size_t i = 0; i + 1 < words.size() / zone::kEntryWords; ++i) {
    moments.insert(static_cast<int64_t>(uint64_t{words[i * 3 + 1]} << 32 | words[i * 3]));
  }
  for (int64_t at = kBegin; at < kLibraryEnd;) {
    const auto info = library.get_info(date::sys_seconds(std::chrono::seconds(at)));
    at = info.end.time_since_epoch().count();
    if (at < kLibraryEnd) moments.insert(at);
  }
  // A change that no table has would show between two of these.
  for (int64_t at = kBegin; at < kEnd; at += 7 * 86'400) moments.insert(at);
  return moments;
}

struct Tally {
  uint64_t zones = 0, moments = 0, library = 0, differences = 0;
  std::string example;
};

void Compare(const std::string& name, Tally& tally) {
  const Result<Words> words = zones::LoadZone(name);
  if (!words) {
    ++tally.differences;
    tally.example = name + ": " + words.error().message;
    return;
  }
  const date::time_zone* library = date::locate_zone(name);
  UseZone(name);
  for (const int64_t moment : Moments(*words, *library)) {
    for (const int64_t us : {moment * kSecondUs - 1, moment * kSecondUs,
                             moment * kSecondUs + 1}) {
      if (us < kBegin || us >= kEnd * kSecondUs) continue;
      const int64_t second = us / kSecondUs;
      const std::optional<int64_t> local = zone::LocalOf(*words, us);
      bool same = local && *local - us == OffsetByC(second) * kSecondUs;
      if (second < kLibraryEnd) {
        const auto info = library->get_info(date::sys_seconds(std::chrono::seconds(second)));
        same = same && *local - us == info.offset.count() * kSecondUs;
        ++tally.library;
      }
      ++tally.moments;
      if (same) continue;
      ++tally.differences;
      tally.example = name + " at " + std::to_string(us);
    }
  }
  ++tally.zones;
}

TEST_CASE("every zone has the offsets that the date library and the C library say") {
  Tally tally;
  for (const std::string& name : zones::ZoneNames()) Compare(name, tally);
  unsetenv("TZ");
  tzset();
  MESSAGE(tally.zones, " zones, ", tally.moments, " instants, ", tally.library,
          " of them also by the date library: ", tally.differences, " differences");
  CAPTURE(tally.example);
  CHECK(tally.differences == 0);
  CHECK(tally.zones > 400);
}

/// The instant of a local time, by trying every offset that the zone ever has.
zone::Found BySearch(const Words& words, int64_t local_us) {
  std::set<int64_t> instants;
  for (size_t i = 0; i + 1 < words.size() / 3; ++i) {
    const int64_t us = local_us - static_cast<int32_t>(words[i * 3 + 2]) * kSecondUs;
    if (zone::LocalOf(words, us) == local_us) instants.insert(us);
  }
  if (instants.empty()) return {zone::Wall::kNever, 0};
  return instants.size() > 1 ? zone::Found{zone::Wall::kTwice, 0}
                             : zone::Found{zone::Wall::kOnce, *instants.begin()};
}

TEST_CASE("a local time is once, never or twice") {
  uint64_t seen[4] = {};
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                           "Pacific/Apia", "Africa/Monrovia", "Asia/Kolkata", "UTC"}) {
    CAPTURE(name);
    const Words words = zones::LoadZone(name).value();
    for (size_t i = 1; i + 1 < words.size() / 3; ++i) {
      const auto begin = static_cast<int64_t>(uint64_t{words[i * 3 + 1]} << 32 | words[i * 3]);
      for (size_t offset : {i - 1, i}) {
        const int64_t wall =
            (begin + static_cast<int32_t>(words[offset * 3 + 2])) * kSecondUs;
        for (int64_t us : {wall - 1, wall, wall + 1, wall - 1'800'000'000, wall + 1'800'000'000}) {
          const zone::Found found = zone::InstantOf(words, us);
          if (found.wall != zone::Wall::kUnknown) {
            const zone::Found wanted = BySearch(words, us);
            const bool same = found.wall == wanted.wall && found.us == wanted.us;
            if (!same) FAIL_CHECK("the local time is another: ", us);
          }
          ++seen[static_cast<size_t>(found.wall)];
        }
      }
    }
  }
  CHECK(seen[static_cast<size_t>(zone::Wall::kOnce)] > 0);
  CHECK(seen[static_cast<size_t>(zone::Wall::kNever)] > 0);
  CHECK(seen[static_cast<size_t>(zone::Wall::kTwice)] > 0);
}

TEST_CASE("outside of its years a zone knows nothing") {
  const Words words = zones::LoadZone("Europe/Berlin").value();
  CHECK_FALSE(zone::LocalOf(words, -1).has_value());
  CHECK(zone::LocalOf(words, 0) == 3'600'000'000);
  CHECK(zone::LocalOf(words, kEnd * kSecondUs - 1).has_value());
  CHECK_FALSE(zone::LocalOf(words, kEnd * kSecondUs).has_value());
  for (const int64_t us : {INT64_MIN, INT64_MAX}) {
    CHECK_FALSE(zone::LocalOf(words, us).has_value());
    CHECK(zone::InstantOf(words, us).wall == zone::Wall::kUnknown);
  }
}

TEST_CASE("what is no table is refused") {
  Words good;
  zone::Append(0, 3'600, good);
  zone::Append(1'000, 0, good);
  CHECK(zone::IsTable(good));
  const auto with = [&](size_t at, uint32_t word) {
    Words words = good;
    words[at] = word;
    return words;
  };
  CHECK_FALSE(zone::IsTable({}));
  CHECK_FALSE(zone::IsTable(std::span(good).first(3)));
  CHECK_FALSE(zone::IsTable(std::span(good).first(5)));
  CHECK_FALSE(zone::IsTable(with(2, 86'400)));
  CHECK_FALSE(zone::IsTable(with(2, static_cast<uint32_t>(-86'400))));
  CHECK_FALSE(zone::IsTable(with(5, 1)));          // the end has no offset
  CHECK_FALSE(zone::IsTable(with(0, 1'000)));      // not in order
  CHECK_FALSE(zone::IsTable(with(1, 0x8000'0000)));
  CHECK_FALSE(zone::IsTable(with(4, 0x7FFF'FFFF)));
  Words many;
  for (int64_t i = 0; i < 1'100; ++i) zone::Append(i, 0, many);
  CHECK_FALSE(zone::IsTable(many));
}

TEST_CASE("names that are no zones, and files that are none") {
  for (const char* name : {"", "Europe", "Europe/Berln", "europe/berlin", "../zoneinfo/UTC", "/UTC",
                           "Europe//Berlin", "UTC/", "posix/UTC", "right/UTC", "tzdata.zi",
                           "localtime", "Europe/Berlin\n", "Europe/.Berlin"}) {
    CAPTURE(name);
    REQUIRE_FALSE(zones::LoadZone(name).has_value());
    CHECK(zones::LoadZone(name).error().code == "zone-unknown");
  }
  for (const char* bytes : {"", "TZif", "TZif2 and then nothing that could be a zone"}) {
    CHECK_FALSE(zones::ReadZone(bytes).has_value());
  }
  CHECK_FALSE(zones::DatabaseVersion().empty());
  setenv("TZDIR", "/no/such/folder", 1);
  CHECK(zones::LoadZone("UTC").error().code == "zone-missing");
  CHECK(zones::ZoneNames().empty());
  unsetenv("TZDIR");
}

TEST_CASE("the rules of files that this machine may not have") {
  const auto rule = zones::ReadPosixRule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  REQUIRE(rule.has_value());
  CHECK(rule->standard == -7'200);
  CHECK(rule->summer == -3'600);
  CHECK(zones::SecondOf(rule->to_summer, 2026, rule->standard) ==
        DaysOf({2026, 3, 29}) * 86'400 + 3'600);
  CHECK(zones::ReadPosixRule("EST5EDT,0/0,J365/25").has_value());
  CHECK(zones::ReadPosixRule("EET-2EEST,M3.4.4/50,M10.4.4/50").has_value());
  for (const char* text : {"", "CE-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25",
                           "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
                           "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
                           "CET-1CEST,M3.5.0,M10.5.0 ",
                           "<CET-1", "CET-1:60"}) {
    CAPTURE(text);
    CHECK_FALSE(zones::ReadPosixRule(text).has_value());
  }
}

}  // namespace
}  // namespace cap
