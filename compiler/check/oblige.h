// `oblige name(…)`: what a permit asks of the enforcement point.
#pragma once

#include <optional>

#include "compiler/check/constraint.h"
#include "compiler/check/expr.h"

namespace cap::check {

/// The clause that an `oblige` is; declares its obligation in the Program, or holds it against the
/// one that is there. Nothing: something was reported.
std::optional<BodyClause> CheckOblige(Context& context, ExprChecker& checker,
                                      const ast::ObligeStmt& statement);

}  // namespace cap::check
