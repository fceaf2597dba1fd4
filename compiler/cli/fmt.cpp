// capc fmt: brings policies into their one layout.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/cli/replace.h"
#include "compiler/diag/render_text.h"
#include "compiler/format/diff.h"
#include "compiler/format/format.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

struct FmtOptions {
  std::vector<std::string> files;
  bool standard_input = false;
  bool check = false;
  bool diff = false;
};

class Formatter {
 public:
  explicit Formatter(const FmtOptions& options) : options_(options) {}

  int Run() {
    std::vector<std::string> files = options_.files;
    if (options_.standard_input) files.emplace_back("-");
    if (files.empty()) {
      PrintError("fmt needs a file, a folder or `-`");
      return kUsage;
    }
    for (const std::string& path : files) status_ = Graver(status_, Path(path));
    if (options_.check) Summary();
    return status_;
  }

 private:
  int Path(const std::string& path) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path, error)) return One(path);
    const Result<std::vector<std::string>> files = PoliciesBelow(path);
    if (!files.has_value()) return Failed(files.error());
    int status = kOk;
    for (const std::string& file : *files) status = Graver(status, One(file));
    return status;
  }

  int One(const std::string& path) {
    Result<std::string> text = ReadSource(path, limits::kSourceBytes);
    if (!text.has_value()) return Failed(text.error());
    ++files_;
    SourceMap sources;
    diag::Sink sink;
    const FileId file = sources.Add(path == "-" ? "<stdin>" : path, std::move(*text));
    const std::optional<std::string> formatted = format::Format(sources, file, sink);
    if (!formatted) {
      for (const diag::Diagnostic& d : sink.Sorted()) {
        fmt::print(stderr, "{}\n", diag::RenderText(d, sources, ColourWanted(stderr)));
      }
      return kDiagnostics;
    }
    const SourceFile& before = sources.file(file);
    if (path == "-" && !options_.check && !options_.diff) {
      fmt::print("{}", *formatted);
      return kOk;
    }
    return *formatted == before.text ? kOk : Differs(path, before, *formatted);
  }

  int Differs(const std::string& path, const SourceFile& before, const std::string& formatted) {
    ++changed_;
    if (options_.diff) {
      fmt::print("{}", format::UnifiedDiff(OneLine(before.path), before.text, formatted));
    }
    if (options_.check) {
      if (!options_.diff) fmt::print("would change: {}\n", OneLine(before.path));
      return kDiagnostics;
    }
    if (options_.diff) return kOk;
    const Result<void> written = ReplaceFile(path, before.text, formatted);
    if (!written.has_value()) return Failed(written.error());
    fmt::print("formatted: {}\n", OneLine(path));
    return kOk;
  }

  void Summary() const {
    fmt::print(options_.diff ? stderr : stdout, "{} file{}, {} would change\n", files_,
               files_ == 1 ? "" : "s", changed_);
  }

  static int Failed(const Error& error) {
    PrintError(error.message);
    return kUsage;
  }

  const FmtOptions& options_;
  int status_ = kOk;
  size_t files_ = 0;
  size_t changed_ = 0;
};

}  // namespace

void AddFmt(CLI::App& app, int& status) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = app.add_subcommand("fmt", "Bring policies into their one layout");
  command->add_option("FILE", options->files,
                      "policies (.cap), or folders with policies; - is standard input, written to "
                      "standard output");
  command->add_flag("--stdin", options->standard_input, "as -");
  command->add_flag("--check", options->check,
                    "write nothing, say which files would change, and exit with 3 if any would");
  command->add_flag("--diff", options->diff, "write nothing, and show what would change");
  command->footer(R"(
Examples:
  capc fmt policy.cap
  capc fmt --check policies stdlib
  capc fmt --diff policy.cap | less
  capc fmt - < policy.cap

A file is replaced in one step, and only if its layout changes; its mode stays. A file with a syntax
error is left alone. Exit status: 0 ok, 1 a file cannot be read or written, 3 a syntax error, or
with --check a file that would change.)");
  command->callback([options, &status] { status = Formatter(*options).Run(); });
}

}  // namespace cap::cli
