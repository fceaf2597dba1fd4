// capc test: runs .capt files.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "compiler/cli/cli.h"
#include "compiler/cli/engines.h"
#include "compiler/cli/io.h"
#include "compiler/cli/test_output.h"
#include "compiler/diag/printable.h"
#include "compiler/policytest/open_store.h"
#include "compiler/policytest/run.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

struct TestOptions {
  std::vector<std::string> paths;
  std::string filter;
  std::string coverage;  // "clauses", "branches"; empty: not asked
  std::string format = "text";
  std::string junit;
  std::string exported;
  std::vector<std::string> stores;
  size_t slowest = 0;
  bool update = false;
  bool verbose = false;
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
    run_.record = !options.exported.empty();
    if (options.coverage == "clauses") run_.coverage = &coverage_;
    if (options.coverage == "branches") run_.branches = &branches_;
    run_.include = options.source.include;
    run_.data = options.source.data;
    text_ = options.format == "text";
    progress_ = text_ && isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  }

  int Run() {
    for (const std::string& name : options_.stores) {
      Result<policytest::StoreUnderTest> store = policytest::StoreNamed(name);
      if (!store.has_value()) {
        PrintError(store.error().message);
        return kUsage;
      }
      run_.stores.push_back(std::move(*store));
    }
    for (const std::string& path : options_.paths) {
      const Result<std::vector<std::string>> files = Expand(path);
      if (!files.has_value()) {
        Broken(files.error().message);
        continue;
      }
      for (const std::string& file : *files) RunFile(file);
    }
    Progress("");
    Coverage();
    Slowest();
    if (text_) {
      fmt::print("{} passed, {} failed\n", passed_, failed_);
    } else {
      fmt::print("{{\"passed\":{},\"failed\":{}}}\n", passed_, failed_);
    }
    if (!options_.junit.empty()) {
      const Result<void> written = WriteOutput(options_.junit, JUnitXml(files_, reports_));
      if (!written.has_value()) Broken(written.error().message);
    }
    if (!options_.exported.empty()) {
      const Result<void> written = WriteOutput(options_.exported, recorded_);
      if (!written.has_value()) Broken(written.error().message);
    }
    if (broken_) return kUsage;
    return failed_ > 0 ? kDiagnostics : kOk;
  }

 private:
  void Broken(const std::string& message) {
    PrintError(message);
    broken_ = true;
    ++failed_;
  }

  /// One line that is written over, on a terminal; an empty one takes it away.
  void Progress(const std::string& path) const {
    if (!progress_) return;
    constexpr size_t kShown = 60;
    const std::string shown = OneLine(path).substr(0, kShown);
    fmt::print(stderr, "\r\033[K{}", path.empty() ? "" : fmt::format("{}  {}", passed_, shown));
    std::fflush(stderr);
  }

  void RunFile(const std::string& path) {
    Progress(path);
    Result<std::string> text = ReadSource(path, limits::kSourceBytes);
    if (!text.has_value()) return Broken(text.error().message);
    const Result<policytest::CaptFile> file = policytest::ParseCapt(path, std::move(*text));
    if (!file.has_value()) return Broken(file.error().message);
    policytest::RunResult result = policytest::RunCapt(*file, run_);
    passed_ += result.passed;
    failed_ += result.failures.size();
    if (text_) {
      if (!result.failures.empty()) Progress("");
      for (const policytest::Failure& failure : result.failures) Print(failure);
      if (options_.verbose) {
        fmt::print("{}: {} passed, {} failed\n", OneLine(path), result.passed,
                   result.failures.size());
      }
    } else {
      for (const policytest::TestReport& test : result.tests) fmt::print("{}", ToJsonLine(test));
    }
    recorded_ += result.recorded;
    files_.push_back({path, std::move(result.tests)});
    if (options_.update && result.updated != file->text) Rewrite(path, result.updated);
  }

  /// A policy counts as one test: that nothing of it is missing.
  void Coverage() {
    for (const auto& [source, parts] : coverage_.Result()) {
      reports_.push_back(ReportOf(source, parts));
    }
    for (const auto& [source, parts] : branches_.Result()) {
      reports_.push_back(ReportOf(source, parts));
    }
    for (const CoverageReport& report : reports_) {
      ++(report.covered == report.all ? passed_ : failed_);
      fmt::print("{}", text_ ? ToText(report) : ToJsonLine(report));
    }
  }

  void Slowest() const {
    if (options_.slowest == 0 || !text_) return;
    std::vector<policytest::TestReport> tests;
    for (const TestedFile& file : files_) {
      tests.insert(tests.end(), file.tests.begin(), file.tests.end());
    }
    fmt::print("{}", SlowestText(std::move(tests), options_.slowest));
  }

  void Print(const policytest::Failure& failure) const {
    // A .capt file is anybody's, and this may be a terminal.
    fmt::print("FAILED {}: {}\n", OneLine(failure.place), OneLine(failure.title));
    std::string_view rest = failure.message;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      fmt::print("    {}\n", diag::Printable(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void Rewrite(const std::string& path, const std::string& text) {
    const Result<void> written = WriteOutput(path, text);
    if (!written.has_value()) return Broken(written.error().message);
    if (text_) fmt::print("{}: machine sections rewritten\n", OneLine(path));
  }

  const TestOptions& options_;
  policytest::RunOptions run_;
  policytest::Coverage coverage_;
  policytest::Branches branches_;
  std::vector<TestedFile> files_;
  std::vector<CoverageReport> reports_;
  std::string recorded_;
  size_t passed_ = 0;
  size_t failed_ = 0;
  bool broken_ = false;
  bool text_ = true;
  bool progress_ = false;
};

void AddTestOptions(CLI::App& command, TestOptions& options) {
  command.add_option("FILES", options.paths, ".capt files, or folders that hold them")
      ->required();
  command.add_option("--filter", options.filter,
                     "only tests whose title contains this; with * or ?: is like it");
  command.add_flag("--update", options.update,
                   "rewrite the machine sections (--- !diagnostics, !ir, !trace), nothing else");
  command
      .add_flag("--coverage{clauses}", options.coverage,
                "fail unless each clause and forbid alone decides some test, without a fault; "
                "--coverage=branches: unless some test has each single condition true, and some "
                "false")
      ->check(CLI::IsMember({"clauses", "branches"}))
      ->excludes("--filter");
  command.add_option("--format", options.format, "text, or json: one test a line, then the sums")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command.add_option("--junit", options.junit, "also write JUnit's XML here, for CI")
      ->type_name("FILE");
  command
      .add_option("--export", options.exported,
                  "also write every sequence and what came of it here, a JSON object a line, for "
                  "other implementations (docs/conformance.md)")
      ->type_name("FILE");
  command.add_option("--slowest", options.slowest, "show the N tests that took longest")
      ->type_name("N");
  command
      .add_option("--store", options.stores,
                  "run sequences with these stores too: sqlite, redis://HOST, leased:sqlite …, "
                  "separated by commas")
      ->type_name("STORE")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_flag("-v,--verbose", options.verbose, "a line for each file");
  AddSourceOptions(command, options.source);
}

}  // namespace

void AddTest(CLI::App& app, int& status) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "Run tests of policies (.capt)");
  AddTestOptions(*command, *options);
  command->footer(R"(
Every test runs on the interpreter and on native code, every sequence with counters in this process
and with those of --store; they must agree in everything.

Examples:
  capc test policies stdlib
  capc test policy.capt --filter refund
  capc test policy.capt --filter 'over *'
  capc test policies --coverage
  capc test policies --coverage=branches
  capc test policies --junit tests.xml
  capc test policies --store sqlite,redis://localhost
  capc test tests/golden --update

Exit status: 0 all passed, 1 a file cannot be read or written, 3 something failed.)");
  command->callback([options, &status] { status = TestRun(*options).Run(); });
}

}  // namespace cap::cli
