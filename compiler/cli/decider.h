// A policy in force with one grant: what `capc eval` and `capc replay` decide calls by.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cap/engine.h"
#include "compiler/cli/engines.h"
#include "compiler/cli/io.h"

namespace cap::cli {

struct DeciderOptions {
  std::string policy;
  std::string grant;
  std::string engine = HasJit() ? "jit" : "interp";
  std::string state;  // empty: counters of this process
  std::optional<std::vector<std::string>> knows;  // obligations; nothing: all of the policy's
  SourceOptions source;
};

/// Adds `--policy`, `-I`, `--data`, `--grant`, `--engine`, `--knows` and `--state`.
void AddDeciderOptions(CLI::App& command, DeciderOptions& options);

class Decider {
 public:
  /// Loads the policy and reads the grant. Nothing: `status` is what to exit with, and everything
  /// was said on standard error.
  static std::unique_ptr<Decider> Open(const DeciderOptions& options, int& status);

  /// Mints the grant, for calls from that time on; again where it has expired. Errors: those of the
  /// mint, with the grant's file.
  Result<void> Mint(int64_t now_us);

  /// The call as the grant's subject makes it.
  Frame FrameOf(std::string_view request, int64_t now_us) const;

  const Program& program() const { return *program_; }
  Engine& engine() { return *engine_; }
  Reader& reader() { return *reader_; }
  GrantId grant() const { return grant_; }
  const std::string& subject() const { return spec_.subject; }

 private:
  Result<void> Prepare(const DeciderOptions& options);

  std::shared_ptr<const Program> program_;
  std::string grant_file_;
  GrantSpec spec_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reader> reader_;
  GrantId grant_;
};

/// The status that says a verdict.
int StatusOf(Verdict verdict);

}  // namespace cap::cli
