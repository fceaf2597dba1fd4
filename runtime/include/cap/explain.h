// Why a call is decided as it is: every rule that was asked, every clause of it, and what each part
// of a condition came to. For operators: it shows all that went into a decision.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cap/decision.h"

namespace cap {

/// One part of a condition: an instruction, with the value that it had for this call.
struct ExplainedPart {
  std::string text;             // "amount", "const", "money.lt"; the policy's own words: at `place`
  std::string value;            // "200.00 USD", "true"; empty for a fault
  bool fault = false;
  bool ran = true;              // false: it is of a list without elements
  uint32_t element = kNone;     // of a quantifier: the element that decided it
  SourcePlace place;
  std::vector<uint32_t> parts;  // what it is computed from: of ExplainedClause::parts
};

struct ExplainedClause {
  std::string name;  // "maxAmount", "require", "forbid"
  ClauseOutcome outcome = ClauseOutcome::kTrue;
  SourcePlace place;
  std::vector<ExplainedPart> parts;  // parallel to the clause's instructions
  uint32_t root = kNone;             // of the parts: the whole condition
};

struct ExplainedRule {
  enum class Kind : uint8_t { kAction, kForbid, kCapability };
  Kind kind = Kind::kCapability;
  uint32_t index = 0;  // of Program::actions, forbids or capabilities
  std::string name;    // of the action or capability; "forbid"
  std::string action;
  /// kAction: "yes", "no" (the call is not this action). kForbid: "resource" (of another one),
  /// "no", "acts", "lifted" (by an approval). kCapability: as CandidateReport::stage.
  std::string stage;
  SourcePlace place;
  std::vector<ExplainedClause> clauses;  // empty at stage "resource", and of what has no condition
};

std::string_view NameOf(ExplainedRule::Kind kind);  // "action", "forbid", "capability"

/// The rules of a call's policy in their order: of each of the tool's actions first the action,
/// then its forbids, then its capabilities. Empty for a call that is malformed or has no live
/// grant.
struct CallExplanation {
  std::vector<ExplainedRule> rules;
};

}  // namespace cap
