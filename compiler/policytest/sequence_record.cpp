#include "compiler/policytest/sequence_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/diag/json_text.h"
#include "runtime/value/instant.h"

namespace cap::policytest {

namespace {

using diag::JsonQuote;

std::string At(int64_t us) { return JsonQuote(FormatInstant(Instant{us})); }

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

/// The grant's own JSON on one line, or null: it is the one of the case.
std::string OneLineJson(std::string_view json) {
  std::string text(json);
  std::ranges::replace(text, '\n', ' ');
  text.erase(text.find_last_not_of(' ') + 1);
  return text.empty() ? "null" : text;
}

std::string_view KindName(state::CounterKind kind) {
  switch (kind) {
    case state::CounterKind::kRate: return "rate";
    case state::CounterKind::kRecent: return "recent";
    case state::CounterKind::kQuota: return "quota";
    case state::CounterKind::kTotal: return "total";
    case state::CounterKind::kGauge: return "gauge";
    case state::CounterKind::kAfter:
    case state::CounterKind::kNotAfter: return "history";
    case state::CounterKind::kBreaker: return "breaker";
  }
  return "counter";
}

/// What every implementation must come to: how a rate or a history is kept is its own affair, and
/// shows in the decisions.
bool IsCounted(state::CounterKind kind) {
  return kind == state::CounterKind::kQuota || kind == state::CounterKind::kTotal ||
         kind == state::CounterKind::kGauge;
}

std::string CounterJson(const state::CounterView& counter) {
  return fmt::format(R"({{"policy":{},"owner":{},"limit":{},"key":{},"kind":"{}","unit":{},)"
                     R"("used":{},"limit_value":{}}})",
                     JsonQuote(counter.policy), JsonQuote(counter.limit),
                     JsonQuote(counter.constraint), JsonQuote(counter.key),
                     KindName(counter.kind), state::CurrencyOf(counter.unit), counter.used,
                     counter.limit_value);
}

}  // namespace

void SequenceRecord::Call(const Step& step, const std::string& request, const std::string& grant,
                          int64_t now_us, const DecisionReport& report) {
  std::vector<std::string> remains;
  for (const LimitReport& limit : report.limits) {
    remains.push_back(fmt::format("{}:{}", JsonQuote(limit.name), JsonQuote(limit.remains)));
  }
  const std::string retry = report.retry_after_us == kNeverAgain
                                ? R"("never")"
                                : std::to_string(report.retry_after_us);
  steps_.push_back(fmt::format(
      R"({{"at":{},"call":{},"by":{},"id":{},"peek":{},"expect":{{"verdict":"{}","code":"{}",)"
      R"("clause":{},"remains":{{{}}},"retry_after_us":{}}}}})",
      At(now_us), OneLineJson(request), JsonQuote(grant),
      step.name.empty() ? "null" : JsonQuote(step.name), step.peek, NameOf(report.verdict),
      NameOf(report.code), report.clause.empty() ? "null" : JsonQuote(report.clause),
      Joined(remains), retry));
}

void SequenceRecord::Settle(const Step& step, int64_t now_us, const std::string& status) {
  steps_.push_back(fmt::format(
      R"({{"at":{},"{}":{},"actual":{},"expect":"{}"}})", At(now_us),
      step.kind == Step::Kind::kCommit ? "commit" : "release", JsonQuote(step.name),
      step.actual.empty() ? "null" : JsonQuote(step.actual), status));
}

void SequenceRecord::Grant(const Step& step, int64_t now_us, const std::string& status) {
  steps_.push_back(fmt::format(R"({{"at":{},"grant":{},"of":{},"spec":{},"expect":"{}"}})",
                               At(now_us), JsonQuote(step.name),
                               step.by.empty() ? "null" : JsonQuote(step.by),
                               OneLineJson(step.json), status.empty() ? "given" : status));
}

void SequenceRecord::Revoke(const std::string& name, int64_t now_us) {
  steps_.push_back(fmt::format(R"({{"at":{},"revoke":{}}})", At(now_us), JsonQuote(name)));
}

std::string SequenceRecord::Line(const std::string& title, std::string_view policy,
                                 std::string_view grant, int64_t begin_us,
                                 const std::vector<state::CounterView>& counters) const {
  std::vector<std::string> counted;
  for (const state::CounterView& counter : counters) {
    if (IsCounted(counter.kind)) counted.push_back(CounterJson(counter));
  }
  std::ranges::sort(counted);
  return fmt::format(
      R"({{"format":1,"title":{},"now":{},"policy":{},"grant":{},"steps":[{}],"counters":[{}]}})"
      "\n",
      JsonQuote(title), At(begin_us), JsonQuote(policy), OneLineJson(grant), Joined(steps_),
      Joined(counted));
}

}  // namespace cap::policytest
