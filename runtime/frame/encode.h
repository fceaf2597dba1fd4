// From values to slots: checks a Value against a type and lays it out. Serves literals of a policy,
// values bound at mint, and the inputs of a call alike, so that there is one meaning of a type.
#pragma once

#include "runtime/base/result.h"
#include "runtime/program/program.h"
#include "runtime/value/arena.h"

namespace cap {

struct EncodeOptions {
  /// MoneyForm::kSibling at the top of the value: the currency that the sibling names; 0 = any.
  uint32_t sibling_currency = 0;
  /// Elements are refused as oversize where the arena would come to hold more bytes than this.
  uint64_t arena_bytes = UINT64_MAX;
};

/// Where a value goes: slot i of the value to slots[i], its presence to bit first_bit + i.
struct SlotTarget {
  Slot* slots = nullptr;         // SlotsOf(type) of them, zero
  uint64_t* present = nullptr;   // two words
  uint32_t first_bit = 0;
};

/// Lays out `value`. Sets come out sorted and without duplicates, maps sorted, emails canonical,
/// absent optional fields absent, and marked if they were given as null (slot.h). Strings and
/// elements are copied into the arena, tables are not: their slots point into the Program. Errors:
/// "bad-value" (another type, no member of the enum, negative money, another currency, no email,
/// not UTF-8, a field that is missing, doubled or not declared, a key that stands twice),
/// "oversize" (more bytes or elements than the type allows); then slots and presence are in part
/// written. Cost: linear, sorting apart.
Result<void> Encode(const Program& program, TypeIndex type, const Value& value, Arena& arena,
                    const SlotTarget& target, const EncodeOptions& options = {});

/// The one slot of a value whose type is no record. Errors as for Encode.
Result<Slot> EncodeConstant(const Program& program, TypeIndex type, const Value& value,
                            Arena& arena);

/// The id of the currency that a string or enum value names; 0 if none.
uint32_t CurrencyNamedBy(const Value& value);

}  // namespace cap
