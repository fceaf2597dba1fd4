// Rates as people write them: so many in so long a time.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace cap {

/// "200/hour": a whole number, and second, minute, hour or day. Errors: rate-malformed,
/// rate-overflow.
Result<Rate> ParseRate(std::string_view text);

/// "200/hour"; of a period that has no word of its own "3 in 90s".
std::string FormatRate(Rate rate);

/// Above zero, and at least limits::kRateIntervalUs from one to the next.
bool IsUsableRate(Rate rate);

/// By how many come in the long run, exactly: 60/minute and 3600/hour are the same.
bool SameRate(Rate a, Rate b);
bool SlowerRate(Rate a, Rate b);

}  // namespace cap
