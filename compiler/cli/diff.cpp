// capc diff: what a change of a policy changes, by what calls come to.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/cli/answers.h"
#include "compiler/diag/json_text.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct DiffOptions {
  std::string before;
  std::string after;
  std::string timeout = "2s";
  std::string format = "text";
  std::string fail_on = "widen";
  SourceOptions source;
};

/// What became of one action, or of the terms of a grant.
struct Row {
  std::string policy;
  std::string action;  // empty: the terms
  std::string kind;    // "same", "wider", "narrower", "both", "new", "gone", "undecided"
  std::string why;
  std::vector<prove::Change> changes;
  std::optional<prove::Witness> wider;     // a call that is let through now
  std::optional<prove::Witness> narrower;  // one that no longer is
};

std::string KindOf(const prove::Reply& widens, const prove::Reply& narrows) {
  // A limit that is not known to be no larger, where the other way round it is: it is larger.
  const bool surely_no_wider = widens.answer == prove::Answer::kYes;
  const bool surely_no_narrower = narrows.answer == prove::Answer::kYes;
  const bool wider = widens.answer == prove::Answer::kNo || (widens.counts && surely_no_narrower);
  const bool narrower =
      narrows.answer == prove::Answer::kNo || (narrows.counts && surely_no_wider);
  if (wider && narrower) return "both";
  if (wider) return "wider";  // that it may be narrower elsewhere does not matter to a gate
  if (widens.answer == prove::Answer::kUndecided) return "undecided";
  if (narrower) return "narrower";
  return narrows.answer == prove::Answer::kUndecided ? "undecided" : "same";
}

class Differ {
 public:
  explicit Differ(const DiffOptions& options) : options_(options) {}

  int Run() {
    const Result<uint32_t> timeout = TimeoutOf(options_.timeout);
    if (!timeout) {
      PrintError(timeout.error().message);
      return kUsage;
    }
    limits_.timeout_ms = *timeout;
    const LoadedPolicy before = LoadPolicy(options_.before, options_.source);
    const LoadedPolicy after = LoadPolicy(options_.after, options_.source);
    if (before.program == nullptr || after.program == nullptr) {
      return Graver(before.status, after.status);
    }
    for (const auto& [old, now] : PairsOf(before.program, after.program)) Compare(old, now);
    for (const Row& row : rows_) Tell(row);
    return Status();
  }

 private:
  void Compare(const prove::Side& old, const prove::Side& now) {
    const std::string& policy = (now.program != nullptr ? now : old).of().name;
    std::vector<std::pair<std::string, std::string>> actions;  // tool, action
    for (const prove::Side* side : {&old, &now}) {
      if (side->program == nullptr) continue;
      for (const std::string& tool : prove::ToolsOf(*side)) {
        for (const std::string& action : prove::ActionsOf(*side, tool)) {
          const std::pair row(tool, action);
          if (std::ranges::find(actions, row) == actions.end()) actions.push_back(row);
        }
      }
    }
    std::ranges::sort(actions);
    for (const auto& [tool, action] : actions) {
      Row row = RowOf(old, now, tool, action);
      row.policy = policy;
      row.action = action;
      rows_.push_back(std::move(row));
    }
    if (old.program == nullptr || now.program == nullptr) return;
    Row terms = Between(prove::TermsNarrow(now, old, limits_),
                        prove::TermsNarrow(old, now, limits_));
    terms.policy = policy;
    terms.changes = prove::TermChanges(old, now);
    rows_.push_back(std::move(terms));
  }

  static bool Has(const prove::Side& side, const std::string& tool, const std::string& action) {
    if (side.program == nullptr) return false;
    const std::vector<std::string> actions = prove::ActionsOf(side, tool);
    return std::ranges::find(actions, action) != actions.end();
  }

  static Row Between(prove::Reply widens, prove::Reply narrows) {
    Row row;
    row.kind = KindOf(widens, narrows);
    if (row.kind == "undecided") row.why = widens.why.empty() ? narrows.why : widens.why;
    row.wider = std::move(widens.witness);
    row.narrower = std::move(narrows.witness);
    return row;
  }

