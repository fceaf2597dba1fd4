// What the baseline of shapes/probe.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::probe {

namespace slot {
enum : unsigned {
  host, port, timeout_ms, protocol
};
}
namespace lit {
enum : unsigned {
  host, port, max_timeout, tcp
};
}

inline constexpr const char* kSlots[] = {
    "host", "port", "timeout_ms", "protocol"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kStr, ValueClass::kWord, ValueClass::kWord, ValueClass::kWord};
inline constexpr Layout kLayout = {"probe", "probe", kSlots, kConsts};

}  // namespace cap::bench::probe
