// Policies that extend generated ones, and what they should decide: by each capability what parent
// and child decide alone, whichever is less kind.
#pragma once

#include "tests/diff/oracle.h"
#include "tests/support/random_frame.h"

namespace cap::diff {

/// Adds children to the policies of the module, and children to some of these, and prints it. Not
/// all of them will compile.
void AddChildren(ModuleModel& module, test::Random& random);

/// Every child as one policy that has all that holds of it: what the compiler should make of it.
std::vector<PolicyModel> WholeChildren(const ModuleModel& module);

/// The verdict of a policy or child, from what each of its ancestors says by itself.
Outcome Together(const ModuleModel& module, const std::string& policy, Oracle& oracle);

}  // namespace cap::diff
