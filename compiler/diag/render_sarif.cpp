#include "compiler/diag/render_sarif.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/diag/json_text.h"
#include "compiler/diag/printable.h"

namespace cap::diag {

namespace {

/// A message string, in which single braces would be placeholders (section 3.11.5 of the standard).
std::string Quoted(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '{' || c == '}' ? 2 : 1, c);
  return JsonQuote(escaped);
}

std::string Message(std::string_view text) {
  return fmt::format(R"({{"text":{}}})", Quoted(text));
}

std::string_view LevelOf(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

/// Column of an offset, counted in code points from 1.
uint32_t ColumnOf(const SourceMap& sources, FileId file, const LineColumn& at) {
  const std::string_view line = sources.LineText(file, at.line);
  uint32_t column = 1;
  for (size_t i = 0; i + 1 < at.column && i < line.size(); ++column) {
    i += ReadCharacter(line, i).bytes;
  }
  return column;
}

std::string Region(const SourceSpan& span, const SourceMap& sources) {
  const uint32_t end_offset = std::max(span.begin, span.end);
  const LineColumn begin = sources.Locate(span.file, span.begin);
  const LineColumn end = sources.Locate(span.file, end_offset);
  return fmt::format(
      R"({{"startLine":{},"startColumn":{},"endLine":{},"endColumn":{},"byteOffset":{},)"
      R"("byteLength":{}}})",
      begin.line, ColumnOf(sources, span.file, begin), end.line, ColumnOf(sources, span.file, end),
      span.begin, end_offset - span.begin);
}

std::string Artifact(FileId file, const SourceMap& sources) {
  return fmt::format(R"({{"uri":{}}})", JsonQuote(UriOf(sources.file(file).path)));
}

/// Empty where the span is of no file.
std::string Physical(const SourceSpan& span, const SourceMap& sources) {
  if (static_cast<uint32_t>(span.file) >= sources.size()) return {};
  return fmt::format(R"("physicalLocation":{{"artifactLocation":{},"region":{}}})",
                     Artifact(span.file, sources), Region(span, sources));
}

std::string Related(const std::vector<Label>& notes, const SourceMap& sources) {
  std::string out;
  for (const Label& note : notes) {
    const std::string place = Physical(note.span, sources);
    if (place.empty()) continue;
    out += fmt::format(R"({}{{{},"message":{}}})", out.empty() ? "" : ",", place,
                       Message(note.text));
  }
  return out.empty() ? out : fmt::format(R"(,"relatedLocations":[{}])", out);
}

std::string Fixes(const Diagnostic& d, const SourceMap& sources) {
  std::string out;
  for (const Fix& fix : d.fixes) {
    if (static_cast<uint32_t>(fix.span.file) >= sources.size()) continue;
    out += fmt::format(
        R"({}{{"description":{},"artifactChanges":[{{"artifactLocation":{},"replacements":[)"
        R"({{"deletedRegion":{},"insertedContent":{{"text":{}}}}}]}}]}})",
        out.empty() ? "" : ",", Message(d.help), Artifact(fix.span.file, sources),
        Region(fix.span, sources), JsonQuote(fix.text));
  }
  return out.empty() ? out : fmt::format(R"(,"fixes":[{}])", out);
}

}  // namespace

std::string UriOf(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != kPlain.npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

void SarifLog::Add(const Diagnostic& d, const SourceMap& sources) {
  const auto rule = std::ranges::find(rules_, d.code);
  const auto index = rule - rules_.begin();
  if (rule == rules_.end()) rules_.push_back(d.code);
  const std::string place = Physical(d.span, sources);
  results_.push_back(fmt::format(
      R"({{"ruleId":"{}","ruleIndex":{},"level":"{}","message":{}{}{}{}}})", IdOf(d.code), index,
      LevelOf(SeverityOf(d)), Message(d.help.empty() ? d.message : d.message + "; " + d.help),
      place.empty() ? "" : fmt::format(R"(,"locations":[{{{}}}])", place),
      Related(d.notes, sources), Fixes(d, sources)));
}

std::string SarifLog::Render() const {
  std::string rules;
  for (const Code code : rules_) {
    const std::string page = page_(code);
    rules += fmt::format(
        R"({}{{"id":"{}","shortDescription":{},"defaultConfiguration":{{"level":"{}"}})",
        rules.empty() ? "" : ",", IdOf(code), Message(TitleOf(code)), LevelOf(SeverityOf(code)));
    if (!page.empty()) {
      rules += fmt::format(R"(,"help":{{"text":{0},"markdown":{0}}})", Quoted(page));
    }
    rules += "}";
  }
  std::string results;
  for (const std::string& result : results_) results.append(results.empty() ? "" : ",\n") += result;
  std::string failures;
  for (const std::string& failure : failures_) {
    failures += fmt::format(R"({}{{"level":"error","message":{}}})", failures.empty() ? "" : ",",
                            Message(failure));
  }
  return fmt::format(
      R"({{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/)"
      R"(sarif-schema-2.1.0.json","version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"capc",)"
      R"("version":{},"rules":[{}]}}}},"columnKind":"unicodeCodePoints",)"
      R"("invocations":[{{"executionSuccessful":{},"toolExecutionNotifications":[{}]}}],)"
      R"("results":[{}]}}]}})",
      JsonQuote(version_), rules, failures_.empty(), failures, results) + "\n";
}

}  // namespace cap::diag
