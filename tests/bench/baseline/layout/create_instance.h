// What the baseline of shapes/create_instance.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::create_instance {

namespace slot {
enum : unsigned {
  size, count, disk, region, owner, spot
};
}
namespace lit {
enum : unsigned {
  sizes, max_count, max_disk, regions, team, max_firm
};
}

inline constexpr const char* kSlots[] = {
    "size", "count", "disk", "region", "owner", "spot"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMask, ValueClass::kWord, ValueClass::kWord, ValueClass::kMask, ValueClass::kStr,
    ValueClass::kWord};
inline constexpr Layout kLayout = {"create_instance", "create_instance", kSlots, kConsts};

}  // namespace cap::bench::create_instance
