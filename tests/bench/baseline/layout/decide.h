// What the hand-written decision expects of decide/decide.cap: the slots of every tool's frame and
// the constants of its two capabilities and its forbid. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::decide {

namespace slot {
enum : unsigned {
  order_id, amount, channel, order, order_owner, order_status, order_total, order_items,
  order_flagged
};
}
namespace desk {
enum : unsigned { limit, returned, max_items };
}
namespace own {
enum : unsigned { limit, delivered, channels, approval_above, manager };
}
namespace forbid {
enum : unsigned { flagged_above };
}
inline constexpr uint8_t kOwnSkeleton = 1;   // the customer is a literal
inline constexpr uint8_t kDeskSkeleton = 0;  // the customer and the channel are
inline constexpr uint8_t kOwnHoles = 1;
inline constexpr uint8_t kDeskHoles = 2;

inline constexpr const char* kSlots[] = {
    "order_id", "amount", "channel", "order", "order.owner", "order.status", "order.total",
    "order.items", "order.flagged"};
inline constexpr ValueClass kDeskConsts[] = {ValueClass::kMoney, ValueClass::kStr,
                                             ValueClass::kWord};
inline constexpr ValueClass kOwnConsts[] = {ValueClass::kMoney, ValueClass::kStr, ValueClass::kMask,
                                            ValueClass::kMoney, ValueClass::kMask};
inline constexpr ValueClass kForbidConsts[] = {ValueClass::kMoney};

}  // namespace cap::bench::decide
