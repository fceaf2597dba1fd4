// What the baseline of shapes/ship.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::ship {

namespace slot {
enum : unsigned {
  country, postcode, weight, value, insured
};
}
namespace lit {
enum : unsigned {
  first, past, country, max_weight, uninsured
};
}

inline constexpr const char* kSlots[] = {
    "country", "postcode", "weight", "value", "insured"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kStr, ValueClass::kStr, ValueClass::kStr, ValueClass::kWord, ValueClass::kMoney};
inline constexpr Layout kLayout = {"ship", "ship", kSlots, kConsts};

}  // namespace cap::bench::ship
