// G1: native predicates against the hand-written ones.
#pragma once

#include <cstdint>
#include <string>

namespace cap::bench {

struct RunOptions {
  uint32_t pairs = 31;
  bool json = false;
  std::string only;          // one shape
  uint32_t requests = 512;   // of G1, in each of its two mixes
};

/// Status: 0 = every goal is met and every control fails, 4 = not, 1 = an engine disagrees.
int RunPredicates(const RunOptions& options);
int CountPredicates(const RunOptions& options);
/// Agreement only.
int SmokePredicates();

}  // namespace cap::bench
