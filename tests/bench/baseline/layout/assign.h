// What the baseline of shapes/assign.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::assign {

namespace slot {
enum : unsigned {
  ids, team, level, shift
};
}
namespace lit {
enum : unsigned {
  ids, teams, max_score, factor, offset, shifts, max_ids
};
}

inline constexpr const char* kSlots[] = {
    "ids", "team", "level", "shift"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kList, ValueClass::kList, ValueClass::kWord, ValueClass::kWord, ValueClass::kWord,
    ValueClass::kMask, ValueClass::kWord};
inline constexpr Layout kLayout = {"assign", "assign", kSlots, kConsts};

}  // namespace cap::bench::assign
