// What the baseline of shapes/onboard.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::onboard {

namespace slot {
enum : unsigned {
  name, mail, dept, salary, starts, boss, remote, level, equipment, site, contractor, referral
};
}
namespace lit {
enum : unsigned {
  depts, max_salary, not_before, boss, max_level, equipment, site, remote_level, domain,
  name_bytes, referral_bytes, max_equipment
};
}

inline constexpr const char* kSlots[] = {
    "name", "mail", "dept", "salary", "starts", "boss", "remote", "level", "equipment", "site",
    "contractor", "referral"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMask, ValueClass::kMoney, ValueClass::kWord, ValueClass::kStr, ValueClass::kWord,
    ValueClass::kMask, ValueClass::kStr, ValueClass::kWord, ValueClass::kStr, ValueClass::kWord,
    ValueClass::kWord, ValueClass::kWord};
inline constexpr Layout kLayout = {"onboard", "onboard", kSlots, kConsts};

}  // namespace cap::bench::onboard
