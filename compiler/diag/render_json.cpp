#include "compiler/diag/render_json.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/diag/json_text.h"

namespace cap::diag {

namespace {

std::string Place(const SourceSpan& span, const SourceMap& sources) {
  if (static_cast<uint32_t>(span.file) >= sources.size()) return {};
  const LineColumn begin = sources.Locate(span.file, span.begin);
  const LineColumn end = sources.Locate(span.file, std::max(span.begin, span.end));
  return fmt::format(
      R"(,"file":{},"line":{},"column":{},"length":{},"end_line":{},"end_column":{},)"
      R"("begin":{},"end":{})",
      JsonQuote(sources.file(span.file).path), begin.line, begin.column,
      sources.Resolve(span).length, end.line, end.column, span.begin, span.end);
}

}  // namespace

std::string RenderJson(const Diagnostic& d, const SourceMap& sources) {
  const bool error = SeverityOf(d) == Severity::kError;
  std::string out = fmt::format(
      R"({{"code":"{}","severity":"{}","message":{}{},"label":{},"notes":[)", IdOf(d.code),
      error ? "error" : "warning", JsonQuote(d.message), Place(d.span, sources),
      JsonQuote(d.label));
  for (const Label& note : d.notes) {
    if (&note != &d.notes.front()) out += ',';
    out += fmt::format(R"({{"message":{}{}}})", JsonQuote(note.text), Place(note.span, sources));
  }
  out += fmt::format(R"(],"help":{},"fixes":[)", JsonQuote(d.help));
  for (const Fix& fix : d.fixes) {
    if (&fix != &d.fixes.front()) out += ',';
    out += fmt::format(R"({{"text":{}{}}})", JsonQuote(fix.text), Place(fix.span, sources));
  }
  out += "]}";
  return out + "\n";
}

}  // namespace cap::diag
