// What a permit asks of the enforcement point, in words that it can act on.
#pragma once

#include <vector>

#include "cap/decision.h"
#include "runtime/engine/decide.h"

namespace cap::engine {

/// The obligations of a call that is permitted, of each action that it is, by the capabilities that
/// the decision was charged for. Inside an epoch. Errors:
/// "stale" (the grant was revoked meanwhile).
Result<std::vector<Obligation>> ObligationsOf(const ProgramState& state, const GrantView& view,
                                              const Frame& frame, const Decision& decision);

/// "maskColumns@1 {"columns":["ssn"]}".
std::string ShowObligation(const Obligation& obligation);

}  // namespace cap::engine
