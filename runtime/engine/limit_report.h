// What a decision says of the limits that the call was held against, from the store's answer.
#pragma once

#include "cap/decision.h"
#include "runtime/engine/program_state.h"
#include "runtime/engine/reporter.h"
#include "runtime/engine/reservation.h"

namespace cap::engine {

/// Adds what remains of each limit, and what was spent if the decision is a denial for that.
/// INVARIANT: `answer` is that of the decision, and `state` is what it was decided under.
void ReportLimits(const ProgramState& state, const Decision& decision, const Reservation& answer,
                  FullReport& full);

}  // namespace cap::engine
