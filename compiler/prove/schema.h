// Whether two Programs speak of the same inputs. Internal to compiler/prove.
#pragma once

#include <optional>
#include <string>

#include "runtime/program/program.h"

namespace cap::prove {

const Tool* FindToolNamed(const Program& program, const std::string& name);

/// Whether the Program has a wrapper that carries calls in the same way.
bool HasWrapper(const Program& program, const Wrapper& wrapper);

/// What differs in the inputs of two tools of one name; nothing if the same calls can be made of
/// both. Facts and live context that only one of them declares are given only to that one.
std::optional<std::string> ToolsDiffer(const Program& a, const Tool& tool_a, const Program& b,
                                       const Tool& tool_b);

/// … in the bound context of two policies.
std::optional<std::string> BoundsDiffer(const Program& a, const Policy& policy_a,
                                        const Program& b, const Policy& policy_b);

}  // namespace cap::prove
