// Reads the JSON of one value by the type that it is declared with. Internal to runtime/frame.
#pragma once

#include "runtime/base/result.h"
#include "runtime/frame/json_tree.h"
#include "runtime/program/program.h"

namespace cap {

/// What becomes of the further fields of an open record: arguments keep them, since approvals bind
/// them; facts and live context drop them.
enum class Rest : uint8_t { kKeep, kDrop };

/// The value, with its wire form undone: amounts in minor units, times in microseconds. Numbers are
/// read from the text: an integer has digits only, an amount a point at most, neither an exponent,
/// and a string is no number. `currency`: what MoneyForm::kSibling at the top counts in, 0 = not
/// known. Errors: "bad-value", "oversize"; what is left to Encode() is what needs no JSON: bounds
/// of strings, members of enums, the form of emails, which fields must be there.
Result<Value> ReadJsonValue(const Program& program, const JsonTree& tree, const JsonNode& node,
                            TypeIndex type, uint32_t currency, Rest rest = Rest::kKeep);

}  // namespace cap
