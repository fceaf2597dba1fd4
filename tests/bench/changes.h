// Benchmarks of many threads and many records: G5 (two threads), G11 (memory), G12 (changes).
#pragma once

#include "tests/bench/predicates.h"

namespace cap::bench {

int RunThreads(const RunOptions& options);
int RunMemory();
int RunLatency();
int CountChanges();

}  // namespace cap::bench
