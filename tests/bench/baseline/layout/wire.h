// What the baseline of shapes/wire.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::wire {

namespace slot {
enum : unsigned {
  amount, country, recipient, payee, payee_verified, payee_risk
};
}
namespace lit {
enum : unsigned {
  limit, countries, max_risk, manager_above, manager, watched, watched_risk, officer
};
}

inline constexpr const char* kSlots[] = {
    "amount", "country", "recipient", "payee", "payee.verified", "payee.risk"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMoney, ValueClass::kMask, ValueClass::kWord, ValueClass::kMoney,
    ValueClass::kMask, ValueClass::kMask, ValueClass::kWord, ValueClass::kMask};
inline constexpr Layout kLayout = {"wire", "wire", kSlots, kConsts};

}  // namespace cap::bench::wire
