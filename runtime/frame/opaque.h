// A `json`: any JSON value, which no policy reads and every approval binds. It is kept as its
// canonical form, deterministic CBOR, so that one value has one text and one digest:
//
//   null, false, true   the same
//   number              an integer, however it was written, that CBOR has as an integer (from -2^64
//                       to 2^64 - 1): that integer; so 1, 1.0, 10e-1 are 1. Any other, exactly: a
//                       map of one, integer 4 → text: coefficient without zeros at its end, "e",
//                       exponent: 98.70 is "987e-1", 1e30 is "1e30". Objects have text keys only,
//                       so that no object looks like it
//   string              text, UTF-8
//   array               array
//   object              map: name (text) → value, sorted by the bytes of the encoded names
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/limits.h"
#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace cap {

/// The value that `text` is the JSON of. Errors: "bad-json", "duplicate-key", "oversize" (more than
/// limits::kRequestBytes, or over a limit of a json: kJsonBytesMax, kJsonDepth, kJsonNodes,
/// kJsonExponent). Cost: linear, sorting of keys apart. Thread-safe.
Result<Json> ParseJson(std::string_view text);

/// Whether the bytes are the canonical form of one value within the limits, and at most `most`
/// bytes. Errors: "bad-value", "oversize".
Result<void> CheckJson(const Json& json, uint64_t most = limits::kJsonBytesMax);

/// The value as JSON on one line, up to about `most` bytes and then cut; what is no canonical form
/// ends there. Strings are not escaped: quote it where it is shown.
std::string FormatJson(std::string_view cbor, size_t most);

}  // namespace cap
