// What the baseline of shapes/track.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::track {

namespace slot {
enum : unsigned {
  parcel, callback, detail, days, proof, reason
};
}
namespace lit {
enum : unsigned {
  parcel_table, callback_table, details, max_days, reason_bytes
};
}

inline constexpr const char* kSlots[] = {
    "parcel", "callback", "detail", "days", "proof", "reason"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kTable, ValueClass::kTable, ValueClass::kMask, ValueClass::kWord,
    ValueClass::kWord};
inline constexpr Layout kLayout = {"track", "track", kSlots, kConsts};

}  // namespace cap::bench::track
