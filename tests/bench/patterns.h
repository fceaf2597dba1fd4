// The regular expressions of shapes/track.cap alone: the call-out that walks a table, and RE2.
#pragma once

#include "tests/bench/predicates.h"

namespace cap::bench {

/// Prints a line an expression. No goal: RE2 is a peer and no bound.
int RunPatterns(const RunOptions& options);

}  // namespace cap::bench
