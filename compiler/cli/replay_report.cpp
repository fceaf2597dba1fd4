#include "compiler/cli/replay_report.h"

#include <fmt/format.h>

#include "compiler/diag/json_text.h"
#include "runtime/value/instant.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

using diag::JsonQuote;

/// The limit that denied: whose it is, and which. Empty: another thing did.
std::string LimitOf(const Decision& decision, const DecisionReport& words) {
  if (decision.code == DecisionCode::kCircuitOpen) return "circuit_breaker";
  if (decision.code != DecisionCode::kLimitExceeded) return {};
  if (decision.limit != kNone) return words.clause;  // with its own name: "daily.budget"
  return words.capability + "." + words.clause;
}

std::string Remaining(const DecisionReport& words) {
  std::string text;
  for (const LimitReport& limit : words.limits) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", limit.name, limit.remains);
  }
  return text;
}

std::string RetryText(int64_t retry_after_us) {
  if (retry_after_us == 0) return {};
  if (retry_after_us == kNeverAgain) return "; no later time will do";
  // Rounded up: who tries again then finds it renewed.
  const int64_t seconds = (retry_after_us - 1) / 1'000'000 + 1;
  std::string text = "; again in";
  if (seconds >= 3600) text += fmt::format(" {}h", seconds / 3600);
  if (seconds / 60 % 60 != 0) text += fmt::format(" {}m", seconds / 60 % 60);
  if (seconds % 60 != 0) text += fmt::format(" {}s", seconds % 60);
  return text;
}

std::string JsonCounts(const std::map<std::string, uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", JsonQuote(name), count);
  }
  return "{" + text + "}";
}

std::string TextCounts(const std::map<std::string, uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("  {:>8}  {}\n", count, OneLine(name));
  }
  return text;
}

}  // namespace

bool IsFailedSettlement(std::string_view settled) {
  return !settled.empty() && settled != "settled" && settled != "already" &&
         settled != kNothingToSettle;
}

void ReplayReport::CountSettlement(std::string_view settled) {
  if (settled == kNothingToSettle) ++nothing_to_settle_;
  if (IsFailedSettlement(settled)) ++failed_settlements_;
}

void ReplayReport::Count(const ReplayedLine& at, const Decision& decision,
                         const DecisionReport& words) {
  ++calls_;
  if (decision.verdict == cap::Verdict::kPermit) ++permitted_;
  if (decision.verdict == cap::Verdict::kStepUp) ++step_ups_;
  if (decision.verdict != cap::Verdict::kDeny) return;
  const std::string code(NameOf(decision.code));
  const std::string limit = LimitOf(decision, words);
  ++denied_;
  ++by_code_[code];
  if (!limit.empty()) ++by_limit_[limit];
  if (first_.number != 0) return;
  first_ = at;
  first_why_ = code;
  if (!limit.empty()) first_why_ += " " + limit;
  if (limit.empty() && !words.clause.empty()) first_why_ += " " + words.clause;
}

std::string ReplayReport::Verdict(const DecisionReport& words) const {
  switch (words.verdict) {
    case cap::Verdict::kPermit:
      return "permit";
    case cap::Verdict::kStepUp:
      return "step-up";
    case cap::Verdict::kDeny:
      return monitor_ ? "would deny" : "deny";
  }
  return "deny";
}

std::string ReplayReport::Line(const ReplayedLine& at, const DecisionReport* words) const {
  const std::string time = FormatInstant(Instant{at.at_us});
  if (json_) {
    return fmt::format(R"({{"line":{},"at":{},"operation":{},"decision":{},"settled":{}}})"
                       "\n",
                       at.number, JsonQuote(time),
                       at.operation.empty() ? "null" : JsonQuote(at.operation),
                       words == nullptr ? "null" : ToJson(*words),
                       at.settled.empty() ? "null" : JsonQuote(at.settled));
  }
  std::string line = fmt::format("{:>6}  {}  ", at.number, time);
  if (words == nullptr) return line + fmt::format("{} {}\n", OneLine(at.operation), at.settled);
  line += fmt::format("{:<{}} {}", Verdict(*words), monitor_ ? 10 : 7,
                      words->tool.empty() ? "(no tool)" : OneLine(words->tool));
  if (!at.operation.empty()) line += " " + OneLine(at.operation);
  if (words->verdict == cap::Verdict::kPermit) {
    const std::string remaining = Remaining(*words);
    if (!remaining.empty()) line += ": " + OneLine(remaining) + " left";
  } else {
    line += fmt::format(": {}", NameOf(words->code));
    if (!words->clause.empty()) line += " " + OneLine(words->clause);
    if (!words->observed.empty()) line += ", " + OneLine(words->observed);
    if (!words->limit.empty()) line += " against " + OneLine(words->limit);
    line += RetryText(words->retry_after_us);
  }
  // A permit that nothing was charged for is settled too.
  if (!at.settled.empty() && at.settled != "settled") line += "; settled: " + at.settled;
  return line + "\n";
}

std::string ReplayReport::Counts() const {
  return fmt::format("{} permitted, {} {}denied", permitted_, denied_, monitor_ ? "would be " : "");
}

std::string ReplayReport::Summary(const std::string& trace) const {
  if (json_) {
    const std::string first =
        first_.number == 0 ? "null"
                           : fmt::format(R"({{"line":{},"at":{},"why":{}}})", first_.number,
                                         JsonQuote(FormatInstant(Instant{first_.at_us})),
                                         JsonQuote(first_why_));
    return fmt::format(
        R"({{"calls":{},"permitted":{},"step_ups":{},"denied":{},"monitor":{},"by_code":{},)"
        R"("by_limit":{},"first_denial":{},"nothing_to_settle":{},"failed_settlements":{}}})"
        "\n",
        calls_, permitted_, step_ups_, denied_, monitor_, JsonCounts(by_code_),
        JsonCounts(by_limit_), first, nothing_to_settle_, failed_settlements_);
  }
  std::string text = fmt::format("{} calls: {} permitted, {} step-ups, {} {}denied\n", calls_,
                                 permitted_, step_ups_, denied_, monitor_ ? "would be " : "");
  if (nothing_to_settle_ > 0) {
    text += fmt::format("outcomes with nothing to settle: {}\n", nothing_to_settle_);
  }
  if (failed_settlements_ > 0) {
    text += fmt::format("outcomes that were not settled: {}\n", failed_settlements_);
  }
  if (denied_ == 0) return text;
  text += "by code\n" + TextCounts(by_code_);
  if (!by_limit_.empty()) text += "by limit\n" + TextCounts(by_limit_);
  return text + fmt::format("first: {}:{}, {}, {}\n", OneLine(trace), first_.number,
                            FormatInstant(Instant{first_.at_us}), OneLine(first_why_));
}

}  // namespace cap::cli
