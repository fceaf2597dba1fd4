// The declared order of a constraint's parameters, held against the constraint's body.
#pragma once

#include "compiler/check/constraint.h"

namespace cap::check {

/// Reports every parameter whose declared order (`narrows <=`) the body does not keep: a narrower
/// value must never permit what a wider one refuses. `declared`: parallel to the parameters.
/// False: something was reported. Cost: linear in the body, times the parameters with an order.
bool CheckNarrowing(Context& context, const ConstraintInfo& constraint,
                    const std::vector<const ast::Param*>& declared);

}  // namespace cap::check
