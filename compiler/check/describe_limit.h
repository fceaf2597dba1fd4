// What a giver of grants is told of a limit: what it lets through at the worst, not at the average.
#pragma once

#include <vector>

#include "compiler/check/limit.h"
#include "compiler/check/lower.h"

namespace cap::check {

/// How the limit stands in its rule.
struct LimitUse {
  InstanceId instance = kCaller;
  NodeId guard = kNone;
};

/// "at most 10 each day of Europe/Berlin, and up to twice that around midnight, for each order_id".
/// After the limit's constants are known to the rule.
std::vector<TextPiece> DescribeLimit(const Context& context, const LimitSource& source,
                                     const std::vector<NodeId>& keys, const LimitUse& use,
                                     const Lowering& lowering);

}  // namespace cap::check
