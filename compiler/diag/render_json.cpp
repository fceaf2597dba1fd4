#include "compiler/diag/render_json.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/diag/printable.h"

namespace cap::diag {

namespace {

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const Character c = ReadCharacter(text, i);
    if (c.code_point == '"' || c.code_point == '\\') {
      out += '\\';
      out += text[i];
    } else if (c.code_point == 0xFFFD || !IsPrintable(c.code_point)) {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c.code_point));
    } else {
      out += text.substr(i, c.bytes);
    }
    i += c.bytes;
  }
  return out + '"';
}

std::string Place(const SourceSpan& span, const SourceMap& sources) {
  if (static_cast<uint32_t>(span.file) >= sources.size()) return {};
  const LineColumn begin = sources.Locate(span.file, span.begin);
  const LineColumn end = sources.Locate(span.file, std::max(span.begin, span.end));
  return fmt::format(
      R"(,"file":{},"line":{},"column":{},"length":{},"end_line":{},"end_column":{},)"
      R"("begin":{},"end":{})",
      Quote(sources.file(span.file).path), begin.line, begin.column, sources.Resolve(span).length,
      end.line, end.column, span.begin, span.end);
}

}  // namespace

std::string RenderJson(const Diagnostic& d, const SourceMap& sources) {
  const bool error = SeverityOf(d.code) == Severity::kError;
  std::string out = fmt::format(
      R"({{"code":"{}","severity":"{}","message":{}{},"label":{},"notes":[)", IdOf(d.code),
      error ? "error" : "warning", Quote(d.message), Place(d.span, sources), Quote(d.label));
  for (const Label& note : d.notes) {
    if (&note != &d.notes.front()) out += ',';
    out += fmt::format(R"({{"message":{}{}}})", Quote(note.text), Place(note.span, sources));
  }
  out += fmt::format(R"(],"help":{}}})", Quote(d.help));
  return out + "\n";
}

}  // namespace cap::diag
