// capc state: what is counted, for people who look after it.
#include <fmt/format.h>

#include <optional>

#include "compiler/cli/cli.h"
#include "compiler/cli/counter_text.h"
#include "compiler/cli/io.h"
#include "compiler/policytest/open_store.h"
#include "compiler/policytest/session.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

using state::CounterView;

struct Choice {
  std::string policy, limit, constraint, key, id;
  bool all = false;

  bool any() const {
    return all || !policy.empty() || !limit.empty() || !constraint.empty() || !key.empty() ||
           !id.empty();
  }
};

struct StateOptions {
  std::string state;
  std::string format = "text";
  std::string output = "-";
  std::string decision;
  std::string actual;
  std::string now;
  Choice choice;
};

bool Fits(const std::string& asked, const std::string& is) { return asked.empty() || asked == is; }

/// The counters that are called so. A key is what `show` prints; where nothing is printed so, the
/// text itself. With a quote in it a key is only what is printed: `"a"` is never the text that
/// begins with a quote.
std::vector<CounterView> Chosen(const Choice& choice, const std::vector<CounterView>& counters) {
  const std::string& key = choice.key;
  const bool may_be_bare = !key.empty() && key.find('"') == std::string::npos;
  const std::string quoted = may_be_bare ? QuoteCut(key, key.size()) : "";
  std::vector<CounterView> printed, bare;
  for (const CounterView& counter : counters) {
    if (!Fits(choice.policy, counter.policy) || !Fits(choice.limit, counter.limit) ||
        !Fits(choice.constraint, counter.constraint) || !Fits(choice.id, HexOf(counter.id))) {
      continue;
    }
    if (Fits(key, counter.key)) printed.push_back(counter);
    if (may_be_bare && counter.key == quoted) bare.push_back(counter);
  }
  return printed.empty() ? bare : printed;
}

/// Whether a part of the key is the beginning of a longer text: others may look the same.
bool IsCut(const CounterView& counter) { return counter.key.find("…\"") != std::string::npos; }

/// What is wrong with a choice by key, whose owner cannot be told from others; empty: nothing.
std::string Ambiguity(const Choice& choice, const std::vector<CounterView>& chosen) {
  if (choice.key.empty() || !choice.id.empty() || chosen.size() < 2 || !IsCut(chosen.front())) {
    return {};
  }
  std::string text = fmt::format(
      "the key {} is cut to {} bytes, and {} counters are called so, perhaps not of one owner; "
      "nothing was changed. Choose by --id, or --all for every counter:",
      OneLine(chosen.front().key), kQuoteBytes, chosen.size());
  for (const CounterView& counter : chosen) {
    text += fmt::format("\n  --id {}  {}", HexOf(counter.id), ToText(counter));
    text.pop_back();
  }
  return text;
}

int Failed(const Error& error) {
  PrintError(error.message);
  return kUsage;
}

int Show(const StateOptions& options) {
  const Result<std::unique_ptr<state::Store>> store = policytest::OpenKnownStore(options.state);
  if (!store.has_value()) return Failed(store.error());
  const Result<std::vector<CounterView>> counters = (*store)->Counters();
  if (!counters.has_value()) return Failed(counters.error());
  std::string text;
  for (const CounterView& counter : Chosen(options.choice, *counters)) {
    text += options.format == "json" ? ToJsonLine(counter) : ToText(counter);
  }
  const Result<void> written = WriteOutput(options.output, text);
  return written.has_value() ? kOk : Failed(written.error());
}

int Reset(const StateOptions& options) {
  if (!options.choice.any()) {
    PrintError("say which begin anew: --policy, --limit, --constraint, --key, --id or --all");
    return kUsage;
  }
  const Result<std::unique_ptr<state::Store>> store = policytest::OpenKnownStore(options.state);
  if (!store.has_value()) return Failed(store.error());
  const Result<std::vector<CounterView>> counters = (*store)->Counters();
  if (!counters.has_value()) return Failed(counters.error());
  const std::vector<CounterView> chosen = Chosen(options.choice, *counters);
  const std::string ambiguity = Ambiguity(options.choice, chosen);
  if (!ambiguity.empty()) {
    PrintError(ambiguity);
    return kUsage;
  }
  uint64_t count = 0;
  for (const CounterView& counter : chosen) {
    const Result<bool> reset = (*store)->Reset(counter.id);
    if (!reset.has_value()) return Failed(reset.error());
    if (!*reset) continue;
    ++count;
    fmt::print("{}", options.format == "json" ? ToJsonLine(counter) : "forgot " + ToText(counter));
  }
  if (count > 0) return kOk;
  PrintError("no counter is called so; nothing was changed");
  return kUsage;
}