  Row RowOf(const prove::Side& old, const prove::Side& now, const std::string& tool,
            const std::string& action) const {
    if (old.program == nullptr) return {{}, {}, "new", {}, {{"", "the policy is new"}}, {}, {}};
    if (now.program == nullptr) return {{}, {}, "gone", {}, {{"", "the policy is gone"}}, {}, {}};
    Row row = Between(prove::ToolNarrows(now, old, tool, action, limits_),
                      prove::ToolNarrows(old, now, tool, action, limits_));
    if (!Has(old, tool, action)) {
      row.kind = "new";
    } else if (!Has(now, tool, action)) {
      row.kind = "gone";
    }
    row.changes = prove::ChangesOf(old, now, action);
    return row;
  }

  void Tell(const Row& row) {
    if (options_.format == "json") return TellJson(row);
    if (row.policy != shown_) fmt::print("policy {}\n", OneLine(row.policy));
    shown_ = row.policy;
    const std::string name = row.action.empty() ? "(terms)" : OneLine(row.action);
    fmt::print("  {:<24} {}\n", name, row.kind);
    for (const prove::Change& change : row.changes) {
      const bool named = !change.capability.empty() && change.capability != row.action;
      fmt::print("    {}{}\n", named ? OneLine(change.capability) + ": " : "",
                 OneLine(change.text));
    }
    if (!row.why.empty()) fmt::print("    not decided: {}\n", OneLine(row.why));
    if (!row.wider) return;
    fmt::print("    let through now:\n{}", ToldWitness(*row.wider, "new", "old", "      "));
  }

  void TellJson(const Row& row) const {
    std::string text = fmt::format(R"({{"policy":{},"action":{},"change":"{}")",
                                   diag::JsonQuote(row.policy),
                                   row.action.empty() ? "null" : diag::JsonQuote(row.action),
                                   row.kind);
    std::string changes;
    for (const prove::Change& change : row.changes) {
      changes += fmt::format(R"({}{{"capability":{},"text":{}}})", changes.empty() ? "" : ",",
                             diag::JsonQuote(change.capability), diag::JsonQuote(change.text));
    }
    text += fmt::format(R"(,"constraints":[{}])", changes);
    if (!row.why.empty()) text += R"(,"why":)" + diag::JsonQuote(row.why);
    if (row.wider) text += R"(,"wider":)" + JsonWitness(*row.wider, "new", "old");
    if (row.narrower) text += R"(,"narrower":)" + JsonWitness(*row.narrower, "old", "new");
    fmt::print("{}}}\n", text);
  }

  int Status() const {
    const auto any = [&](std::initializer_list<std::string_view> kinds) {
      return std::ranges::any_of(rows_, [&](const Row& row) {
        return std::ranges::find(kinds, row.kind) != kinds.end();
      });
    };
    if (options_.fail_on == "never") return kOk;
    if (any({"wider", "both", "new"})) return kDeny;
    if (options_.fail_on == "change" && any({"narrower", "gone"})) return kDeny;
    return any({"undecided"}) ? kUndecided : kOk;
  }

  const DiffOptions& options_;
  prove::Options limits_;
  std::vector<Row> rows_;
  std::string shown_;
};

}  // namespace

void AddDiff(CLI::App& app, int& status) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand("diff", "Say what a change of a policy changes");
  command->add_option("OLD", options->before, "the policy as it was")->required();
  command->add_option("NEW", options->after, "the policy as it is now")->required();
  command->add_option("--timeout", options->timeout, "the longest time for one question")
      ->capture_default_str();
  command->add_option("--format", options->format, "text, or json: one action a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      ->add_option("--fail-on", options->fail_on,
                   "widen: status 2 where anything is let through that was not; change: where "
                   "anything differs; never")
      ->check(CLI::IsMember({"widen", "change", "never"}))
      ->capture_default_str();
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc diff old.cap new.cap
  git show HEAD:policy.cap > old.cap && capc diff old.cap policy.cap
  capc diff --format json --fail-on never old.capb new.capb | jq .change

Exit status: 0 nothing is wider, 1 usage or I/O, 2 something is wider or new, 3 a policy has errors,
5 nothing is known to be wider, but not all could be decided.)");
  command->callback([options, &status] { status = Differ(*options).Run(); });
}

}  // namespace cap::cli
