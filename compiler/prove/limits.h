// Whether the counters of one policy let through no more than those of another. Asked beside the
// solver, which knows of one call and not of those before it.
#pragma once

#include <optional>
#include <string>

#include "compiler/prove/prove.h"

namespace cap::prove {

/// Nothing: whatever was counted before, every call of the tool (with an action: of that) that fits
/// into the child's limits fits into the parent's. Else why that is not known: each limit of the
/// parent must be one of the child too, under the same name, of the same kind and for the same
/// keys, as often, and no larger.
std::optional<std::string> LimitsWider(const Side& child, const Side& parent,
                                       const std::string& tool, const std::string& action);

/// Nothing: a call of the tool is the same actions under both, wherever that says what is counted
/// for it. Else why that is not known: a call is charged for every action that it is, so counters
/// of one name need not have counted the same calls. The guards must be the same as written.
std::optional<std::string> ChargesDiffer(const Side& child, const Side& parent,
                                         const std::string& tool);

}  // namespace cap::prove
