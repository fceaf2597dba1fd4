// capc eval: decides requests under a policy and a grant.
#include <fmt/format.h>

#include <chrono>

#include "cap/engine.h"
#include "compiler/cli/cli.h"
#include "compiler/cli/engines.h"
#include "compiler/cli/io.h"
#include "compiler/cli/requests.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/policytest/session.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/frame/request_json.h"
#include "runtime/value/instant.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct EvalOptions {
  std::string policy;
  std::string grant;
  std::vector<std::string> requests;
  std::string engine = HasJit() ? "jit" : "interp";
  std::string now;
  std::string format = "text";
  std::string view = "operator";
  std::vector<std::string> knows;
  bool knows_given = false;
  SourceOptions source;
};

int StatusOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPermit:
      return kOk;
    case Verdict::kStepUp:
      return kStepUp;
    case Verdict::kDeny:
      return kDeny;
  }
  return kDeny;
}

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
    const LoadedPolicy policy = LoadPolicy(options_.policy, options_.source);
    if (policy.program == nullptr) return policy.status;
    program_ = policy.program;
    const Result<void> prepared = Prepare();
    if (!prepared.has_value()) {
      PrintError(prepared.error().message);
      return kUsage;
    }
    int status = kOk;
    const std::vector<std::string> stdin_only = {"-"};
    for (const std::string& path : options_.requests.empty() ? stdin_only : options_.requests) {
      const Result<std::vector<RequestText>> requests = ReadRequests(path);
      if (!requests.has_value()) {
        PrintError(requests.error().message);
        status = Graver(status, kUsage);
        continue;
      }
      for (const RequestText& request : *requests) status = Graver(status, Decide(request));
    }
    return status;
  }

 private:
  Result<void> Prepare() {
    now_us_ = std::chrono::duration_cast<std::chrono::microseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count();
    if (!options_.now.empty()) {
      const Result<Instant> now = ParseInstant(options_.now);
      if (!now.has_value()) return std::unexpected(now.error());
      now_us_ = now->us;
    }
    const Result<std::string> text = ReadSource(options_.grant, limits::kRequestBytes);
    if (!text.has_value()) return std::unexpected(text.error());
    const Result<GrantSpec> spec = policytest::GrantFromJson(*program_, *text);
    if (!spec.has_value()) {
      return Fail(spec.error().code, options_.grant + ": " + spec.error().message);
    }
    subject_ = spec->subject;
    Result<NativeCode> native = NativeCode{};
    if (options_.engine == "jit") native = JitCode(program_);
    if (!native.has_value()) return std::unexpected(native.error());
    Result<std::unique_ptr<Engine>> engine = Engine::Create(
        {.hash_seed = {},
         .obligations = options_.knows_given ? options_.knows
                                             : policytest::ObligationNames(*program_)});
    if (!engine.has_value()) return std::unexpected(engine.error());
    engine_ = std::move(*engine);
    const Result<LoadReport> loaded = engine_->Load(program_, std::move(*native));
    if (!loaded.has_value()) return std::unexpected(loaded.error());
    const Result<GrantId> grant = engine_->Mint(*spec, now_us_);
    if (!grant.has_value()) {
      return Fail(grant.error().code, options_.grant + ": " + grant.error().message);
    }
    grant_ = *grant;
    reader_ = std::make_unique<Reader>(engine_->NewReader());
    return {};
  }

  int Decide(const RequestText& request) {
    const Frame frame = ParseRequest(*program_, request.text, subject_, now_us_);
    const Decision decision = reader_->Authorize(grant_, frame);
    const bool json = options_.format == "json";
    std::string text;
    if (options_.view == "agent") {
      const AgentDecisionReport report = reader_->AgentReport(decision, grant_, frame);
      text = json ? ToJson(report) : ToText(report);
    } else {
      const DecisionReport report = reader_->Report(decision, grant_, frame);
      text = json ? ToJson(report) : ToText(report);
    }
    if (json) {
      fmt::print("{}\n", text);
    } else {
      if (decided_++ > 0) fmt::print("\n");
      if (options_.requests.size() != 1 || request.origin != options_.requests.front()) {
        fmt::print("{}:\n", OneLine(request.origin));
      }
      fmt::print("{}\n", Coloured(std::move(text), decision.verdict, ColourWanted(stdout)));
    }
    return StatusOf(decision.verdict);
  }

  const EvalOptions& options_;
  std::shared_ptr<const Program> program_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reader> reader_;
  GrantId grant_;
  std::string subject_;
  int64_t now_us_ = 0;
  size_t decided_ = 0;
};

void AddOptions(CLI::App& command, EvalOptions& options) {
  command.add_option("REQUESTS", options.requests,
                     "files of one JSON request, or of one a line; - or none: standard input");
  command.add_option("--policy", options.policy, "a policy (.cap) or a bundle (.capb)")->required();
  AddSourceOptions(command, options.source);
  command.add_option("--grant", options.grant, "the grant, as JSON")->required();
  command.add_option("--engine", options.engine, "interp: the reference, jit: native code")
      ->check(CLI::IsMember({"interp", "jit"}))
      ->capture_default_str();
  command.add_option("--now", options.now,
                     "the time of the decision, RFC 3339 (default: the clock)");
  command.add_option("--format", options.format, "text, or json: one decision a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      .add_option("--knows", options.knows,
                  "obligations that the enforcement point knows, NAME@VERSION; others deny "
                  "(default: all of the policy's)")
      ->expected(0, -1)
      ->each([&options](const std::string&) { options.knows_given = true; });
  command
      .add_option("--view", options.view,
                  "operator: everything, agent: what may be shown to the agent")
      ->check(CLI::IsMember({"operator", "agent"}))
      ->capture_default_str();
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

A request: {"tool": "process_refund", "arguments": {"order_id": "A-1", "amount": 50.00},
            "facts": [{"name": "order", "key": "A-1", "value": {"owner": "12345"},
                       "by": "shop", "as_of": "2026-03-02T09:59:55Z"}],
            "live": {}, "approvals": [{"approver": "manager", "digest": "…"}]}
A grant:   {"policy": "standard", "subject": "bot-1", "purpose": "support_ticket",
            "context": {"customer_id": "12345"}, "ttl": "8h"}
The digest for an approval is in the decision that asks for it.

Exit status: 0 permit, 1 usage or I/O, 2 deny, 3 the policy has errors, 4 step-up; of several
requests the gravest: 1, 3, 2, 4, 0.)");
  command->callback([options, &status] { status = Evaluation(*options).Run(); });
}

}  // namespace cap::cli
