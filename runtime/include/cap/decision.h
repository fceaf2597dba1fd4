// What an engine answers, and how it is shown.
//
// A Decision is a small value: making one allocates nothing, copying one is a copy of 128 bytes.
// Everything for people (names, texts, observed values) is made afterwards and only when asked for:
//
//   cap::Decision d = reader.Authorize(grant, frame);
//   if (!d.permitted()) log(cap::ToText(reader.Report(d, grant, frame)));  // operators only
//   if (!d.permitted()) answer(cap::ToText(reader.AgentReport(d, grant, frame)));  // safe to show
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/base/span.h"
#include "runtime/value/type.h"

namespace cap {

/// A zeroed decision denies.
enum class Verdict : uint8_t { kDeny = 0, kStepUp = 1, kPermit = 2 };
std::string_view NameOf(Verdict verdict);  // "deny", "step-up", "permit"

enum class DecisionCode : uint8_t {
#define CODE(name, ...) k##name,
#include "cap/decision_codes.def"
#undef CODE
};
inline constexpr uint32_t kDecisionCodeCount = 0
#define CODE(...) +1
#include "cap/decision_codes.def"
#undef CODE
    ;
std::string_view NameOf(DecisionCode code);     // "no_capability"
std::string_view SummaryOf(DecisionCode code);  // "no capability covers this action …"

/// Random, unless the host names the operation (AuthorizeOptions); tells two decisions of one call
/// apart, and names what a call was charged. It and what a store of counters says are the only
/// parts of a Decision that are not a function of program, grant and frame.
struct DecisionId {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const DecisionId&) const = default;
};
std::string ToHex(const DecisionId& id);  // 32 digits

/// Of a limit that no time renews.
inline constexpr int64_t kNeverAgain = INT64_MAX;

/// A slice of a side array that a decision owns nothing of.
struct SideList {
  uint32_t first = 0;
  uint32_t count = 0;
  bool operator==(const SideList&) const = default;
};

/// One answer. Indices are of the Program with number `program`; kNone = does not apply.
struct Decision {
  DecisionId id;
  Verdict verdict = Verdict::kDeny;
  DecisionCode code = DecisionCode::kNotLoaded;
  bool escalate = false;        // a denial that a person should see
  uint8_t action_nth = 0xFF;    // of Tool::actions: whose denial, step-up or permit this is
  uint16_t clause = 0xFFFF;     // of the capability: the first that is not true; 0xFFFF = none
  uint16_t resource = 0;        // of the action's resources: the first that is not covered
  uint32_t tool = kNone;
  uint32_t policy = kNone;
  uint32_t capability = kNone;  // that permits (the charged one), steps up, or is nearest
  uint32_t forbid = kNone;      // that denies or steps up
  Span span;                    // of the clause, forbid or capability that decided; line 0 = none
  uint64_t fail = 0;            // clauses of `capability` that are false,
  uint64_t fault = 0;           // … neither true nor false,
  uint64_t skipped = 0;         // … not evaluated, since a cheaper one was not true
  uint64_t step_up = 0;         // … unsatisfied step-ups, when the verdict is step-up
                                // … obligations, when it is permit
  /// Bit 63: counters were charged, or wait to be stamped, under `id`: Commit() or Release() it.
  /// Bit 62: a permit of which nothing was counted, since the store was away and all limits of the
  /// call say `on_store_error: "permit"`. The others: which capability of each action was charged.
  uint64_t operation = 0;
  uint64_t receipts = 0;        // reserved: approvals that were used up
  int64_t retry_after_us = 0;   // of a spent limit: when it is worth a try; 0 = none was spent,
                                // kNeverAgain = another day will not help
  uint32_t program = 0;         // number of the Load that it was decided under
  SideList obligations;         // count: what a permit brings; Reader::Obligations() says it
  uint32_t limit = kNone;       // shared limit that denies, of Program::limits

  bool permitted() const { return verdict == Verdict::kPermit; }
  bool reserved() const { return operation >> 63 != 0; }
  bool uncounted() const { return (operation >> 62 & 1) != 0; }
};
static_assert(sizeof(Decision) == 128 && std::is_trivially_copyable_v<Decision>);

/// Equal but for the id: what two engines must agree on.
bool SameDecision(const Decision& a, const Decision& b);

// --- for people ---

