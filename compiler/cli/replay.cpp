// capc replay: puts recorded calls to a policy, one after the other, with everything that counts.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "compiler/cli/cli.h"
#include "compiler/cli/decider.h"
#include "compiler/cli/io.h"
#include "compiler/cli/progress.h"
#include "compiler/cli/replay_report.h"
#include "compiler/cli/trace.h"
#include "compiler/policytest/operation_name.h"
#include "compiler/policytest/session.h"
#include "compiler/source/source_map.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

constexpr uint64_t kTraceBytes = uint64_t{1} << 30;

struct ReplayOptions {
  DeciderOptions decider;
  std::string trace;
  std::string format = "text";
  bool quiet = false;
  bool monitor = false;
  bool until_denied = false;
  bool renew = false;
};

class Replay {
 public:
  explicit Replay(const ReplayOptions& options)
      : options_(options), report_(options.format == "json", options.monitor) {}

  int Run() {
    int status = kOk;
    decider_ = Decider::Open(options_.decider, status);
    if (decider_ == nullptr) return status;
    const Result<std::string> text = ReadSource(options_.trace, kTraceBytes);
    if (!text.has_value()) {
      PrintError(text.error().message);
      return kUsage;
    }
    const std::optional<int> gravest = Lines(*text);
    if (!gravest.has_value()) return kUsage;
    fmt::print("{}", report_.Summary(options_.trace));
    // What was not settled is counted wrong from there on, whoever only watches.
    if (report_.has_failed_settlement()) return kUsage;
    return options_.monitor ? kOk : *gravest;
  }

 private:
  /// A call that a later line may settle.
  struct Operation {
    std::optional<Decision> permit;  // nothing: it was not permitted
    bool settled = false;
  };

  /// The gravest status; nothing where a line cannot be read, which ends the replay: what comes
  /// after it would be counted wrong.
  std::optional<int> Lines(std::string_view text) {
    Progress progress(text.size());
    int status = kOk;
    uint64_t number = 0;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = text.substr(begin, end - begin);
      begin = end + 1;
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      std::string said;
      const Result<int> taken = Take(number, line, said);
      if (!said.empty()) {
        progress.Clear();
        fmt::print("{}", said);
      }
      if (!taken.has_value()) {
        progress.Clear();
        PrintError(fmt::format("{}:{}: {}", options_.trace, number, taken.error().message));
        return std::nullopt;
      }
      status = Graver(status, *taken);
      if (options_.until_denied && *taken == kDeny) break;
      progress.Show(begin, report_.Counts());
    }
    return status;
  }

  Result<int> Take(uint64_t number, std::string_view text, std::string& said) {
    const Result<TraceLine> line = ParseTraceLine(text);
    if (!line.has_value()) return std::unexpected(line.error());
    ReplayedLine at{number, line->at_us, line->operation, {}};
    if (!line->request.empty()) return Call(*line, at, said);
    const auto found = operations_.find(line->operation);
    if (found == operations_.end()) {
      return Fail("bad-trace", fmt::format("no call before this is the operation `{}`",
                                           OneLine(line->operation)));
    }
    at.settled = Settle(found->second, *line);
    if (!options_.quiet || IsFailedSettlement(at.settled)) said = report_.Line(at, nullptr);
    return kOk;
  }

  Result<void> Mint(int64_t at_us) {
    if (minted_ && !options_.renew) return {};
    minted_ = true;
    return decider_->Mint(at_us);
  }

  Result<Decision> Decide(const TraceLine& line, const Frame& frame) {
    AuthorizeOptions options;
    if (!line.operation.empty()) options.operation = policytest::OperationNamed(line.operation);
    if (!minted_) {
      const Result<void> minted = Mint(line.at_us);
      if (!minted.has_value()) return std::unexpected(minted.error());
    }
    Decision decision = decider_->reader().Authorize(decider_->grant(), frame, options);
    if (decision.code != DecisionCode::kGrantExpired || !options_.renew) return decision;
    const Result<void> minted = Mint(line.at_us);
    if (!minted.has_value()) return std::unexpected(minted.error());
    return decider_->reader().Authorize(decider_->grant(), frame, options);
  }

  Result<int> Call(const TraceLine& line, ReplayedLine& at, std::string& said) {
    const Frame frame = decider_->FrameOf(line.request, line.at_us);
    const Result<Decision> decided = Decide(line, frame);
    if (!decided.has_value()) return std::unexpected(decided.error());
    const Decision& decision = *decided;
    // What is permitted and not shown needs no words, which take longer than the decision.
    DecisionReport words;
    bool shown = !options_.quiet || !decision.permitted();
    if (shown) words = decider_->reader().Report(decision, decider_->grant(), frame);
    Operation operation;
    if (decision.permitted()) {
      operation.permit = decision;
      at.settled = Settle(operation, line);
    }
    if (!line.operation.empty()) Remember(line.operation, std::move(operation));
    if (!shown && IsFailedSettlement(at.settled)) {
      words = decider_->reader().Report(decision, decider_->grant(), frame);
      shown = true;
    }
    report_.Count(at, decision, words);
    if (shown) said = report_.Line(at, &words);
    return StatusOf(decision.verdict);
  }

  /// A name that is used again for a call that is not permitted still names the one that was.
  void Remember(const std::string& name, Operation operation) {
    if (operation.permit.has_value()) {
      operations_[name] = std::move(operation);
    } else {
      operations_.try_emplace(name);
    }
  }

  /// How the counters took it, which is counted; empty: the line settles nothing.
  std::string Settle(Operation& operation, const TraceLine& line) {
    if (line.outcome == TraceLine::Outcome::kNone) return {};
    std::string settled(kNothingToSettle);
    if (operation.permit.has_value()) {
      Reader& reader = decider_->reader();
      state::SettleStatus status =
          line.outcome == TraceLine::Outcome::kCommit
              ? reader.Commit(*operation.permit, line.at_us, line.actual)
              : reader.Release(*operation.permit, line.at_us);
      // A call that nothing was charged for is known to no store.
      if (status == state::SettleStatus::kSettled && operation.settled) {
        status = state::SettleStatus::kAlready;
      }
      operation.settled = operation.settled || status == state::SettleStatus::kSettled;
      settled = policytest::NameOf(status);
    }
    report_.CountSettlement(settled);
    return settled;
  }

  const ReplayOptions& options_;
  ReplayReport report_;
  std::unique_ptr<Decider> decider_;
  bool minted_ = false;
  std::map<std::string, Operation> operations_;  // by name
};

}  // namespace

