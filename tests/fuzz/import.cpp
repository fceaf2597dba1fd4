// Any text as tool schemas: what comes out compiles, whatever stands in the names and descriptions,
// and the report is JSON.
#include <algorithm>

#include "compiler/driver/compile.h"
#include "compiler/import/tools.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

void CheckImport(const std::vector<importer::Document>& documents) {
  const auto import = importer::ImportTools(documents, {});
  if (!import) {
    Require(import.error().code != "internal", "an import that is no module",
            import.error().message);
    return;
  }
  RequireJson(importer::ToJson(*import), "a report is no JSON");
  for (const importer::Refusal& refusal : import->refused) {
    // A tool may be more than the language can say, but what is written for it can be read.
    for (const char* unreadable : {"(CAP0103)", "(CAP0104)", "(CAP0105)", "(CAP0106)"}) {
      Require(!refusal.reason.ends_with(unreadable), "it wrote what it cannot read",
              refusal.reason);
    }
  }
  Require(import->text.empty() == import->tools.empty(), "tools without a text, or a text without");
  if (import->text.empty()) return;
  const Compilation compilation = Compile({"fuzz.cap", import->text});
  Require(compilation.errors == 0, "an import does not compile", import->text);
  Require(compilation.program->actions.size() == import->tools.size(), "a tool is lost",
          import->text);
}

}  // namespace

// Apart: what is in two documents is a tool twice, and no document may be malformed.
CAPC_FUZZ_TARGET(import) {
  CheckImport({{"fuzz.json", std::string(input)}});
  if (input.find('\n') == input.npos) return;
  std::vector<importer::Document> documents;
  for (std::string_view rest = input; !rest.empty();) {  // JSON lines
    const size_t end = std::min(rest.find('\n'), rest.size());
    documents.push_back({"fuzz.json", std::string(rest.substr(0, end))});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  CheckImport(documents);
}

}  // namespace cap::fuzz
