#include "compiler/policytest/expect.h"

#include <fmt/format.h>

#include "runtime/value/duration.h"

namespace cap::policytest {

namespace {

void Hold(std::string& out, std::string_view what, std::string_view want, std::string_view got) {
  if (want == got) return;
  out += fmt::format("{}: expected `{}`, got `{}`\n", what, want, got);
}

std::string Unquoted(const std::string& text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// What is left of a limit: "maxPerDay"; of one that capabilities share "daily.budget".
void HoldRemains(std::string& out, const Expectation::Remains& want, const DecisionReport& report) {
  std::string names;
  for (const LimitReport& limit : report.limits) {
    if (limit.name == want.limit) {
      return Hold(out, "remains " + want.limit, want.value, limit.remains);
    }
    names += (names.empty() ? "" : ", ") + limit.name;
  }
  out += fmt::format("remains {}: the decision names no such limit, only: {}\n", want.limit, names);
}

std::string SpanText(int64_t us) {
  return us == INT64_MAX ? "never" : FormatDuration(Duration{us});
}

}  // namespace

std::string Differences(const Expectation& expected, const DecisionReport& report) {
  std::string out;
  Hold(out, "verdict", expected.verdict, NameOf(report.verdict));
  if (!expected.code.empty()) Hold(out, "code", expected.code, NameOf(report.code));
  if (!expected.clause.empty()) Hold(out, "clause", expected.clause, report.clause);
  if (expected.observed) Hold(out, "observed", *expected.observed, report.observed);
  if (expected.limit) Hold(out, "limit", *expected.limit, report.limit);
  if (expected.reason) Hold(out, "reason", Unquoted(*expected.reason), report.message);
  if (expected.capability) Hold(out, "capability", *expected.capability, report.capability);
  if (expected.at) {
    Hold(out, "at", *expected.at, fmt::format("{}:{}", report.place.line, report.place.column));
  }
  for (const Expectation::Remains& remains : expected.remains) HoldRemains(out, remains, report);
  if (expected.retry_after_us) {
    Hold(out, "retry after", SpanText(*expected.retry_after_us), SpanText(report.retry_after_us));
  }
  return out;
}

}  // namespace cap::policytest
