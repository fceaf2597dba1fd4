// What the baseline of shapes/refund.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::refund {

namespace slot {
enum : unsigned {
  order_id, amount, order, order_owner, order_status, order_total, order_items
};
}
namespace lit {
enum : unsigned {
  limit, delivered, customer_id, max_items, approval_above, approver
};
}

inline constexpr const char* kSlots[] = {
    "order_id", "amount", "order", "order.owner", "order.status", "order.total", "order.items"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMoney, ValueClass::kStr, ValueClass::kStr, ValueClass::kWord, ValueClass::kMoney,
    ValueClass::kMask};
inline constexpr Layout kLayout = {"refund", "process_refund", kSlots, kConsts};

}  // namespace cap::bench::refund
