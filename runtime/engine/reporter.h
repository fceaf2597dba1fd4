// Makes the two views of a decision. Inside an epoch; cold.
#pragma once

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
  bool text_public = false;  // the message is made of a deny text or of public parts alone
};

FullReport MakeReport(const ProgramState* state, const GrantRows& rows, const Decision& decision,
                      GrantId grant, const Frame& frame);

AgentDecisionReport ForAgent(const FullReport& full);

}  // namespace cap::engine
