#include <string>

#include "cap/decision.h"
#include "runtime/value/duration.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

constexpr std::string_view kNotCounted = "not counted: the store is away";

// Names, texts and places come from a policy, a bundle or a grant: none may steer a terminal.
void Line(std::string_view label, std::string_view value, std::string& text) {
  constexpr size_t kLabelWidth = 12;
  if (value.empty()) return;
  text.append("\n  ").append(label).append(kLabelWidth - label.size(), ' ').append(OneLine(value));
}

std::string Show(const SourcePlace& place) {
  if (place.line == 0) return {};
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string Joined(const std::vector<std::string>& items, std::string_view between) {
  std::string text;
  for (const std::string& item : items) text.append(text.empty() ? "" : between).append(item);
  return text;
}

/// "1h 20m", rounded up to a second, "never"; nothing where no limit is spent.
std::string RetryText(int64_t retry_after_us) {
  constexpr int64_t kSecondUs = 1'000'000;
  if (retry_after_us <= 0) return {};
  if (retry_after_us == kNeverAgain) return "never";
  return FormatDuration({((retry_after_us - 1) / kSecondUs + 1) * kSecondUs});
}

std::string Show(const StepUpNeed& need) {
  std::string text = need.kind;
  if (!need.approvers.empty()) text += " by " + Joined(need.approvers, " and ");
  text += " (" + need.clause;
  const std::string place = Show(need.place);
  return text + (place.empty() ? ")" : ", " + place + ")");
}

std::string Show(const CandidateReport& candidate) {
  std::string text = candidate.capability + " (" + Show(candidate.place) + "): ";
  if (candidate.stage == "resource") return text + "does not cover the resource";
  text += candidate.stage;
  for (const ClauseReport& clause : candidate.clauses) {
    if (clause.outcome == ClauseOutcome::kTrue) continue;
    text += ", " + clause.name + " " + std::string(NameOf(clause.outcome));
  }
  return text;
}

std::string Show(const LimitReport& limit) {
  std::string text = limit.name;
  if (!limit.remains.empty()) text += ": " + limit.remains + " left of " + limit.limit;
  if (limit.retry_after_us == 0) return text;
  const std::string retry = RetryText(limit.retry_after_us);
  return text + (retry == "never" ? ", for good" : ", again in " + retry);
}

std::string Head(Verdict verdict, DecisionCode code, bool escalate, std::string_view message) {
  std::string text(NameOf(verdict));
  if (verdict == Verdict::kDeny) text.append(" [").append(NameOf(code)).append("]");
  if (escalate) text += " (escalate)";
  return text.append(": ").append(OneLine(message));
}

}  // namespace

std::string ToText(const DecisionReport& report) {
  std::string text = Head(report.verdict, report.code, report.escalate, report.message);
  const std::string place = Show(report.place);
  Line("clause", report.clause.empty() ? "" : report.clause + (place.empty() ? "" : " at ") + place,
       text);
  if (report.clause.empty()) Line("at", place, text);
  Line("observed", report.observed, text);
  Line("limit", report.limit, text);
  Line("fault", report.fault, text);
  Line("fault at", report.source, text);
  for (const StepUpNeed& need : report.step_ups) Line("needs", Show(need), text);
  if (!report.step_ups.empty()) Line("call digest", report.call_digest, text);
  for (const std::string& obligation : report.obligations) Line("oblige", obligation, text);
  for (const LimitReport& limit : report.limits) Line("remains", Show(limit), text);
  Line("retry after", RetryText(report.retry_after_us), text);
  Line("wrapped in", Joined(report.wrapped_in, ", "), text);
  Line("action", report.action, text);
  Line("resource", report.resource, text);
  Line("policy", report.policy, text);
  Line("capability", report.capability, text);
  Line("subject", report.subject, text);
  if (report.verdict == Verdict::kDeny) {
    for (const CandidateReport& candidate : report.candidates) {
      Line("candidate", Show(candidate), text);
    }
  }
  if (report.uncounted) Line("note", kNotCounted, text);
  if (!report.complete) Line("note", "the program or the grant is gone since", text);
  Line("decision", report.id, text);
  return text;
}

std::string ToText(const AgentDecisionReport& report) {
  std::string text = Head(report.verdict, report.code, report.escalate, report.message);
  Line("clause", report.clause, text);
  Line("observed", report.observed, text);
  Line("limit", report.limit, text);
  for (const StepUpNeed& need : report.step_ups) Line("needs", Show(need), text);
  Line("call digest", report.call_digest, text);
  for (const LimitReport& limit : report.limits) Line("remains", Show(limit), text);
  Line("retry after", RetryText(report.retry_after_us), text);
  if (report.uncounted) Line("note", kNotCounted, text);
  Line("decision", report.id, text);
  return text;
}

}  // namespace cap
