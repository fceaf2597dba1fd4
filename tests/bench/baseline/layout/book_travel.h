// What the baseline of shapes/book_travel.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::book_travel {

namespace slot {
enum : unsigned {
  nights, rate, extras, city, traveller
};
}
namespace lit {
enum : unsigned {
  limit, max_rate, min_nights, max_nights, cities, traveller
};
}

inline constexpr const char* kSlots[] = {
    "nights", "rate", "extras", "city", "traveller"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMoney, ValueClass::kMoney, ValueClass::kWord, ValueClass::kWord,
    ValueClass::kMask, ValueClass::kStr};
inline constexpr Layout kLayout = {"book_travel", "book_travel", kSlots, kConsts};

}  // namespace cap::bench::book_travel
