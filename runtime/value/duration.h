// Spans of time as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/result.h"

namespace cap {

/// Microseconds of a whole number with one unit: "500ms", "30s", "5m", "8h", "400d". No sign, space
/// or fraction. Errors: duration-malformed, duration-overflow.
Result<int64_t> ParseDuration(std::string_view text);

}  // namespace cap
