// Values and places as people read them. Strings are quoted and cut, lists are cut.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cap/decision.h"
#include "runtime/program/program.h"
#include "runtime/value/slot.h"

namespace cap::engine {

/// A value of the type, as it stands in a frame or in constants.
std::string ShowSlot(const Program& program, TypeIndex type, const Slot& slot);

/// Element `index` of a list or set of the type.
std::string ShowElement(const Program& program, TypeIndex type, const Slot& list, uint32_t index);

/// The members of `left` that are (or, with `inside` false, are not) in `right`; both of the type:
/// a set or list of scalars. Empty text: there is none.
std::string ShowMembers(const Program& program, TypeIndex type, const Slot& left,
                        const Slot& right, bool inside);

/// Names of the approvers in a mask, in order.
std::vector<std::string> ApproverNames(const Program& program, uint64_t mask);

SourcePlace PlaceOf(const Program& program, const Span& span);

}  // namespace cap::engine
