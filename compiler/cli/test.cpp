// capc test: runs .capt files.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/cli/cli.h"
#include "compiler/cli/engines.h"
#include "compiler/cli/io.h"
#include "compiler/policytest/run.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

struct TestOptions {
  std::vector<std::string> paths;
  std::string filter;
  bool update = false;
  bool verbose = false;
  bool coverage = false;
  SourceOptions source;
};

/// The .capt files that `path` names: itself, or all below a folder, sorted.
Result<std::vector<std::string>> Expand(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator at(path, error), end; at != end && !error;
       at.increment(error)) {
    if (at->path().extension() == ".capt") files.push_back(at->path().string());
  }
  if (error) return Fail("not-readable", "cannot read `" + path + "`: " + error.message());
  std::ranges::sort(files);
  return files;
}

class TestRun {
 public:
  explicit TestRun(const TestOptions& options) : options_(options) {
    run_.engines = AllEngines();
    run_.filter = options.filter;
    run_.update = options.update;
    if (options.coverage) run_.coverage = &coverage_;
    run_.include = options.source.include;
    run_.data = options.source.data;
  }

  int Run() {
    for (const std::string& path : options_.paths) {
      const Result<std::vector<std::string>> files = Expand(path);
      if (!files.has_value()) {
        Broken(files.error().message);
        continue;
      }
      for (const std::string& file : *files) RunFile(file);
    }
    if (options_.coverage) PrintCoverage();
    fmt::print("{} passed, {} failed\n", passed_, failed_);
    if (broken_) return kUsage;
    return failed_ > 0 ? kDiagnostics : kOk;
  }

 private:
  void Broken(const std::string& message) {
    PrintError(message);
    broken_ = true;
    ++failed_;
  }

  void RunFile(const std::string& path) {
    Result<std::string> text = ReadSource(path, limits::kSourceBytes);
    if (!text.has_value()) return Broken(text.error().message);
    const Result<policytest::CaptFile> file = policytest::ParseCapt(path, std::move(*text));
    if (!file.has_value()) return Broken(file.error().message);
    const policytest::RunResult result = policytest::RunCapt(*file, run_);
    passed_ += result.passed;
    failed_ += result.failures.size();
    for (const policytest::Failure& failure : result.failures) Print(failure);
    if (options_.verbose) {
      fmt::print("{}: {} passed, {} failed\n", path, result.passed, result.failures.size());
    }
    if (options_.update && result.updated != file->text) Rewrite(path, result.updated);
  }

  /// A policy counts as one test: that each of its clauses and forbids alone decides another.
  void PrintCoverage() {
    for (const auto& [source, parts] : coverage_.Result()) {
      const auto decisive = std::ranges::count_if(parts, &policytest::Coverage::Part::decisive);
      fmt::print("coverage {}: {} of {} clauses and forbids alone decide a test\n", source,
                 decisive, parts.size());
      const bool whole = static_cast<size_t>(decisive) == parts.size();
      ++(whole ? passed_ : failed_);
      for (const policytest::Coverage::Part& part : parts) {
        if (part.decisive) continue;
        fmt::print("    {}:{}:{}: `{}`{} decides no test alone\n", part.place.file, part.place.line,
                   part.place.column, part.name,
                   part.capability.empty() ? "" : " of capability `" + part.capability + "`");
      }
    }
  }

  void Print(const policytest::Failure& failure) const {
    fmt::print("FAILED {}: {}\n", failure.place, failure.title);
    std::string_view rest = failure.message;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      fmt::print("    {}\n", rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void Rewrite(const std::string& path, const std::string& text) {
    const Result<void> written = WriteOutput(path, text);
    if (!written.has_value()) return Broken(written.error().message);
    fmt::print("{}: machine sections rewritten\n", path);
  }

  const TestOptions& options_;
  policytest::RunOptions run_;
  policytest::Coverage coverage_;
  size_t passed_ = 0;
  size_t failed_ = 0;
  bool broken_ = false;
};

}  // namespace

void AddTest(CLI::App& app, int& status) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "Run tests of policies (.capt)");
  command->add_option("FILES", options->paths, ".capt files, or folders that hold them")
      ->required();
  command->add_option("--filter", options->filter, "only tests whose title contains this");
  command->add_flag("--update", options->update,
                    "rewrite the machine sections (--- !diagnostics, !ir, !trace), nothing else");
  command->add_flag("--coverage", options->coverage,
                    "fail unless each clause and forbid alone decides some test, without a fault")
      ->excludes("--filter");
  command->add_flag("-v,--verbose", options->verbose, "a line for each file");
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Every test runs on the interpreter and on native code; they must agree in everything.

Examples:
  capc test policies stdlib
  capc test policy.capt --filter refund
  capc test policies --coverage
  capc test tests/golden --update

Exit status: 0 all passed, 1 a file cannot be read, 3 something failed.)");
  command->callback([options, &status] { status = TestRun(*options).Run(); });
}

}  // namespace cap::cli
