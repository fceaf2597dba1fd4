// The `capc` command: one file a subcommand, each adding itself to the command line.
#pragma once

#include <CLI/CLI.hpp>

namespace cap::cli {

/// Statuses of every subcommand. Of several results the first of this order wins:
/// usage, diagnostics, deny, undecided, step-up, ok.
enum Exit : int {
  kOk = 0, kUsage = 1, kDeny = 2, kDiagnostics = 3, kStepUp = 4, kUndecided = 5
};

/// The graver of two statuses.
int Graver(int a, int b);

// Each registers its subcommand; when it is chosen, it runs and leaves its status in `status`.
void AddCheck(CLI::App& app, int& status);
void AddCompile(CLI::App& app, int& status);
void AddConsent(CLI::App& app, int& status);
void AddDiff(CLI::App& app, int& status);
void AddEval(CLI::App& app, int& status);
void AddExplain(CLI::App& app, int& status);
void AddFmt(CLI::App& app, int& status);
void AddFacts(CLI::App& app, int& status);
void AddImport(CLI::App& app, int& status);
void AddInit(CLI::App& app, int& status);
void AddLint(CLI::App& app, int& status);
void AddNarrows(CLI::App& app, int& status);
void AddReplay(CLI::App& app, int& status);
void AddState(CLI::App& app, int& status);
void AddTest(CLI::App& app, int& status);

}  // namespace cap::cli
