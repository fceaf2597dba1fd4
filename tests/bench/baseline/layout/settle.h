// What the baseline of shapes/settle.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::settle {

namespace slot {
enum : unsigned {
  lines, total, desk
};
}
namespace lit {
enum : unsigned {
  max_lines, max_certificates, certificate, max_price, cash, max_total, approval_above, approver
};
}

inline constexpr const char* kSlots[] = {"lines", "total", "desk"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kWord, ValueClass::kWord, ValueClass::kStr, ValueClass::kMoney, ValueClass::kStr,
    ValueClass::kMoney, ValueClass::kMoney, ValueClass::kMask};
inline constexpr Layout kLayout = {"settle", "settle", kSlots, kConsts};

}  // namespace cap::bench::settle
