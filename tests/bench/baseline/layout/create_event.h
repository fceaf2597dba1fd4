// What the baseline of shapes/create_event.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::create_event {

namespace slot {
enum : unsigned {
  title, starts, ends, attendees, room
};
}
namespace lit {
enum : unsigned {
  opens, horizon, max_attendees, rooms, domains
};
}

inline constexpr const char* kSlots[] = {
    "title", "starts", "ends", "attendees", "room"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kWord, ValueClass::kWord, ValueClass::kWord,
    ValueClass::kList, ValueClass::kList};
inline constexpr Layout kLayout = {"create_event", "create_event", kSlots, kConsts};

}  // namespace cap::bench::create_event
