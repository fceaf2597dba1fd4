// Goal G6 and the part of G5 with limits, by whole decisions: what a policy's limits add to one.
#pragma once

#include "tests/bench/predicates.h"

namespace cap::bench {

int RunLimits(const RunOptions& options);
int RunLimitThreads(const RunOptions& options);
int CountLimits();

}  // namespace cap::bench
