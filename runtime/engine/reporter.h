// Makes the two views of a decision. Inside an epoch; cold.
#pragma once

#include <vector>

#include "cap/decision.h"
#include "runtime/engine/decide.h"

namespace cap::engine {

/// The operator's view, and which parts of it an agent may see.
struct FullReport {
  DecisionReport report;
  bool resource_public = false;
  bool observed_public = false;
  bool limit_public = false;
  bool fault_public = false;
  std::vector<bool> limits_public;  // parallel to DecisionReport::limits
  std::vector<bool> limits_own;     // … whether nobody but its subject counts with it
  bool text_public = false;  // the message is made of a deny text or of public parts alone
};

/// `answer`: what the store said of the decision; null where that is not known any more.
FullReport MakeReport(const ProgramState* state, const GrantRows& rows, const Decision& decision,
                      GrantId grant, const Frame& frame, const Reservation* answer);

AgentDecisionReport ForAgent(const FullReport& full);

}  // namespace cap::engine
