#include "compiler/parse/report.h"

#include "runtime/base/limits.h"

namespace cap::parse {

bool SyntaxReporter::Report(diag::Diagnostic diagnostic) {
  if (!lines_.insert(Locate(diagnostic.span.begin).line).second) return false;
  sink_.Add(std::move(diagnostic));
  return true;
}

bool SyntaxReporter::Report(diag::Code code, SourceSpan span, std::string message,
                            std::string label, std::string help) {
  return Report({code, span, std::move(message), std::move(label), {}, std::move(help)});
}

bool SyntaxReporter::Full() const { return lines_.size() > limits::kDiagnostics; }

std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 40;
  if (text.size() <= kShown) return "`" + std::string(text) + "`";
  size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "`" + std::string(text.substr(0, end)) + "…`";
}

}  // namespace cap::parse
