// G2: a whole decision against the hand-written one. G3: its growth with the number of records.
#pragma once

#include "tests/bench/predicates.h"

namespace cap::bench {

int RunDecisions(const RunOptions& options);
int RunGrowth(const RunOptions& options);
int CountDecisions();
int SmokeDecisions();

}  // namespace cap::bench
