// For every clause and forbid a request that it alone decides. What has none cannot be told from a
// policy without it, so it is taken out: what is left is a module in which everything matters.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/diff/running.h"

namespace cap::diff {

struct Witness {
  size_t grant = 0;  // of BoundChoices()
  RequestModel request;
};
using Witnesses = std::map<std::string, std::vector<Witness>>;  // by the policy's name

struct WitnessTotals {
  uint64_t statements = 0;          // that the checker accepted
  uint64_t left_out = 0;            // of them: no request was found that they alone decide
  uint64_t forbids = 0;
  uint64_t forbids_left_out = 0;
  uint64_t policies_left_out = 0;   // nothing was left of them, or not in the rounds there are
};

/// A request that the policy permits, or else one that makes as many statements true as was found.
RequestModel Climb(const Running& run, Random& random);

/// Takes out what decides nothing, compiles again, and gives the requests that show what is left
/// to decide. `subject` must have no problems.
Witnesses KeepWhatDecides(Subject& subject, Random& random,
                          std::map<std::string, uint64_t>& refused, WitnessTotals& totals);

}  // namespace cap::diff
