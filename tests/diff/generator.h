// Random modules that the checker should accept: every construct of the language that decides.
#pragma once

#include "tests/diff/model.h"
#include "tests/support/random_frame.h"

namespace cap::diff {

/// `actions` actions and `policies` policies over them. The same random numbers make the same text.
ModuleModel GenerateModule(test::Random& random, size_t actions, size_t policies);

/// Another policy over that action.
PolicyModel GeneratePolicy(test::Random& random, const ModuleModel& module, size_t action);

/// Writes the source again, for what is left of the policies.
void PrintModule(ModuleModel& module);

}  // namespace cap::diff