void AddReplay(CLI::App& app, int& status) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command =
      app.add_subcommand("replay", "Put recorded calls to a policy, with what it counts");
  command->add_option("TRACE", options->trace, "JSON lines; - reads standard input")->required();
  AddDeciderOptions(*command, options->decider);
  command->add_flag("--quiet", options->quiet, "only what is not permitted, and the summary");
  command->add_flag("--monitor", options->monitor,
                    "say what would have been denied; the exit status is that of a permit");
  command->add_flag("--until-denied", options->until_denied, "end with the first denial");
  command->add_flag("--renew", options->renew,
                    "mint the grant again where it has expired; what was counted stays counted");
  command->add_option("--format", options->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(R"(
Examples:
  capc replay --policy policy.cap --grant grant.json march.jsonl
  capc replay --policy new.cap --grant grant.json --monitor --quiet march.jsonl
  capc replay --policy policy.cap --grant grant.json --state counters.db --until-denied march.jsonl

A line of the trace is a call, or what became of an earlier one:
  {"at": "2026-03-02T10:00:00Z", "request": {"tool": "pay", "arguments": {"amount": 30.00}},
   "operation": "a", "outcome": "none"}
  {"at": "2026-03-02T10:05:00Z", "operation": "a", "outcome": {"actual": "28.50 USD"}}
`outcome` is "commit", "release", "none" or {"actual": …}; a request without one is carried out
where it is permitted. What is denied charges nothing, under --monitor too. The grant is minted at
the time of the first call. Nothing reads the clock. An outcome of a call that was not permitted
settles nothing, and is counted as that; one that stands twice is `already` there.

Exit status: 0 all permitted, or --monitor; 1 usage or I/O, a line that is none, or an outcome that
the counters did not take (conflict, unknown, bad_request, unavailable); 2 something was denied;
3 the policy has errors; 4 nothing worse than a step-up.)");
  command->callback([options, &status] { status = Replay(*options).Run(); });
}

}  // namespace cap::cli
