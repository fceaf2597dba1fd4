// Whether one value of a parameter is at least as tight as another, in its declared order.
#pragma once

#include "runtime/program/program.h"
#include "runtime/value/slot.h"

namespace cap::engine {

/// Equal values are. A parameter without a declared order can be no tighter. Values of two
/// currencies cannot be compared, so that neither is.
bool IsAsTight(const Program& program, TypeIndex type, ParameterOrder order, const Slot& own,
               const Slot& above);

/// −1, 0, 1: how two values of an ordered type compare; 2 where they do not.
int CompareSlots(const Program& program, TypeIndex type, const Slot& a, const Slot& b);

/// Whether two values of one scalar type are the same.
bool SameScalar(const Program& program, TypeIndex type, const Slot& a, const Slot& b);

}  // namespace cap::engine
