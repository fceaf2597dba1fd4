// Points in time as microseconds since 1970-01-01T00:00Z, and their one text form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace cap {

/// An RFC 3339 time with its offset: "2026-03-31T12:00:00Z", "…T14:00:00.25+02:00". Years 0001 to
/// 9999 (after the offset is taken off, too), `T` and `Z` in upper case, at most six digits of a
/// second, no leap second, no "-00:00". Error: instant-malformed.
Result<Instant> ParseInstant(std::string_view text);

/// A time as a clock on the wall shows it, "2026-03-31T12:00:00", without `Z` and offset, in
/// microseconds as if that clock stood in UTC. Otherwise as above. Error: instant-malformed.
Result<int64_t> ParseWallTime(std::string_view text);

/// "2026-03-31T12:00:00Z", with six digits of a second where they are not zero. A time outside the
/// years 0001 to 9999 prints as its count of microseconds.
std::string FormatInstant(Instant instant);

}  // namespace cap
