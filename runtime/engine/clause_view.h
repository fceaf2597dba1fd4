// What one clause of one capability (or the condition of a forbid) says about one call: evaluated
// again by the interpreter, whichever engine decided.
#pragma once

#include <string>
#include <vector>

#include "runtime/engine/program_state.h"
#include "runtime/frame/frame.h"

namespace cap::engine {

/// `…_public`: made of arguments and of constants that the policy's text has, so that an agent
/// may see it. A bound value is the mint's, not the agent's.
struct ClauseView {
  std::string observed;
  bool observed_public = false;
  std::string limit;
  bool limit_public = false;
  std::string text;         // the deny text, filled in; its author chose what it shows
  std::string fault;        // why the clause faults, in words; empty if it does not
  bool fault_public = false;
  std::string fault_place;  // "file:line:column" of the part that faults
  std::string subject;      // what was observed, as the policy calls it: "order.status"
};

struct ClauseSource {
  const Shape* shape = nullptr;
  uint32_t clause = 0;
  const ClauseInfo* info = nullptr;
  const CapabilityRecord* record = nullptr;
  const std::vector<ConstSource>& consts;  // of the record, parallel to the shape's constants
  uint32_t first_inst_span = 0;
};

ClauseView ViewClause(const ProgramState& state, const Frame& frame, const ClauseSource& source);

}  // namespace cap::engine
