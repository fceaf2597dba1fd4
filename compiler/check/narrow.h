// The declared order of a constraint's parameters, held against the constraint's body.
#pragma once

#include "compiler/check/constraint.h"

namespace cap::check {

/// Reports every parameter whose declared order (`narrows <=`) the body does not keep: a narrower
/// value must never permit what a wider one refuses. `declared`: parallel to the parameters.
/// False: something was reported. Cost: linear in the body, times the parameters with an order.
bool CheckNarrowing(Context& context, const ConstraintInfo& constraint,
                    const std::vector<const ast::Param*>& declared);

/// Whether values of the type have the order; else that is reported.
bool CheckOrder(Context& context, TypeIndex type, const ast::Narrows& narrows);

/// Whether a condition keeps the order of a bound value: a narrower one never makes it hold where a
/// wider one does not; with `restricts` the other way. `arguments`: what stands for the parameters
/// of a constraint whose body the condition is; null: it is no body.
bool Keeps(const Context& context, NodeId condition, const std::vector<NodeId>* arguments,
           uint32_t bound, ast::Narrows::Order order, bool restricts);

/// The same of what a limit takes and allows.
bool Keeps(const Context& context, const LimitSource& limit, const std::vector<NodeId>* arguments,
           uint32_t bound, ast::Narrows::Order order);

}  // namespace cap::check
