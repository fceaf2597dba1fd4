// Random sequences of calls, for policies of RandomPolicy().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/policytest/capt_file.h"
#include "tests/sequences/policies.h"

namespace cap::sequences {

/// What a delegation of a trace gives on: its JSON, and what it says.
struct Link {
  std::string json;
  std::vector<std::string> capabilities;
  std::string subject = "child";
  std::string order = {};           // calls with it alone
  std::optional<int64_t> units_to = {};  // calls with no more
  std::string limit = {};           // the shared limit whose parameter it is; empty: it is pay0's
  std::string parameter = {};       // "guarded.most", which becomes
  int64_t value = 0;
  int64_t ttl_us = 0;  // 0: as long as its parent
};
const std::vector<Link>& Links();

/// When a trace begins: often just before clocks change, or a month ends.
std::string RandomStart(Random& random);

/// Calls at times that go on, stand still and sometimes go back a little, with commits, releases
/// and grants between them. It expects nothing.
policytest::Sequence RandomTrace(Random& random);

/// The sequence as a `.capt` file has it, to be run again by hand.
std::string CaptText(const policytest::Sequence& sequence);

}  // namespace cap::sequences