int Settle(const StateOptions& options, bool commits) {
  const std::optional<state::OperationId> operation = OperationOfHex(options.decision);
  if (!operation.has_value()) {
    PrintError("a decision is named by 32 hexadecimal digits, as `capc eval` prints them");
    return kUsage;
  }
  const Result<int64_t> now = NowUs(options.now);
  if (!now.has_value()) return Failed(now.error());
  std::optional<state::Actual> actual;
  if (!options.actual.empty()) {
    const Result<state::Actual> parsed = policytest::ParseActual(options.actual);
    if (!parsed.has_value()) return Failed(parsed.error());
    actual = *parsed;
  }
  const Result<std::unique_ptr<state::Store>> store = policytest::OpenKnownStore(options.state);
  if (!store.has_value()) return Failed(store.error());
  const state::SettleStatus status = commits ? (*store)->Commit(*operation, actual, *now)
                                             : (*store)->Release(*operation, *now);
  fmt::print("{}\n", policytest::NameOf(status));
  const bool good =
      status == state::SettleStatus::kSettled || status == state::SettleStatus::kAlready;
  return good ? kOk : kUsage;
}

CLI::App* AddCommand(CLI::App& above, const std::string& name, const std::string& about,
                     StateOptions& options) {
  CLI::App* command = above.add_subcommand(name, about);
  command->add_option("STATE", options.state, "a file of counters, or redis://HOST")->required();
  return command;
}

void AddChoice(CLI::App& command, StateOptions& options) {
  Choice& choice = options.choice;
  const auto add = [&](const char* name, std::string& value, const char* about, const char* type) {
    command.add_option(name, value, about)
        ->check(Given("say which, or leave it out"))
        ->type_name(type);
  };
  add("--policy", choice.policy, "of this policy", "NAME");
  add("--limit", choice.limit, "of this capability or `limit`", "NAME");
  add("--constraint", choice.constraint, "this one of its limits", "NAME");
  add("--key", choice.key,
      "of this subject or key: as `show` prints it, or, where nothing is printed so, the text "
      "without its quotes",
      "KEY");
  add("--id", choice.id, "the counter itself: the `id` of `--format json` and `export`", "ID");
  command.add_option("--format", options.format, "text, or json: one counter a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void AddShow(CLI::App& above, int& status) {
  auto options = std::make_shared<StateOptions>();
  CLI::App* command = AddCommand(above, "show", "Show what is counted", *options);
  AddChoice(*command, *options);
  command->footer(R"(
Examples:
  capc state show counters.db
  capc state show --key support-bot-01 redis://counters.internal

Exit status: 0 ok, 1 there is no such store.)");
  command->callback([options, &status] { status = Show(*options); });
}

void AddReset(CLI::App& above, int& status) {
  auto options = std::make_shared<StateOptions>();
  CLI::App* command = AddCommand(above, "reset", "Let counters begin anew", *options);
  AddChoice(*command, *options);
  command->add_flag("--all", options->choice.all, "every counter of the store");
  command->footer(R"(
Prints each counter that it forgets, as it was: what was reserved and is not settled yet is
forgotten with it. Texts in a key are cut to 64 bytes: a key that is cut, and that several counters
have, is refused; choose by --id.

Examples:
  capc state reset --policy support --limit process_refund --key bot-1 counters.db
  capc state reset --id 98c38a9eccdd3b06b1f7d2dea6b0f3b8 counters.db
  capc state reset --all counters.db

Exit status: 0 ok, 1 nothing is called so, or there is no such store.)");
  command->callback([options, &status] { status = Reset(*options); });
}

void AddExport(CLI::App& above, int& status) {
  auto options = std::make_shared<StateOptions>();
  options->format = "json";
  CLI::App* command = AddCommand(above, "export", "Write every counter, one JSON object a line",
                                 *options);
  command->add_option("-o,--output", options->output, "where to; - is standard output")
      ->capture_default_str();
  command->footer(R"(
Examples:
  capc state export counters.db | jq 'select(.used == .limit)'
  capc state export -o counters.jsonl redis://counters.internal

Exit status: 0 ok, 1 there is no such store, or the output cannot be written.)");
  command->callback([options, &status] { status = Show(*options); });
}

void AddSettle(CLI::App& above, int& status, bool commits) {
  auto options = std::make_shared<StateOptions>();
  CLI::App* command =
      AddCommand(above, commits ? "commit" : "release",
                 commits ? "Say that a permitted call was carried out"
                         : "Say that a permitted call was not carried out",
                 *options);
  command->add_option("DECISION", options->decision, "its id, as `capc eval` prints it")
      ->required();
  command->add_option("--now", options->now, "the time of it, RFC 3339 (default: the clock)")
      ->check(Given("say a time, as 2026-03-02T10:00:00Z"));
  if (commits) {
    command->add_option("--actual", options->actual, "what it really took: `3`, `30.00 USD`")
        ->check(Given("say what it took"));
  }
  command->footer(fmt::format(R"(
Examples:
  capc state {} counters.db be5027c450e5ea23feedde0ceddb6834{}

May be said again: then it prints `already`. Exit status: 0 settled or already, 1 anything else.)",
                              commits ? "commit" : "release",
                              commits ? " --actual '28.50 USD'" : ""));
  command->callback([options, &status, commits] { status = Settle(*options, commits); });
}

}  // namespace

void AddState(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("state", "Look after what is counted");
  command->require_subcommand(1);
  AddShow(*command, status);
  AddReset(*command, status);
  AddExport(*command, status);
  AddSettle(*command, status, true);
  AddSettle(*command, status, false);
  command->footer(R"(
`capc state WHAT --help` says more.)");
}

}  // namespace cap::cli
