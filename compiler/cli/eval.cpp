// capc eval: decides requests under a policy and a grant.
#include <fmt/format.h>


#include "cap/engine.h"
#include "compiler/cli/cli.h"
#include "compiler/cli/decider.h"
#include "compiler/cli/io.h"
#include "compiler/cli/requests.h"
#include "compiler/policytest/operation_name.h"
#include "compiler/policytest/session.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct EvalOptions {
  DeciderOptions decider;
  std::vector<std::string> requests;
  std::string now;
  std::string format = "text";
  std::string view = "operator";
  std::string operation;
  bool commit = false;
  bool peek = false;
};

/// The first line of a person's view, coloured by verdict.
std::string Coloured(std::string text, Verdict verdict, bool colour) {
  if (!colour) return text;
  const char* code = verdict == Verdict::kPermit ? "\033[1;32m"
                     : verdict == Verdict::kDeny ? "\033[1;31m"
                                                 : "\033[1;33m";
  return code + text.insert(std::min(text.find('\n'), text.size()), "\033[0m");
}

class Evaluation {
 public:
  explicit Evaluation(const EvalOptions& options) : options_(options) {}

  int Run() {
    int status = kOk;
    decider_ = Decider::Open(options_.decider, status);
    if (decider_ == nullptr) return status;
    const Result<void> minted = Mint();
    if (!minted.has_value()) {
      PrintError(minted.error().message);
      return kUsage;
    }
    const std::vector<std::string> stdin_only = {"-"};
    for (const std::string& path : options_.requests.empty() ? stdin_only : options_.requests) {
      const Result<std::vector<RequestText>> requests = ReadRequests(path);
      if (!requests.has_value()) {
        PrintError(requests.error().message);
        status = Graver(status, kUsage);
        continue;
      }
      for (const RequestText& request : *requests) {
        if (!options_.operation.empty() && decided_ > 0) {
          PrintError("an operation is one call: `--operation` goes with one request");
          return kUsage;
        }
        status = Graver(status, Decide(request));
      }
    }
    return status;
  }

 private:
  Result<void> Mint() {
    const Result<int64_t> now_us = NowUs(options_.now);
    if (!now_us.has_value()) return std::unexpected(now_us.error());
    now_us_ = *now_us;
    return decider_->Mint(now_us_);
  }

  Decision Ask(const Frame& frame) {
    Reader& reader = decider_->reader();
    if (options_.peek) return reader.Peek(decider_->grant(), frame);
    AuthorizeOptions options;
    if (!options_.operation.empty()) {
      options.operation = policytest::OperationNamed(options_.operation);
    }
    return reader.Authorize(decider_->grant(), frame, options);
  }

  int Decide(const RequestText& request) {
    const Frame frame = decider_->FrameOf(request.text, now_us_);
    const Decision decision = Ask(frame);
    const bool json = options_.format == "json";
    Reader& reader = decider_->reader();
    std::string text;
    if (options_.view == "agent") {
      const AgentDecisionReport report = reader.AgentReport(decision, decider_->grant(), frame);
      text = json ? ToJson(report) : ToText(report);
    } else {
      const DecisionReport report = reader.Report(decision, decider_->grant(), frame);
      text = json ? ToJson(report) : ToText(report);
    }
    int status = StatusOf(decision.verdict);
    if (options_.commit && decision.permitted()) status = Commit(decision, text);
    if (json) {
      fmt::print("{}\n", text);
    } else {
      if (decided_ > 0) fmt::print("\n");
      if (options_.requests.size() != 1 || request.origin != options_.requests.front()) {
        fmt::print("{}:\n", OneLine(request.origin));
      }
      fmt::print("{}\n", Coloured(std::move(text), decision.verdict, ColourWanted(stdout)));
    }
    ++decided_;
    return status;
  }

  /// The call is carried out as far as the counters know; `text` says how that went.
  int Commit(const Decision& decision, std::string& text) {
    const state::SettleStatus status = decider_->reader().Commit(decision, now_us_);
    const std::string_view name = policytest::NameOf(status);
    if (options_.format == "json") {
      text.insert(text.rfind('}'), fmt::format(R"(,"commit":"{}")", name));
    } else {
      text += fmt::format("\n  commit      {}", name);
    }
    const bool good =
        status == state::SettleStatus::kSettled || status == state::SettleStatus::kAlready;
    return good ? kOk : kUsage;
  }

  const EvalOptions& options_;
  std::unique_ptr<Decider> decider_;
  int64_t now_us_ = 0;
  size_t decided_ = 0;
};

void AddOptions(CLI::App& command, EvalOptions& options) {
  command.add_option("REQUESTS", options.requests,
                     "files of one JSON request, or of one a line; - or none: standard input");
  AddDeciderOptions(command, options.decider);
  command
      .add_option("--now", options.now, "the time of the decision, RFC 3339 (default: the clock)")
      ->check(Given("say a time, as 2026-03-02T10:00:00Z"));
  command.add_option("--format", options.format, "text, or json: one decision a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      .add_option("--view", options.view,
                  "operator: everything, agent: what may be shown to the agent")
      ->check(CLI::IsMember({"operator", "agent"}))
      ->capture_default_str();
  CLI::Option* commit = command.add_flag(
      "--commit", options.commit, "what is permitted is carried out at once: its counters say so");
  command
      .add_flag("--peek", options.peek,
                "answer, and charge nothing; somebody else may take what this says is left")
      ->excludes(commit);
  command
      .add_option("--operation", options.operation,
                  "a name for this call: asked again under it, it gets the same answer, and is "
                  "charged once")
      ->check(Given("name the operation"))
      ->type_name("NAME");
}

}  // namespace

void AddEval(CLI::App& app, int& status) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Decide requests under a policy and a grant");
  AddOptions(*command, *options);
  command->footer(R"(
Examples:
  capc eval --policy policy.cap --grant grant.json request.json
  capc eval --policy policy.capb --grant grant.json --format json < calls.jsonl
  capc eval --policy policy.cap --grant grant.json --now 2026-03-02T10:00:00Z --view agent r.json
  capc eval --policy policy.cap --grant grant.json --state counters.db --commit request.json
  capc eval --policy policy.cap --grant grant.json --state counters.db --peek request.json

A request: {"tool": "process_refund", "arguments": {"order_id": "A-1", "amount": 50.00},
            "facts": [{"name": "order", "key": "A-1", "value": {"owner": "12345"},
                       "by": "shop", "as_of": "2026-03-02T09:59:55Z"}],
            "live": {}, "approvals": [{"approver": "manager", "digest": "…"}]}
A grant:   {"policy": "standard", "subject": "bot-1", "purpose": "support_ticket",
            "context": {"customer_id": "12345"}, "ttl": "8h"}
The digest for an approval is in the decision that asks for it.

What is counted beyond one call (rates, quotas, budgets, `after`) is kept in --state. A permit
without --commit stays charged; `capc state commit STATE DECISION` or `release` settles it later.

Exit status: 0 permit, 1 usage or I/O, 2 deny, 3 the policy has errors, 4 step-up; of several
requests the gravest: 1, 3, 2, 4, 0.)");
  command->callback([options, &status] { status = Evaluation(*options).Run(); });
}

}  // namespace cap::cli
