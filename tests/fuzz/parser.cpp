// Any text through the parser: it ends, what it reports stands inside of the text, and both trees
// and reports can be shown.
#include "compiler/ast/dump.h"
#include "compiler/diag/render_json.h"
#include "compiler/diag/render_text.h"
#include "compiler/parse/parse.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(parser) {
  SourceMap sources;
  diag::Sink sink;
  const FileId file = sources.Add("fuzz.cap", std::string(input));
  const ast::Module module = parse::Parse(sources, file, sink);
  ast::Dump(module);
  for (const diag::Diagnostic& diagnostic : sink.Sorted()) {
    Require(diagnostic.span.begin <= diagnostic.span.end && diagnostic.span.end <= input.size(),
            "a report outside of the text");
    Require(!diag::RenderText(diagnostic, sources, true).empty(), "a report without a text");
    RequireJson(diag::RenderJson(diagnostic, sources), "a report is no JSON");
  }
}

}  // namespace cap::fuzz
