// A part of a request as a `json` (opaque.h). Internal to runtime/frame.
#pragma once

#include <cstdint>

#include "runtime/base/result.h"
#include "runtime/frame/json_tree.h"
#include "runtime/value/value.h"

namespace cap {

/// The key of the map of one that is a number which CBOR has not as an integer.
inline constexpr char kJsonNumberKey = 4;

/// The canonical form of `node`. `nodes` counts the values of one json, or of all further fields of
/// one record: more than limits::kJsonNodes are "oversize".
Result<Json> ReadOpaque(const JsonTree& tree, const JsonNode& node, uint32_t& nodes);

/// The canonical item of a number, which is written as JSON writes numbers. Errors: "bad-value" if
/// it is not, "oversize".
Result<std::string> CanonicalNumber(std::string_view text);

}  // namespace cap
