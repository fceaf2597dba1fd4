// Holds a decision against what a test expects of it.
#pragma once

#include <string>

#include "cap/decision.h"
#include "compiler/policytest/capt_file.h"

namespace cap::policytest {

/// Empty if everything that the test names is as it says; else a line for each difference. A clause
/// may be the deciding clause's name or, for a permit, left out.
std::string Differences(const Expectation& expected, const DecisionReport& report);

}  // namespace cap::policytest
