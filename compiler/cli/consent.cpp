// capc consent: what somebody agrees to who gives a grant.
#include "cap/consent.h"

#include <fmt/format.h>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"

namespace cap::cli {

namespace {

struct ConsentOptions {
  std::string policy;
  std::string grant;
  SourceOptions source;
};

int Print(const Result<std::string>& text) {
  if (!text.has_value()) {
    PrintError(text.error().message);
    return kUsage;
  }
  fmt::print("{}", *text);
  return kOk;
}

int RunConsent(const ConsentOptions& options) {
  const LoadedPolicy policy = LoadPolicy(options.policy, options.source);
  if (policy.program == nullptr) return policy.status;
  const Program& program = *policy.program;
  if (options.grant.empty()) {
    int status = kOk;
    for (size_t i = 0; i < program.policies.size(); ++i) {
      if (i > 0) fmt::print("\n");
      status = Graver(status, Print(ConsentText(program, program.policies[i].name)));
    }
    return status;
  }
  const Result<std::string> text = ReadSource(options.grant, limits::kRequestBytes);
  if (!text.has_value()) return Print(text);
  const Result<GrantSpec> grant = policytest::GrantFromJson(program, *text);
  if (!grant.has_value()) {
    PrintError(options.grant + ": " + grant.error().message);
    return kUsage;
  }
  return Print(ConsentText(program, grant->policy, &*grant));
}

}  // namespace

void AddConsent(CLI::App& app, int& status) {
  auto options = std::make_shared<ConsentOptions>();
  CLI::App* command =
      app.add_subcommand("consent", "Say in plain words what a policy or a grant permits");
  command->add_option("--policy", options->policy, "a policy (.cap) or a bundle (.capb)")
      ->required();
  command->add_option("--grant", options->grant,
                      "the grant, as JSON (default: every policy, with the names of bound values)");
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc consent --policy policy.cap
  capc consent --policy policy.capb --grant grant.json

Exit status: 0 done, 1 a file cannot be read, 3 the policy has errors.)");
  command->callback([options, &status] { status = RunConsent(*options); });
}

}  // namespace cap::cli
