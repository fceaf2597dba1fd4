// capc explain: what a code of a diagnostic or of a decision means, and what mends it; or why a
// call is decided as it is.
#include <fmt/format.h>

#include <memory>

#include "compiler/cli/cli.h"
#include "compiler/cli/explain_call.h"
#include "compiler/cli/io.h"
#include "compiler/cli/pages.h"
#include "compiler/diag/json_text.h"

namespace cap::cli {

namespace {

struct ExplainOptions {
  std::string what;  // a code; with a policy, a file of requests
  bool json = false;
  ExplainCallOptions call;
};

void PrintJson(const Explanation& explanation) {
  using diag::JsonQuote;
  fmt::print(R"({{"code":{},"kind":{},"title":{})", JsonQuote(explanation.code),
             JsonQuote(explanation.kind), JsonQuote(explanation.title));
  if (!explanation.text.empty()) fmt::print(R"(,"text":{})", JsonQuote(explanation.text));
  fmt::print("}}\n");
}

int List(bool json) {
  for (const Explanation& each : AllCodes()) {
    if (json) {
      PrintJson(each);
    } else {
      fmt::print("{:<20} {}\n", each.code, each.title);
    }
  }
  return kOk;
}

int RunExplain(const ExplainOptions& options) {
  if (!options.call.policy.empty()) {
    ExplainCallOptions call = options.call;
    call.request = options.what;
    call.json = options.json;
    return ExplainCall(call);
  }
  if (options.what.empty()) return List(options.json);
  const std::optional<Explanation> found = Explain(options.what);
  if (!found) {
    const std::string nearest = NearestCode(options.what);
    PrintError(fmt::format("no code `{}`; {}", options.what,
                           nearest.empty() ? "`capc explain` lists all"
                                           : fmt::format("did you mean `{}`?", nearest)));
    return kUsage;
  }
  if (options.json) {
    PrintJson(*found);
    return kOk;
  }
  const bool colour = ColourWanted(stdout);
  fmt::print("{}{}: {}{}\n\n{}", colour ? "\033[1m" : "", found->code, found->title,
             colour ? "\033[0m" : "", ForTerminal(found->text));
  return kOk;
}

}  // namespace

void AddExplain(CLI::App& app, int& status) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command =
      app.add_subcommand("explain", "Say what a code means, or why a call is decided as it is");
  command->add_option("WHAT", options->what,
                      "the code of a diagnostic (CAP0301) or a decision (constraint_failed), none: "
                      "a list of all; with --policy: a file of requests, none or -: standard "
                      "input");
  CLI::Option* policy =
      command->add_option("--policy", options->call.policy, "a policy (.cap) or a bundle (.capb)");
  CLI::Option* grant = command->add_option("--grant", options->call.grant, "the grant, as JSON");
  policy->needs(grant);
  grant->needs(policy);
  command
      ->add_option("--now", options->call.now,
                   "the time of the decision, RFC 3339 (default: the clock)")
      ->needs(policy);
  command->add_flag("--json", options->json, "JSON: one object, or one a line");
  AddSourceOptions(*command, options->call.source);
  command->footer(R"(
Examples:
  capc explain CAP0301
  capc explain no_capability
  capc explain --json CAP0301 | jq -r .text
  capc explain --policy policy.cap --grant grant.json --now 2026-03-02T10:00:00Z request.json

With --policy: the decision, then every rule that was asked, each clause of it, and what each part
of a condition came to. It shows all that went into a decision; it is for operators, never for an
agent.

Exit status: 0 done, 1 there is no such code; with --policy as of `capc eval`.)");
  command->callback([options, &status] { status = RunExplain(*options); });
}

}  // namespace cap::cli
