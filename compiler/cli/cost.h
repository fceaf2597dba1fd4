// The worst case of policies, known before any call.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/program/program.h"

namespace cap::cli {

/// What one call can cost under a policy, at most.
struct PolicyCost {
  std::string policy;
  std::string tool;    // whose call costs most; empty: the policy asks nothing
  uint64_t steps = 0;  // instructions of all its capabilities and forbids, quantifiers at their
                       // longest (runtime/program/cost.h); saturates
  uint64_t counters = 0;  // that one call is held against, of whatever tool has most
};

/// One a policy, in order. Cost: linear in the program's instructions.
std::vector<PolicyCost> CostsOf(const Program& program);

}  // namespace cap::cli
