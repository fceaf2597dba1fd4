// What the baseline of shapes/update_profile.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::update_profile {

namespace slot {
enum : unsigned {
  id, email, phone, age, plan, nickname
};
}
namespace lit {
enum : unsigned {
  user, phone_bytes, min_age, plans, admin, domain
};
}

inline constexpr const char* kSlots[] = {
    "id", "email", "phone", "age", "plan", "nickname"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kStr, ValueClass::kWord, ValueClass::kWord, ValueClass::kMask, ValueClass::kStr,
    ValueClass::kStr};
inline constexpr Layout kLayout = {"update_profile", "update_profile", kSlots, kConsts};

}  // namespace cap::bench::update_profile
