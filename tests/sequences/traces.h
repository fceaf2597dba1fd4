// Random sequences of calls, for policies of RandomPolicy().
#pragma once

#include <string>

#include "compiler/policytest/capt_file.h"
#include "tests/sequences/policies.h"

namespace cap::sequences {

/// When a trace begins: often just before clocks change, or a month ends.
std::string RandomStart(Random& random);

/// Calls at times that go on, stand still and sometimes go back a little, with commits, releases
/// and grants between them. It expects nothing.
policytest::Sequence RandomTrace(Random& random);

/// The sequence as a `.capt` file has it, to be run again by hand.
std::string CaptText(const policytest::Sequence& sequence);

}  // namespace cap::sequences
