// capc check: says what is wrong with policies.
#include <fmt/format.h>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/diag/render_json.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct CheckOptions {
  std::vector<std::string> files;
  std::string format = "text";
  SourceOptions source;
};

std::string Counted(const Compilation& compilation) {
  const size_t errors = compilation.errors;
  const size_t warnings =
      compilation.diagnostics.size() - std::min(errors, compilation.diagnostics.size());
  std::string out;
  if (errors > 0) out += fmt::format("{} error{}", errors, errors == 1 ? "" : "s");
  if (warnings > 0) {
    out +=
        fmt::format("{}{} warning{}", out.empty() ? "" : ", ", warnings, warnings == 1 ? "" : "s");
  }
  return out.empty() ? "ok" : out;
}

int CheckOne(const std::string& path, const SourceOptions& source, bool json) {
  const Result<Compilation> compilation = CompileFile(path, source);
  if (!compilation.has_value()) {
    PrintError(compilation.error().message);
    return kUsage;
  }
  if (json) {
    for (const diag::Diagnostic& d : compilation->diagnostics) {
      fmt::print("{}", diag::RenderJson(d, compilation->sources));
    }
  } else {
    PrintDiagnostics(*compilation, stdout);
    fmt::print("{}: {}\n", OneLine(path), Counted(*compilation));
  }
  return compilation->errors > 0 ? kDiagnostics : kOk;
}

}  // namespace

void AddCheck(CLI::App& app, int& status) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Say what is wrong with policies");
  command->add_option("FILE", options->files, "policies (.cap); - reads standard input")
      ->required();
  command->add_option("--format", options->format, "text, or json: one diagnostic a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc check policy.cap
  capc check --format json policies/*/policy.cap | jq .code

Exit status: 0 no errors, 1 a file cannot be read, 3 there are errors.)");
  command->callback([options, &status] {
    for (const std::string& file : options->files) {
      status = Graver(status, CheckOne(file, options->source, options->format == "json"));
    }
  });
}

}  // namespace cap::cli
