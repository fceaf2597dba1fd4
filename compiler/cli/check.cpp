// capc check: says what is wrong with policies, what can be mended at once, and what they cost.
#include <fmt/format.h>

#include "compiler/cli/cli.h"
#include "compiler/cli/cost.h"
#include "compiler/cli/fix.h"
#include "compiler/cli/io.h"
#include "compiler/cli/pages.h"
#include "compiler/diag/json_text.h"
#include "compiler/diag/render_json.h"
#include "compiler/diag/render_sarif.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct CheckOptions {
  std::vector<std::string> files;
  std::string format = "text";
  bool fix = false;
  SourceOptions source;
};

std::string Some(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// "2 fixed, 1 error"
std::string Counted(const Compilation& compilation, size_t fixed) {
  const size_t errors = compilation.errors;
  const size_t warnings =
      compilation.diagnostics.size() - std::min(errors, compilation.diagnostics.size());
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (fixed > 0) add(fmt::format("{} fixed", fixed));
  if (errors > 0) add(Some(errors, "error"));
  if (warnings > 0) add(Some(warnings, "warning"));
  if (errors == 0 && warnings == 0) add("ok");
  return out;
}

class Checker {
 public:
  explicit Checker(const CheckOptions& options)
      : options_(options), sarif_(CAPC_VERSION, [](diag::Code code) {
          const std::optional<Explanation> page = Explain(diag::IdOf(code));
          return page ? page->text : std::string{};
        }) {}

  int Run() {
    int status = kOk;
    for (const std::string& path : options_.files) status = Graver(status, CheckOne(path));
    if (options_.format == "sarif") fmt::print("{}", sarif_.Render());
    return status;
  }

 private:
  int CheckOne(const std::string& path) {
    Result<Compilation> compilation = CompileFile(path, options_.source);
    size_t fixed = 0;
    if (compilation.has_value() && options_.fix) compilation = Mended(path, *compilation, fixed);
    if (!compilation.has_value()) {
      PrintError(compilation.error().message);
      sarif_.AddFailure(compilation.error().message);
      return kUsage;
    }
    if (options_.format == "text") {
      PrintDiagnostics(*compilation, stdout);
      fmt::print("{}: {}\n", OneLine(path), Counted(*compilation, fixed));
    }
    for (const diag::Diagnostic& d : compilation->diagnostics) {
      if (options_.format == "json") {
        fmt::print("{}", diag::RenderJson(d, compilation->sources));
      } else if (options_.format == "sarif") {
        sarif_.Add(d, compilation->sources);
      }
    }
    if (compilation->program != nullptr) Costs(path, *compilation->program);
    return compilation->errors > 0 ? kDiagnostics : kOk;
  }

  /// The compilation of the file after its fixes. Nothing else is written to standard output but
  /// what a person reads there.
  Result<Compilation> Mended(const std::string& path, Compilation before, size_t& fixed) {
    if (path == "-") return Fail("usage", "--fix needs a file to write to, not standard input");
    const SourceMap sources = before.sources;
    Result<FixedFile> after = FixFile(path, std::move(before), [&](std::string text) {
      return Compile({path, std::move(text)}, OptionsFor(path, options_.source.include));
    });
    if (!after.has_value()) return std::unexpected(after.error());
    for (const diag::Applied& each : after->applied) {
      fmt::print(options_.format == "text" ? stdout : stderr, "{}\n", Told(each, path, sources));
    }
    fixed = after->applied.size();
    return std::move(after->compilation);
  }

  void Costs(const std::string& path, const Program& program) const {
    for (const PolicyCost& cost : CostsOf(program)) {
      if (options_.format == "json") {
        fmt::print(R"({{"policy":{},"file":{},"worst_case_steps":{},"tool":{},"counters":{}}})"
                   "\n",
                   diag::JsonQuote(cost.policy), diag::JsonQuote(path), cost.steps,
                   diag::JsonQuote(cost.tool), cost.counters);
      } else if (options_.format == "text") {
        fmt::print("  {}: at most {} a call{}{}\n", OneLine(cost.policy),
                   Some(cost.steps, "step"),
                   cost.tool.empty() ? "" : fmt::format(" ({})", OneLine(cost.tool)),
                   cost.counters == 0 ? "" : ", " + Some(cost.counters, "counter"));
      }
    }
  }

  const CheckOptions& options_;
  diag::SarifLog sarif_;
};

}  // namespace

void AddCheck(CLI::App& app, int& status) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Say what is wrong with policies");
  command->add_option("FILE", options->files, "policies (.cap); - reads standard input")
      ->required();
  command
      ->add_option("--format", options->format,
                   "text; json: one diagnostic a line, then one policy a line with its worst case; "
                   "sarif: one SARIF 2.1.0 log")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  command->add_flag("--fix", options->fix,
                    "write into the files what surely was meant, and say what is left");
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc check policy.cap
  capc check --fix policy.cap
  capc check --format json policies/*/policy.cap | jq .code
  capc check --format sarif policy.cap > policy.sarif

The steps of a policy are the most instructions that one call can take, all its conditions at their
longest; its counters those that one call can be held against. Exit status: 0 no errors, 1 a file
cannot be read or written, 3 there are errors.)");
  command->callback([options, &status] { status = Checker(*options).Run(); });
}

}  // namespace cap::cli
