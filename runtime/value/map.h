// Maps as values: a list of rows, each a record with the fields `key` and `value`. The order of the
// rows says nothing; what is laid out in slots is sorted by the keys.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "runtime/value/value.h"

namespace cap {

inline constexpr std::string_view kRowKey = "key";
inline constexpr std::string_view kRowValue = "value";
// Where they stand in the slots of a row: the marker is slot 0, and a key is one slot.
inline constexpr uint32_t kRowKeySlot = 1;
inline constexpr uint32_t kRowValueSlot = 2;

Value MapOf(std::vector<std::pair<Value, Value>> entries);

/// The key, or the value, of a row that MapOf() made or the verifier has seen.
const Value& KeyOfRow(const Value& row);
const Value& ValueOfRow(const Value& row);

/// Keys of one type: by bytes, by number, by day. Members of an enum: by their names.
bool KeyLess(const Value& a, const Value& b);

}  // namespace cap
