// What the baseline of shapes/stock.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::stock {

namespace slot {
enum : unsigned {
  item, count, left, desk
};
}
namespace lit {
enum : unsigned {
  least, most_rows, closed
};
}

inline constexpr const char* kSlots[] = {"item", "count", "left", "desk"};
inline constexpr ValueClass kConsts[] = {ValueClass::kWord, ValueClass::kWord, ValueClass::kStr};
inline constexpr Layout kLayout = {"stock", "stock", kSlots, kConsts};

}  // namespace cap::bench::stock
