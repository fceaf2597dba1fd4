// Two values of a constraint's parameter in the order that it declares.
#pragma once

#include <optional>

#include "compiler/check/context.h"

namespace cap::check {

/// Whether it is known that the first value permits no more than the second one: they are the same,
/// or literals in this order.
bool NoWider(const Context& context, NodeId narrow, NodeId wide,
             std::optional<ast::Narrows::Order> order);

/// Whether two constants are the same, whatever a mint gives.
bool SameSource(const Program& program, const ConstSource& a, const ConstSource& b);

}  // namespace cap::check
