// What the baseline of shapes/read_file.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::read_file {

namespace slot {
enum : unsigned {
  path, owner, max_bytes, mode
};
}
namespace lit {
enum : unsigned {
  root, suffix, up, max_bytes, owner, read
};
}

inline constexpr const char* kSlots[] = {
    "path", "owner", "max_bytes", "mode"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kStr, ValueClass::kStr, ValueClass::kStr, ValueClass::kWord, ValueClass::kStr,
    ValueClass::kWord};
inline constexpr Layout kLayout = {"read_file", "read_file", kSlots, kConsts};

}  // namespace cap::bench::read_file
