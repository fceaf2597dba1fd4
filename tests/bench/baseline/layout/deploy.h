// What the baseline of shapes/deploy.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::deploy {

namespace slot {
enum : unsigned {
  service, version, at, canary, region, environment, freeze, load
};
}
namespace lit {
enum : unsigned {
  environment, opens, closes, regions, max_canary, max_load
};
}

inline constexpr const char* kSlots[] = {
    "service", "version", "at", "canary", "region", "environment", "freeze", "load"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kStr, ValueClass::kWord, ValueClass::kWord, ValueClass::kMask, ValueClass::kWord,
    ValueClass::kWord};
inline constexpr Layout kLayout = {"deploy", "deploy", kSlots, kConsts};

}  // namespace cap::bench::deploy
