#include "compiler/cli/io.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "compiler/cli/cli.h"
#include "compiler/diag/render_text.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/program/bundle.h"
#include "runtime/value/instant.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// A pipe or a device is written to; nothing can take its place.
bool IsOtherThanFile(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

/// The mode of a new file: what the process lets others have.
mode_t NewFileMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

Result<void> ReplaceFile(const std::string& path, std::string_view bytes) {
  std::error_code error;
  const bool exists = fs::exists(path, error);
  const fs::path real = exists ? fs::canonical(path, error) : fs::path(path);  // not the link to it
  struct stat old {};
  if (error || (exists && stat(real.c_str(), &old) != 0)) {
    return Fail("not-writable", fmt::format("cannot write `{}`", path));
  }
  // A rename needs no leave of the file that it replaces, so that it is asked for here; root has it
  // of every file.
  if (exists && ((old.st_mode & 0222) == 0 || access(real.c_str(), W_OK) != 0)) {
    return Fail("not-writable", fmt::format("`{}` is not to be written: it is read-only", path));
  }
  const mode_t mode = exists ? old.st_mode & 07777 : NewFileMode();
  std::string temporary = real.string() + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return Fail("not-writable", fmt::format("cannot write beside `{}`", path));
  bool good = WriteAll(file, bytes) && fchmod(file, mode) == 0 && fsync(file) == 0;
  good = close(file) == 0 && good;
  good = good && std::rename(temporary.c_str(), real.c_str()) == 0;
  if (good) return {};
  unlink(temporary.c_str());
  return Fail("not-writable", fmt::format("cannot write `{}`", path));
}

int Graver(int a, int b) {
  constexpr int kOrder[] = {kUsage, kDiagnostics, kDeny, kUndecided, kStepUp};
  for (const int status : kOrder) {
    if (a == status || b == status) return status;
  }
  return kOk;
}

bool ColourWanted(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return isatty(fileno(stream)) != 0;
}

CLI::Validator Given(std::string missing) {
  const auto check = [missing = std::move(missing)](const std::string& value) {
    return value.empty() || value.starts_with("--") ? "no value: " + missing : std::string();
  };
  return CLI::Validator(check, "");
}

void PrintError(std::string_view message) {
  fmt::print(stderr, "capc: {}\n", OneLine(message));  // paths and a bundle's texts are anybody's
}

Result<void> WriteOutput(const std::string& path, std::string_view bytes) {
  if (path != "-" && !IsOtherThanFile(path)) return ReplaceFile(path, bytes);
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Fail("not-writable", "cannot write `" + path + "`");
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const bool closed = file == stdout ? std::fflush(file) == 0 : std::fclose(file) == 0;
  if (!written || !closed) return Fail("not-writable", "cannot write all of `" + path + "`");
  return {};
}

Result<int64_t> NowUs(const std::string& given) {
  if (given.empty()) {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  }
  const Result<Instant> now = ParseInstant(given);
  if (!now.has_value()) return std::unexpected(now.error());
  return now->us;
}

void AddSourceOptions(CLI::App& command, SourceOptions& options) {
  command
      .add_option("-I,--include", options.include,
                  "a folder to look for imported modules in, after the policy's own")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command
      .add_option("--data", options.data,
                  "a JSON file that gives `data` its values, before the one beside the policy")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

Result<Compilation> CompileFile(const std::string& path, const SourceOptions& options) {
  Result<std::string> text = ReadSource(path, limits::kSourceBytes);
  if (!text.has_value()) return std::unexpected(text.error());
  return Compile({path == "-" ? "<stdin>" : path, std::move(*text)},
                 OptionsFor(path, options.include, options.data));
}

void PrintDiagnostics(const Compilation& compilation, std::FILE* stream) {
  const bool colour = ColourWanted(stream);
  for (const diag::Diagnostic& d : compilation.diagnostics) {
    fmt::print(stream, "{}\n", diag::RenderText(d, compilation.sources, colour));
  }
}

Result<std::vector<std::string>> PoliciesBelow(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (at->path().extension() == ".cap" && at->is_regular_file(ignored)) {
      found.push_back(at->path().string());
    }
  }
  if (error) return Fail("not-readable", fmt::format("cannot read the folder `{}`", folder));
  std::ranges::sort(found);
  return found;
}

LoadedPolicy LoadPolicy(const std::string& path, const SourceOptions& options) {
  Result<std::string> bytes = ReadSource(path, limits::kBundleBytes);
  if (!bytes.has_value()) {
    PrintError(bytes.error().message);
    return {nullptr, kUsage};
  }
  // A damaged bundle must be called one, not be read as source: the name says what was meant.
  if (IsBundle(*bytes) || path.ends_with(".capb")) {
    if (!options.data.empty()) {
      PrintError(
          fmt::format("{}: a bundle has its data in it; give `--data` to `capc compile`", path));
      return {nullptr, kUsage};
    }
    Result<std::shared_ptr<const Program>> program = ReadBundle(*bytes);
    if (program.has_value()) return {*program, kOk};
    PrintError(fmt::format("{}: {} ({})", path, program.error().message, program.error().code));
    return {nullptr, kDiagnostics};
  }
  if (bytes->size() > limits::kSourceBytes) {
    PrintError(
        fmt::format("`{}` is larger than the limit of {} bytes", path, limits::kSourceBytes));
    return {nullptr, kUsage};
  }
  const Compilation compilation =
      Compile({path, std::move(*bytes)}, OptionsFor(path, options.include, options.data));
  PrintDiagnostics(compilation, stderr);
  if (compilation.program == nullptr) return {nullptr, kDiagnostics};
  return {compilation.program, kOk};
}

}  // namespace cap::cli
