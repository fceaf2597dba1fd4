// Spans of time as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace cap {

/// Microseconds of a whole number with one unit: "500ms", "30s", "5m", "8h", "400d", "2w". No sign,
/// space or fraction. Errors: duration-malformed, duration-overflow.
Result<int64_t> ParseDuration(std::string_view text);

/// In the largest unit up to days that divides it: "8h", "90m", "-30s", "0s". What is no whole
/// number of milliseconds prints as seconds with six digits: "1.000001s".
std::string FormatDuration(Duration duration);

}  // namespace cap
