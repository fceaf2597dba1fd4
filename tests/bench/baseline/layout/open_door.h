// What the baseline of shapes/open_door.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::open_door {

namespace slot {
enum : unsigned {
  badge, zone, hour, visitors, alarm, person, person_role, person_cleared, person_suspended,
  person_expired
};
}
namespace lit {
enum : unsigned {
  guard, opens, closes, guard_2, easy, lab, zero, host, guard_3
};
}

inline constexpr const char* kSlots[] = {
    "badge", "zone", "hour", "visitors", "alarm", "person", "person.role", "person.cleared",
    "person.suspended", "person.expired"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kWord, ValueClass::kWord, ValueClass::kWord, ValueClass::kWord, ValueClass::kMask,
    ValueClass::kWord, ValueClass::kWord, ValueClass::kWord, ValueClass::kWord};
inline constexpr Layout kLayout = {"open_door", "open_door", kSlots, kConsts};

}  // namespace cap::bench::open_door
