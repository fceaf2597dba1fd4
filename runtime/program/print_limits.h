// How limits are printed: a part of print.h. Internal to runtime/program.
#pragma once

#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace cap {

/// "quota", "not after", …
std::string_view NameOf(LimitKind kind);

/// One line without its end: "quota of (p, c, maxPerDay) clause 2: amount const 1, …".
std::string PrintTerm(const Program& program, const LimitTerm& term);

/// "history pay(order, user)".
std::string PrintHistory(const Program& program, const History& history);

/// "parameter maxAmount.limit = const 0 narrows <=".
std::string PrintParameter(const CapabilityParameter& parameter);

}  // namespace cap
