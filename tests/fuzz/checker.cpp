// Any text through the whole compiler. What compiles passes the verifier, goes through a bundle
// unchanged, and runs.
#include "compiler/diag/render_json.h"
#include "compiler/diag/render_text.h"
#include "compiler/driver/compile.h"
#include "runtime/program/bundle.h"
#include "runtime/program/print.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(checker) {
  const Compilation compilation = Compile({.path = "fuzz.cap", .text = std::string(input)});
  for (const diag::Diagnostic& diagnostic : compilation.diagnostics) {
    Require(diagnostic.code != diag::Code::kInternal, "an internal error", diagnostic.message);
    Require(!diag::RenderText(diagnostic, compilation.sources, false).empty(),
            "a report without a text");
    RequireJson(diag::RenderJson(diagnostic, compilation.sources), "a report is no JSON");
  }
  Require((compilation.program == nullptr) == (compilation.errors > 0),
          "a Program and errors, or neither");
  if (compilation.program == nullptr) return;
  const Program& program = *compilation.program;
  const auto again = ReadBundle(WriteBundle(program));
  Require(again.has_value(), "its bundle is refused", again ? "" : again.error().message);
  Require(**again == program, "it is another Program when it comes out of its bundle");
  Require(PrintProgram(**again) == PrintProgram(program), "it prints differently");
  RunProgram(compilation.program, HashOf(input));
}

}  // namespace cap::fuzz
