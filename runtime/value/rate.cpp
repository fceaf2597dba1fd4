#include "runtime/value/rate.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/value/duration.h"

namespace cap {
namespace {

constexpr std::array<std::pair<std::string_view, int64_t>, 4> kPeriods = {{
    {"second", 1'000'000},
    {"minute", 60'000'000},
    {"hour", 3'600'000'000},
    {"day", 86'400'000'000},
}};

/// Two numbers of 64 bits never overflow it.
__int128 Product(int64_t a, int64_t b) { return static_cast<__int128>(a) * b; }

}  // namespace

Result<Rate> ParseRate(std::string_view text) {
  uint64_t count = 0;  // unsigned, so that a sign is no part of the number
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(rest, text.data() + text.size());
  for (const auto& [name, period_us] : kPeriods) {
    if (error == std::errc::invalid_argument || unit.size() != name.size() + 1 ||
        unit.front() != '/' || unit.substr(1) != name) {
      continue;
    }
    if (error != std::errc() || count > static_cast<uint64_t>(INT64_MAX)) {
      return Fail("rate-overflow", "the number of a rate does not fit 64 bits");
    }
    return Rate{static_cast<int64_t>(count), period_us};
  }
  return Fail("rate-malformed", "a rate is written like 5/second, 10/minute, 200/hour or 1000/day");
}

std::string FormatRate(Rate rate) {
  for (const auto& [name, period_us] : kPeriods) {
    if (rate.period_us == period_us) return fmt::format("{}/{}", rate.count, name);
  }
  return fmt::format("{} in {}", rate.count, FormatDuration({rate.period_us}));
}

bool IsUsableRate(Rate rate) {
  return rate.count > 0 && rate.period_us > 0 &&
         rate.period_us >= Product(rate.count, limits::kRateIntervalUs);
}

bool SameRate(Rate a, Rate b) {
  return Product(a.count, b.period_us) == Product(b.count, a.period_us);
}

bool SlowerRate(Rate a, Rate b) {
  return Product(a.count, b.period_us) < Product(b.count, a.period_us);
}

}  // namespace cap
