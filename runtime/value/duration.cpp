#include "runtime/value/duration.h"

#include <fmt/format.h>

#include <charconv>

namespace cap {
namespace {

/// Microseconds of a unit, or 0.
int64_t UnitUs(std::string_view unit) {
  if (unit == "ms") return 1'000;
  if (unit == "s") return 1'000'000;
  if (unit == "m") return 60'000'000;
  if (unit == "h") return 3'600'000'000;
  if (unit == "d") return 86'400'000'000;
  if (unit == "w") return 604'800'000'000;
  return 0;
}

}  // namespace

Result<int64_t> ParseDuration(std::string_view text) {
  uint64_t count = 0;  // unsigned, so that a sign is no part of the number
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const int64_t unit_us = UnitUs({rest, text.data() + text.size()});
  if (error == std::errc::invalid_argument || unit_us == 0) {
    return Fail("duration-malformed", "a span of time is written like 30s, 5m, 8h or 400d");
  }
  int64_t us = 0;
  if (error != std::errc() || __builtin_mul_overflow(count, unit_us, &us)) {
    return Fail("duration-overflow", "a span of time has at most 106751991 days");
  }
  return us;
}

std::string FormatDuration(Duration duration) {
  // The magnitude of the smallest number does not fit its own type.
  const uint64_t us =
      duration.us < 0 ? 0 - static_cast<uint64_t>(duration.us) : static_cast<uint64_t>(duration.us);
  const char* const sign = duration.us < 0 ? "-" : "";
  for (const char* unit : {"d", "h", "m", "s", "ms"}) {
    const auto unit_us = static_cast<uint64_t>(UnitUs(unit));
    if (us >= unit_us && us % unit_us == 0) return fmt::format("{}{}{}", sign, us / unit_us, unit);
  }
  if (us == 0) return "0s";
  return fmt::format("{}{}.{:06}s", sign, us / 1'000'000, us % 1'000'000);
}

}  // namespace cap
