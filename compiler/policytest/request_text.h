// The lines of a test as the JSON request that `capc eval` would read (docs/cli.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/policytest/capt_file.h"

namespace cap::policytest {

/// `digests`: of the approvals, in their order, in hex. What the author wrote as JSON goes in byte
/// by byte, so that a test can say what is not valid.
std::string RequestText(const Test& test, int64_t now_us, const std::vector<std::string>& digests);

}  // namespace cap::policytest
