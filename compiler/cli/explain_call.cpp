#include "compiler/cli/explain_call.h"

#include <fmt/format.h>


#include "compiler/cli/cli.h"
#include "compiler/cli/decider.h"
#include "compiler/cli/engines.h"
#include "compiler/cli/explain_text.h"
#include "compiler/cli/requests.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/policytest/session.h"
#include "runtime/base/limits.h"
#include "runtime/program/bundle.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

/// The sources of a policy, for its own words; none for a bundle, which has none.
SourceMap SourcesOf(const ExplainCallOptions& options) {
  if (options.policy.ends_with(".capb")) return {};
  Result<Compilation> compilation = CompileFile(options.policy, options.source);
  if (!compilation.has_value()) return {};
  return std::move(compilation->sources);
}

Result<policytest::Session> Open(const ExplainCallOptions& options,
                                 const std::shared_ptr<const Program>& program, int64_t now_us) {
  const Result<std::string> text = ReadSource(options.grant, limits::kRequestBytes);
  if (!text.has_value()) return std::unexpected(text.error());
  const auto in_grant = [&](const Error& error) {
    return Fail(error.code, options.grant + ": " + error.message);
  };
  const Result<GrantSpec> spec = policytest::GrantFromJson(*program, *text);
  if (!spec.has_value()) return in_grant(spec.error());
  // Every engine says the same; the interpreter is there in each build.
  Result<policytest::Session> session =
      policytest::Session::Open(program, *spec, now_us, {AllEngines().front()});
  if (!session.has_value()) return in_grant(session.error());
  return session;
}

}  // namespace

int ExplainCall(const ExplainCallOptions& options) {
  const LoadedPolicy policy = LoadPolicy(options.policy, options.source);
  if (policy.program == nullptr) return policy.status;
  const auto failed = [](const Error& error) {
    PrintError(error.message);
    return kUsage;
  };
  const Result<int64_t> now_us = NowUs(options.now);
  if (!now_us.has_value()) return failed(now_us.error());
  Result<policytest::Session> session = Open(options, policy.program, *now_us);
  if (!session.has_value()) return failed(session.error());
  const Result<std::vector<RequestText>> requests =
      ReadRequests(options.request.empty() ? "-" : options.request);
  if (!requests.has_value()) return failed(requests.error());
  const SourceMap sources = SourcesOf(options);
  int status = kOk;
  for (const RequestText& request : *requests) {
    const policytest::Outcome outcome = session->Decide(request.text, *now_us);
    const CallExplanation explanation = session->Explain(request.text, *now_us);
    status = Graver(status, StatusOf(outcome.report.verdict));
    if (options.json) {
      fmt::print("{{\"decision\":{},\"rules\":{}}}\n", ToJson(outcome.report),
                 ExplanationJson(explanation, sources));
      continue;
    }
    if (requests->size() > 1) fmt::print("{}:\n", OneLine(request.origin));
    fmt::print("{}\n\n{}", outcome.text, ExplanationText(explanation, sources));
  }
  return status;
}

}  // namespace cap::cli
