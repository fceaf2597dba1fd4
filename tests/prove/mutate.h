// A policy that differs a little from another one: a constant by one unit, a statement more or
// fewer, a set that grew or shrank, another pattern.
#pragma once

#include "tests/diff/model.h"
#include "tests/support/random_frame.h"

namespace cap::diff {

/// Changes the policy, and says how. `module` has the policies that statements are taken from.
std::string MutatePolicy(PolicyModel& policy, const ModuleModel& module, test::Random& random);

}  // namespace cap::diff
