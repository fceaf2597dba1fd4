// What counts beyond a capability: limits that all permits of an action share, limits of every
// policy, and questions to the past.
#pragma once

#include "tests/diff/model.h"
#include "tests/support/random_frame.h"

namespace cap::diff {

/// Adds some of each to the policies of the module, which has no children yet.
void AddShared(ModuleModel& module, test::Random& random);

}  // namespace cap::diff
