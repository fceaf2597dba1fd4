// What the baseline of shapes/checkout.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::checkout {

namespace slot {
enum : unsigned {
  items, total, coupon, express
};
}
namespace lit {
enum : unsigned {
  max_items, min_quantity, max_quantity, limit, coupon, giftcard, cheap
};
}

inline constexpr const char* kSlots[] = {
    "items", "total", "coupon", "express"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kWord, ValueClass::kWord, ValueClass::kWord, ValueClass::kMoney, ValueClass::kStr,
    ValueClass::kStr, ValueClass::kMoney};
inline constexpr Layout kLayout = {"checkout", "checkout", kSlots, kConsts};

}  // namespace cap::bench::checkout
