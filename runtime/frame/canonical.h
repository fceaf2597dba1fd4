// Canonical arguments: one byte string for one meaning. Approvals, audit digests and the keys of
// later proofs hash it, so its form is fixed for good.
//
// Deterministic CBOR (RFC 8949, 4.2.1): definite lengths, shortest heads, map keys sorted by the
// bytes of their encoding, no tags, no floating point. Of checked values, defaults filled in:
//
//   arguments    map: name (text) → value; an absent optional argument has no entry
//   null         null (so that null and absent differ)
//   bool, int    false, true; integer
//   string       text; email, path, ip, cidr, url: text, the canonical form; enum: text, the
//                member's name
//   money        array of two: currency code (text), minor units (integer): 98.70 USD is
//                ["USD", 9870], in every wire form
//   instant      map of one: integer 0 → microseconds since 1970-01-01T00:00Z; records have text
//                keys only, so that no record and no integer looks like it
//   duration     map of one: integer 1 → microseconds
//   decimal      map of one: integer 2 → text, digits with a point, no zeros at its end: 98.70 is
//                "98.7", in every scale
//   json         its canonical form (opaque.h)
//   list         array; set: array sorted by the bytes of the elements' encodings, no doubles
//   map          map: key (text) → value; a number or a date is the text that it is in JSON
//   record       map: field name (text) → value; an absent optional field has no entry. An open
//                record's further fields are entries too: their values are json
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace cap {

/// One argument: `value` has passed Encode() for `type`, or is null.
struct CanonicalArgument {
  std::string_view name;
  TypeIndex type = 0;
  const Value* value = nullptr;
};

/// The canonical form of the arguments, given in any order, each name once. Cost: linear, sorting
/// apart.
std::string CanonicalArguments(const Program& program,
                               const std::vector<CanonicalArgument>& arguments);

/// What an approval of a call is bound to: SHA-256 of the deterministic CBOR array
///   ["cap.call/1", tool (text), subject (text), canonical arguments (byte string)].
std::array<uint8_t, 32> CallDigest(std::string_view tool, std::string_view subject,
                                   std::string_view canonical_arguments);

}  // namespace cap