/// A place in the policy's source.
struct SourcePlace {
  std::string file;
  uint32_t line = 0;  // 0 = none
  uint32_t column = 0;
  uint32_t length = 0;
};

/// An approval that would satisfy one clause (or forbid) of the decision.
struct StepUpNeed {
  std::string clause;                  // "requireApproval", "forbid"
  std::string kind;                    // "approval", "review"
  std::vector<std::string> approvers;  // all of them; those that have not approved yet
  SourcePlace place;
};

enum class ClauseOutcome : uint8_t { kTrue, kFalse, kFault, kSkipped, kStepUp };
std::string_view NameOf(ClauseOutcome outcome);  // "true", "false", "fault", "skipped", "step-up"

struct ClauseReport {
  std::string name;
  ClauseOutcome outcome = ClauseOutcome::kTrue;
  SourcePlace place;
};

/// How far one capability of the action came.
struct CandidateReport {
  std::string capability;
  std::string stage;  // "resource", "clauses", "step-up", "permit"
  std::vector<ClauseReport> clauses;  // empty at stage "resource"
  SourcePlace place;
};

/// What a permit asks of the enforcement point.
struct Obligation {
  std::string name;       // "maskColumns"
  uint32_t version = 1;
  std::string arguments;  // a JSON object: {"columns":["ssn"]}
  std::string clause;     // the constraint that asks for it
};

/// How one limit stood after the decision.
struct LimitReport {
  std::string name;            // "maxPerDay", "consume#2"; "team.consume" of a shared limit
  std::string remains;         // "12", "40.00 USD"; nothing of "circuit_breaker"
  std::string limit;           // "500.00 USD", "one each 1m, 5 at once"
  int64_t retry_after_us = 0;  // of one that is spent: until it is worth a try; kNeverAgain
};

/// The operator's view: everything. Strings from the request are quoted and cut.
struct DecisionReport {
  std::string id;
  Verdict verdict = Verdict::kDeny;
  DecisionCode code = DecisionCode::kNotLoaded;
  bool escalate = false;
  bool uncounted = false;  // permitted though the store is away: as Decision::uncounted()
  bool complete = true;    // false: the program or the grant is gone, only codes and spans remain
  std::string tool;
  std::vector<std::string> wrapped_in;  // the tools that carried the call, outermost first
  std::string action;
  std::string resource;    // the one that was not covered, or the first
  std::string policy;
  std::string capability;
  std::string subject;
  std::string clause;      // name of the deciding clause: "maxAmount"
  SourcePlace place;       // of it
  std::string source;      // the fault's own place within the clause, as "file:line:column"
  std::string text;        // the deny text of the clause, filled in
  std::string observed;    // "750.00 USD"; of sets the members that offend; of `all` the element
  std::string limit;       // "500.00 USD"
  std::string fault;       // why a value was unusable: "fact `order` is missing"
  std::string message;     // one sentence made of the above
  std::vector<StepUpNeed> step_ups;
  std::string call_digest; // hex; what an approval has to carry
  std::vector<CandidateReport> candidates;
  std::vector<std::string> obligations;  // of a permit: "maskColumns@1 {…}"
  /// Of a call that the store was asked for: of its reader's latest only, after that nobody knows.
  std::vector<LimitReport> limits;
  int64_t retry_after_us = 0;            // as Decision::retry_after_us
};

/// The agent's view: arguments, constants of the policy, and facts that a deny text names. Nothing
/// else, since anything more is an oracle and a channel for injection.
struct AgentDecisionReport {
  std::string id;
  Verdict verdict = Verdict::kDeny;
  DecisionCode code = DecisionCode::kNotLoaded;
  bool escalate = false;
  bool uncounted = false;
  std::string clause;
  std::string message;
  std::string observed;
  std::string limit;
  std::vector<StepUpNeed> step_ups;      // without places
  std::string call_digest;
  std::vector<std::string> obligations;
  /// Whose numbers and keys it may know. Of one that others count with too: the name, and when to
  /// try again.
  std::vector<LimitReport> limits;
  int64_t retry_after_us = 0;
};

/// A person's lines, without a final newline.
std::string ToText(const DecisionReport& report);
std::string ToText(const AgentDecisionReport& report);

/// One JSON object on one line.
std::string ToJson(const DecisionReport& report);
std::string ToJson(const AgentDecisionReport& report);

}  // namespace cap
