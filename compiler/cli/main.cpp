// capc: checks, compiles, evaluates and tests policies of the Cap language.
#include <cstdio>
#include <system_error>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"

namespace {

constexpr const char* kAbout =
    "capc: a policy language for what an agent may do, its compiler and its evaluator.";

constexpr const char* kFooter = R"(
Examples:
  capc check policies/banking/policy.cap
  capc compile policy.cap --emit bundle -o policy.capb
  capc eval --policy policy.capb --grant grant.json request.json
  capc explain CAP0301
  capc fmt policies
  capc lint policies/banking/policy.cap
  capc replay --policy policy.capb --grant grant.json march.jsonl
  capc test policies stdlib
  capc import tools tools.json -o tools.cap

Exit status: 0 ok or permit, 1 usage or I/O, 2 deny, 3 diagnostics or failed tests, 4 step-up,
5 cannot decide.
`capc COMMAND --help` says more.)";

/// What was printed must have arrived: on a full disk nothing is ok, nor a permit.
int Arrived(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  cap::cli::PrintError("cannot write all of standard output");
  return cap::cli::kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  int status = cap::cli::kOk;
  CLI::App app(kAbout, "capc");
  app.footer(kFooter);
  app.set_version_flag("--version", "capc " CAPC_VERSION " (language 0.1)");
  app.require_subcommand(1);
  cap::cli::AddCheck(app, status);
  cap::cli::AddCompile(app, status);
  cap::cli::AddConsent(app, status);
  cap::cli::AddDiff(app, status);
  cap::cli::AddEval(app, status);
  cap::cli::AddExplain(app, status);
  cap::cli::AddFmt(app, status);
  cap::cli::AddFacts(app, status);
  cap::cli::AddImport(app, status);
  cap::cli::AddInit(app, status);
  cap::cli::AddLint(app, status);
  cap::cli::AddNarrows(app, status);
  cap::cli::AddReplay(app, status);
  cap::cli::AddState(app, status);
  cap::cli::AddTest(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too, with status 0.
    return app.exit(error) == 0 ? cap::cli::kOk : cap::cli::kUsage;
  } catch (const std::system_error&) {  // of fmt, which prints more than the buffer holds
    status = cap::cli::kUsage;
  }
  return Arrived(status);
}
