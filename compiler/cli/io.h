// What the subcommands share: reading policies, writing results, colours.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/compile.h"
#include "runtime/base/result.h"
#include "runtime/program/program.h"

namespace cap::cli {

/// Colours are for a person at a terminal who did not set NO_COLOR.
bool ColourWanted(std::FILE* stream);

/// Of an option: that its value is there, and is not the next option. `--state=` and
/// `--state "$UNSET"` mean something that is not said; `missing` says what to give.
CLI::Validator Given(std::string missing);

/// `capc: message` on standard error.
void PrintError(std::string_view message);

/// Puts `bytes` in the place of the file, which need not exist: a reader sees the old text or the
/// new one, whenever the machine stops. A link stays one, a mode stays. Errors: "not-writable".
Result<void> ReplaceFile(const std::string& path, std::string_view bytes);

/// Writes all of `bytes` to standard output for "-", to a device or a pipe; else as ReplaceFile().
/// Errors: "not-writable".
Result<void> WriteOutput(const std::string& path, std::string_view bytes);

/// What `--now` says, or the clock where it says nothing: microseconds since 1970.
Result<int64_t> NowUs(const std::string& given);

/// Where a policy's imports are looked for, beside its own folder, and what gives its data.
struct SourceOptions {
  std::vector<std::string> include;
  std::vector<std::string> data;
};
/// Adds `-I` and `--data`.
void AddSourceOptions(CLI::App& command, SourceOptions& options);

/// Reads and compiles a `.cap` file. Errors: those of ReadSource.
Result<Compilation> CompileFile(const std::string& path, const SourceOptions& options);

/// The policies (.cap) below a folder, by name; links to folders are not followed. Errors:
/// "not-readable".
Result<std::vector<std::string>> PoliciesBelow(const std::string& folder);

/// Prints the diagnostics as a person reads them.
void PrintDiagnostics(const Compilation& compilation, std::FILE* stream);

/// A Program and, when it came from source, no more errors. Otherwise the status to exit with;
/// everything was said on standard error.
struct LoadedPolicy {
  std::shared_ptr<const Program> program;
  int status = 0;
};

/// Reads a policy: a bundle if the file begins like one or is named .capb, else source.
LoadedPolicy LoadPolicy(const std::string& path, const SourceOptions& options);

}  // namespace cap::cli
