// capc lint: what compiles and was hardly meant.
#include "compiler/lint/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/cli/pages.h"
#include "compiler/diag/render_json.h"
#include "compiler/diag/render_sarif.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct LintOptions {
  std::vector<std::string> files;
  std::string format = "text";
  std::vector<std::string> denied;
  std::vector<std::string> allowed;
  SourceOptions source;
};

constexpr std::string_view kAll = "all";

std::string KnownCode(const std::string& name) {
  const bool known = name == kAll || std::ranges::any_of(diag::AllCodes(), [&](diag::Code code) {
                       return lint::IsLint(code) && diag::IdOf(code) == name;
                     });
  return known ? "" : fmt::format("`{}` is no finding; `capc explain` lists them", name);
}

bool Names(const std::vector<std::string>& names, diag::Code code) {
  return std::ranges::any_of(
      names, [&](const std::string& name) { return name == kAll || name == diag::IdOf(code); });
}

class Linter {
 public:
  explicit Linter(const LintOptions& options)
      : options_(options), sarif_(CAPC_VERSION, [](diag::Code code) {
          const std::optional<Explanation> page = Explain(diag::IdOf(code));
          return page ? page->text : std::string{};
        }) {}

  int Run() {
    int status = kOk;
    for (const std::string& path : options_.files) status = Graver(status, Path(path));
    if (options_.format == "sarif") fmt::print("{}", sarif_.Render());
    return status;
  }

 private:
  int Path(const std::string& path) {
    std::error_code error;
    if (path == "-" || !std::filesystem::is_directory(path, error)) return One(path);
    const Result<std::vector<std::string>> files = PoliciesBelow(path);
    if (!files.has_value()) return Failed(files.error());
    int status = kOk;
    for (const std::string& file : *files) status = Graver(status, One(file));
    return status;
  }

  int Failed(const Error& error) {
    PrintError(error.message);
    sarif_.AddFailure(error.message);
    return kUsage;
  }

  int One(const std::string& path) {
    Result<Compilation> compilation = CompileFile(path, options_.source);
    if (!compilation.has_value()) return Failed(compilation.error());
    // A policy that does not compile is first of all that.
    if (compilation->program != nullptr) Take(*compilation, lint::Lint(*compilation));
    Show(path, *compilation);
    return compilation->diagnostics.empty() ? kOk : kDiagnostics;
  }

  void Take(Compilation& compilation, std::vector<diag::Diagnostic> findings) const {
    for (diag::Diagnostic& finding : findings) {
      if (Names(options_.allowed, finding.code)) continue;
      finding.denied = Names(options_.denied, finding.code);
      if (diag::SeverityOf(finding) == diag::Severity::kError) ++compilation.errors;
      compilation.diagnostics.push_back(std::move(finding));
    }
  }

  void Show(const std::string& path, const Compilation& compilation) {
    if (options_.format == "text") {
      PrintDiagnostics(compilation, stdout);
      const size_t warnings = compilation.diagnostics.size() -
                              std::min(compilation.errors, compilation.diagnostics.size());
      const auto some = [](size_t count, std::string_view what) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
      };
      std::string said;
      if (compilation.errors > 0) said = some(compilation.errors, "error");
      if (warnings > 0) said += (said.empty() ? "" : ", ") + some(warnings, "warning");
      fmt::print("{}: {}\n", OneLine(path), said.empty() ? "ok" : said);
    }
    for (const diag::Diagnostic& d : compilation.diagnostics) {
      if (options_.format == "json") {
        fmt::print("{}", diag::RenderJson(d, compilation.sources));
      } else if (options_.format == "sarif") {
        sarif_.Add(d, compilation.sources);
      }
    }
  }

  const LintOptions& options_;
  diag::SarifLog sarif_;
};

}  // namespace

void AddLint(CLI::App& app, int& status) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* command =
      app.add_subcommand("lint", "Say what compiles in policies and was hardly meant");
  command
      ->add_option("FILE", options->files,
                   "policies (.cap), or folders with policies; - reads standard input")
      ->required();
  command
      ->add_option("--format", options->format,
                   "text; json: one finding a line; sarif: one SARIF 2.1.0 log")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  const CLI::Validator code(std::function<std::string(std::string&)>(KnownCode), "");
  command->add_option("--deny", options->denied, "show a finding as an error; `all` for each")
      ->type_name("CODE")
      ->allow_extra_args(false)
      ->check(code);
  command->add_option("--allow", options->allowed, "leave a finding out; `all` for each")
      ->type_name("CODE")
      ->allow_extra_args(false)
      ->check(code);
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc lint policy.cap
  capc lint --allow CAP1026 policies stdlib
  capc lint --deny all --format sarif policy.cap > lint.sarif

A finding is an error where what should hold calls back does not, else a warning. In the text,
`// lint: allow CAP1026 reason` before a line or behind it leaves one out there. Exit status: 0
nothing is found, 1 a file cannot be read, 3 something is, or the policy has errors.)");
  command->callback([options, &status] { status = Linter(*options).Run(); });
}

}  // namespace cap::cli
