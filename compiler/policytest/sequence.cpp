#include "compiler/policytest/sequence.h"

#include <fmt/format.h>

#include "compiler/policytest/expect.h"
#include "runtime/value/instant.h"

namespace cap::policytest {

namespace {

constexpr const char* kRoot = "root";

std::string GrantOf(const Step& step) { return step.by.empty() ? kRoot : step.by; }

}  // namespace

SequenceOutcome SequenceRun::Run(const Sequence& sequence) {
  out_ = {};
  const Result<void> renewed = session_.Renew();
  if (!renewed.has_value()) {
    Said(sequence.line, renewed.error().message);
    return std::move(out_);
  }
  for (const Step& step : sequence.steps) Take(step);
  return std::move(out_);
}

void SequenceRun::Said(uint32_t line, const std::string& what) {
  if (what.empty()) return;
  if (out_.wrong_line == 0) out_.wrong_line = line;
  out_.wrong += fmt::format("line {}: {}{}", line, what, what.ends_with('\n') ? "" : "\n");
}

void SequenceRun::Take(const Step& step) {
  // One that came out otherwise would come out so again.
  for (uint32_t i = 0; i < step.times && (i == 0 || out_.wrong.empty()); ++i) TakeOnce(step);
}

void SequenceRun::TakeOnce(const Step& step) {
  if (__builtin_add_overflow(now_us_, step.later_us, &now_us_)) {
    return Said(step.line, "no time is so late");
  }
  switch (step.kind) {
    case Step::Kind::kCall:
      return Call(step);
    case Step::Kind::kCommit:
    case Step::Kind::kRelease:
      return Settle(step);
    case Step::Kind::kGrant:
      return Grant(step);
    case Step::Kind::kRevoke:
      return Revoke(step);
    case Step::Kind::kWait:
      return;
  }
}

void SequenceRun::Call(const Step& step) {
  if (!step.call.now.empty()) {
    const Result<Instant> now = ParseInstant(step.call.now);
    if (!now.has_value()) return Said(step.line, now.error().message);
    now_us_ = now->us;
  }
  const Result<std::string> request = request_of_(step.call, now_us_, GrantOf(step));
  if (!request.has_value()) return Said(step.line, request.error().message);
  const Outcome outcome = session_.Decide(
      *request, now_us_, {.grant = GrantOf(step), .operation = step.name, .peek = step.peek});
  out_.trace += fmt::format("{}{} {}{}\n{}\n", FormatInstant(Instant{now_us_}),
                            step.name.empty() ? "" : " " + step.name,
                            step.peek ? "peek " : "", step.call.tool, outcome.text);
  const std::string wrong = Differences(step.call.expected, outcome.report);
  if (!wrong.empty()) Said(step.call.expected.line, wrong + outcome.text);
  Said(step.call.expected.line, outcome.disagrees);
  if (record != nullptr) record->Call(step, *request, GrantOf(step), now_us_, outcome.report);
  if (on_call) on_call({*request, GrantOf(step), now_us_, outcome});
}

void SequenceRun::Settle(const Step& step) {
  const bool commits = step.kind == Step::Kind::kCommit;
  std::optional<state::Actual> actual;
  if (!step.actual.empty()) {
    const Result<state::Actual> parsed = ParseActual(step.actual);
    if (!parsed.has_value()) return Said(step.line, parsed.error().message);
    actual = *parsed;
  }
  const StepOutcome outcome = commits ? session_.Commit(step.name, actual, now_us_)
                                      : session_.Release(step.name, now_us_);
  out_.trace += fmt::format("{} {} {}: {}\n", FormatInstant(Instant{now_us_}),
                            commits ? "commit" : "release", step.name, outcome.status);
  if (record != nullptr) record->Settle(step, now_us_, outcome.status);
  if (outcome.status != step.settled) {
    Said(step.line, fmt::format("expected `{}`, got `{}`", step.settled, outcome.status));
  }
  Said(step.line, outcome.disagrees);
}

void SequenceRun::Grant(const Step& step) {
  const StepOutcome outcome = session_.Grant(step.name, step.by, step.json, now_us_);
  const Expectation& expected = step.call.expected;
  out_.trace += fmt::format("{} grant {}: {}\n", FormatInstant(Instant{now_us_}), step.name,
                            outcome.status.empty() ? "given" : outcome.status);
  Said(step.line, outcome.disagrees);
  if (record != nullptr) record->Grant(step, now_us_, outcome.status);
  if (expected.verdict.empty()) {
    if (outcome.status.empty()) return;
    return Said(step.line, fmt::format("refused: {} ({})", outcome.message, outcome.status));
  }
  if (outcome.status.empty()) return Said(expected.line, "it is given, not refused");
  if (!expected.code.empty() && expected.code != outcome.status) {
    Said(expected.line, fmt::format("expected `{}`, got `{}`: {}", expected.code, outcome.status,
                                    outcome.message));
  }
  if (expected.reason && *expected.reason != outcome.message &&
      *expected.reason != "\"" + outcome.message + "\"") {
    Said(expected.line, fmt::format("reason: expected `{}`, got `{}`", *expected.reason,
                                    outcome.message));
  }
}

void SequenceRun::Revoke(const Step& step) {
  const std::string name = step.name.empty() ? kRoot : step.name;
  out_.trace += fmt::format("{} revoke {}\n", FormatInstant(Instant{now_us_}), name);
  if (record != nullptr) record->Revoke(name, now_us_);
  if (!session_.Revoke(name)) Said(step.line, fmt::format("no live grant is called `{}`", name));
}

}  // namespace cap::policytest
