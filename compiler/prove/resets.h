// Counters that a change of a policy leaves with what they do not count any more.
#pragma once

#include <string>
#include <vector>

#include "compiler/prove/prove.h"

namespace cap::prove {

/// What becomes of what was counted for the action: a counter that has to be reset before it serves
/// the new text, and one that begins anew without anybody having said so.
void AddResets(const Side& before, const Side& after, const std::string& action,
               std::vector<Change>& out);

}  // namespace cap::prove
