// What the baseline of shapes/read_customer.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::read_customer {

namespace slot {
enum : unsigned {
  id, columns, rows, format, note
};
}
namespace lit {
enum : unsigned {
  columns, max_rows, customer_id, formats, note_bytes
};
}

inline constexpr const char* kSlots[] = {
    "id", "columns", "rows", "format", "note"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kList, ValueClass::kWord, ValueClass::kStr, ValueClass::kList, ValueClass::kWord};
inline constexpr Layout kLayout = {"read_customer", "read_customer", kSlots, kConsts};

}  // namespace cap::bench::read_customer
