// Time zone information as the IANA database is compiled to: RFC 8536, version 2 and later. Written
// out into a table of a bundle (runtime/value/zone.h).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace cap::zones {

// What tables cover: 1970-01-01 to the end of 2100, in seconds.
inline constexpr int64_t kFirstYear = 1970;
inline constexpr int64_t kLastYear = 2100;

/// The offsets of a zone from `bytes`, the contents of its file: those that stand there, and then
/// those of the rule at its end. Error: "zone-malformed". Cost: linear.
Result<std::vector<uint32_t>> ReadZone(std::string_view bytes);

}  // namespace cap::zones
