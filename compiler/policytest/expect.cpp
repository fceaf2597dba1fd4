#include "compiler/policytest/expect.h"

#include <fmt/format.h>

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
  return out;
}

}  // namespace cap::policytest
