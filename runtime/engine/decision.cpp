#include "cap/decision.h"

namespace cap {
namespace {

struct CodeInfo {
  std::string_view text;
  std::string_view summary;
};

constexpr CodeInfo kCodes[kDecisionCodeCount] = {
#define CODE(name, text, summary) {text, summary},
#include "cap/decision_codes.def"
#undef CODE
};

}  // namespace

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeny: return "deny";
    case Verdict::kStepUp: return "step-up";
    case Verdict::kPermit: return "permit";
  }
  return "deny";
}

std::string_view NameOf(DecisionCode code) { return kCodes[static_cast<size_t>(code)].text; }
std::string_view SummaryOf(DecisionCode code) {
  return kCodes[static_cast<size_t>(code)].summary;
}

std::string_view NameOf(ClauseOutcome outcome) {
  switch (outcome) {
    case ClauseOutcome::kTrue: return "true";
    case ClauseOutcome::kFalse: return "false";
    case ClauseOutcome::kFault: return "fault";
    case ClauseOutcome::kSkipped: return "skipped";
    case ClauseOutcome::kStepUp: return "step-up";
  }
  return "fault";
}

std::string ToHex(const DecisionId& id) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint64_t word : {id.high, id.low}) {
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[word >> shift & 15]);
  }
  return text;
}

bool SameDecision(const Decision& a, const Decision& b) {
  return a.verdict == b.verdict && a.code == b.code && a.escalate == b.escalate &&
         a.action_nth == b.action_nth && a.clause == b.clause && a.resource == b.resource &&
         a.tool == b.tool && a.policy == b.policy && a.capability == b.capability &&
         a.forbid == b.forbid && a.span == b.span && a.fail == b.fail && a.fault == b.fault &&
         a.skipped == b.skipped && a.step_up == b.step_up && a.operation == b.operation &&
         a.receipts == b.receipts && a.program == b.program && a.obligations == b.obligations &&
         a.retry_after_us == b.retry_after_us && a.limit == b.limit;
}

}  // namespace cap
