// capc explain: what a code of a diagnostic or of a decision means, and what mends it.
#include <fmt/format.h>

#include <memory>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/cli/pages.h"
#include "compiler/diag/json_text.h"

namespace cap::cli {

namespace {

struct ExplainOptions {
  std::string code;
  bool json = false;
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
  if (options.code.empty()) return List(options.json);
  const std::optional<Explanation> found = Explain(options.code);
  if (!found) {
    const std::string nearest = NearestCode(options.code);
    PrintError(fmt::format("no code `{}`; {}", options.code,
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
  CLI::App* command = app.add_subcommand("explain", "Say what a code means and what mends it");
  command->add_option("CODE", options->code,
                      "of a diagnostic (CAP0301) or a decision (constraint_failed); without one: "
                      "a list of all");
  command->add_flag("--json", options->json, "JSON: one object, or one a line");
  command->footer(R"(
Examples:
  capc explain CAP0301
  capc explain no_capability
  capc explain --json CAP0301 | jq -r .text

Exit status: 0 done, 1 there is no such code.)");
  command->callback([options, &status] { status = RunExplain(*options); });
}

}  // namespace cap::cli
