// What the baseline of shapes/trade.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::trade {

namespace slot {
enum : unsigned {
  symbol, quantity, price, fee, side
};
}
namespace lit {
enum : unsigned {
  max_value, min_quantity, zero, buy, max_short, symbol
};
}

inline constexpr const char* kSlots[] = {
    "symbol", "quantity", "price", "fee", "side"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kWord, ValueClass::kWord, ValueClass::kWord, ValueClass::kWord, ValueClass::kWord,
    ValueClass::kStr};
inline constexpr Layout kLayout = {"trade", "place_order", kSlots, kConsts};

}  // namespace cap::bench::trade
