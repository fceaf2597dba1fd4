#include "compiler/cli/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/diag/json_text.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

constexpr int64_t kLongestUs = 3'600'000'000;

/// "deny [constraint_failed]: … (maxAmount at policy.cap:12:5)"
std::string Said(const prove::Shown& shown) {
  if (!shown.no_grant.empty()) return "deny: " + OneLine(shown.no_grant);
  const DecisionReport& report = shown.report;
  std::string text(NameOf(report.verdict));
  if (report.verdict == Verdict::kDeny) text += fmt::format(" [{}]", NameOf(report.code));
  text += ": " + OneLine(report.message);
  const std::string& what = report.clause.empty() ? report.capability : report.clause;
  if (report.place.line == 0) return text;
  return text + fmt::format(" ({}{}{}:{}:{})", OneLine(what), what.empty() ? "" : " at ",
                            OneLine(report.place.file), report.place.line, report.place.column);
}

std::string JsonShown(const prove::Shown& shown) {
  const std::string report =
      shown.no_grant.empty() ? ToJson(shown.report) : diag::JsonQuote(shown.no_grant);
  return fmt::format(R"({{"verdict":{},"grant":{},"request":{},"{}":{}}})",
                     diag::JsonQuote(NameOf(shown.verdict)),
                     shown.grant.empty() ? "null" : shown.grant,
                     shown.request.empty() ? "null" : shown.request,
                     shown.no_grant.empty() ? "decision" : "no_grant", report);
}

}  // namespace

Result<uint32_t> TimeoutOf(const std::string& text) {
  const Result<int64_t> us = ParseDuration(text);
  if (!us || *us < 1000 || *us > kLongestUs) {
    return Fail("usage", "--timeout is a time from 1ms to 60m, like `2s`");
  }
  return static_cast<uint32_t>(*us / 1000);
}

std::string ToldWitness(const prove::Witness& witness, const std::string& child,
                        const std::string& parent, const std::string& indent) {
  std::string out;
  const auto line = [&](const std::string& key, const std::string& text) {
    if (!text.empty()) out += fmt::format("{}{:<16} {}\n", indent, key, text);
  };
  const auto both = [&](const std::string& key, const std::string& own, const std::string& other) {
    if (own == other || other.empty()) return line(key, own);
    line(key + ", " + child, own);
    line(key + ", " + parent, other);
  };
  both("request", witness.child.request, witness.parent.request);
  both("grant", witness.child.grant, witness.parent.grant);
  if (witness.minted_us != witness.now_us) line("minted", FormatInstant({witness.minted_us}));
  line("now", FormatInstant({witness.now_us}));
  line(child, Said(witness.child));
  line(parent, Said(witness.parent));
  for (const std::string& lost : witness.lost) line("without", OneLine(lost));
  return out;
}

std::string JsonWitness(const prove::Witness& witness, const std::string& child,
                        const std::string& parent) {
  std::string lost;
  for (const std::string& each : witness.lost) {
    lost += (lost.empty() ? "" : ",") + diag::JsonQuote(each);
  }
  return fmt::format(R"({{"minted":"{}","now":"{}","{}":{},"{}":{},"lost_obligations":[{}]}})",
                     FormatInstant({witness.minted_us}), FormatInstant({witness.now_us}), child,
                     JsonShown(witness.child), parent, JsonShown(witness.parent), lost);
}

std::vector<std::pair<prove::Side, prove::Side>> PairsOf(
    const std::shared_ptr<const Program>& a, const std::shared_ptr<const Program>& b) {
  std::vector<std::pair<prove::Side, prove::Side>> out;
  const std::vector<Policy>& in_a = a->policies;
  const std::vector<Policy>& in_b = b->policies;
  if (in_a.size() == 1 && in_b.size() == 1) return {{{a, 0}, {b, 0}}};
  for (uint32_t i = 0; i < in_a.size(); ++i) {
    const auto found = std::ranges::find(in_b, in_a[i].name, &Policy::name);
    if (found == in_b.end()) {
      out.push_back({{a, i}, {nullptr, 0}});
    } else {
      out.push_back({{a, i}, {b, static_cast<uint32_t>(found - in_b.begin())}});
    }
  }
  for (uint32_t i = 0; i < in_b.size(); ++i) {
    if (std::ranges::find(in_a, in_b[i].name, &Policy::name) != in_a.end()) continue;
    out.push_back({{nullptr, 0}, {b, i}});
  }
  return out;
}

Result<prove::Side> SideOf(const std::shared_ptr<const Program>& program, const std::string& name,
                           const std::string& path) {
  if (name.empty()) {
    if (program->policies.size() == 1) return prove::Side{program, 0};
    return Fail("usage", path + " has several policies: say which");
  }
  for (uint32_t i = 0; i < program->policies.size(); ++i) {
    if (program->policies[i].name == name) return prove::Side{program, i};
  }
  return Fail("usage", path + " has no policy " + QuoteCut(name));
}

}  // namespace cap::cli
