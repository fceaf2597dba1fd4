#include "compiler/import/act.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "compiler/diag/json_text.h"
#include "compiler/driver/compile.h"
#include "compiler/format/format.h"
#include "compiler/import/act_writer.h"
#include "runtime/value/quote.h"

namespace cap::importer {

namespace {

/// Leaves out what does not compile, until the rest does: each round refuses something more, or
/// knows more arguments.
Result<ActImport> Settle(const ActFile& file, const ActOptions& options) {
  std::map<std::string, std::string> refused;  // where a capability stands → why
  std::set<std::string> arguments;
  while (true) {
    ActWriter writer(options, refused, arguments, /*all=*/true);
    const ActImport import = writer.Write(file);
    bool again = !std::ranges::includes(arguments, writer.arguments());
    arguments.insert(writer.arguments().begin(), writer.arguments().end());
    if (again) continue;
    const Compilation compilation = Compile({options.module + ".cap", import.text});
    if (compilation.errors == 0) {
      return ActWriter(options, refused, arguments, /*all=*/false).Write(file);
    }
    std::string first;
    for (const diag::Diagnostic& d : compilation.diagnostics) {
      if (diag::SeverityOf(d) != diag::Severity::kError) continue;
      const std::string why = fmt::format("{} ({})", d.message, diag::IdOf(d.code));
      if (first.empty()) first = why;
      if (d.span.file != FileId{}) continue;
      for (const std::string& where : writer.CapabilitiesAt(d.span.begin)) {
        again = refused.emplace(where, why).second || again;
      }
    }
    if (!again) return Fail("no-policy", "the import does not compile: " + first);
  }
}

std::string NotesText(std::string_view word, const std::vector<ActNote>& notes) {
  std::string out;
  for (const ActNote& note : notes) {
    out += OneLine(fmt::format("{} {}{}{}: {}", word, note.where, note.what.empty() ? "" : " ",
                               note.what, note.why)) +
           "\n";
  }
  return out;
}

std::string NotesJson(const std::vector<ActNote>& notes) {
  using diag::JsonQuote;
  std::string out;
  for (const ActNote& note : notes) {
    out += fmt::format(R"({}{{"where":{},"what":{},"why":{}}})", out.empty() ? "" : ",",
                       JsonQuote(note.where), JsonQuote(note.what), JsonQuote(note.why));
  }
  return "[" + out + "]";
}

}  // namespace

Result<ActImport> ImportAct(const std::string& origin, const std::string& text,
                            const ActOptions& options) {
  const Result<ActFile> file = ReadAct(origin, text);
  if (!file.has_value()) return std::unexpected(file.error());
  Result<ActImport> import = Settle(*file, options);
  if (!import.has_value()) return import;
  SourceMap sources;
  diag::Sink sink;
  const FileId made = sources.Add(options.module + ".cap", import->text);
  std::optional<std::string> formatted = format::Format(sources, made, sink);
  if (formatted) import->text = std::move(*formatted);
  return import;
}

std::string ToText(const ActImport& import) {
  return NotesText("assumed", import.assumed) + NotesText("not carried over", import.left) +
         fmt::format("{} policies, {} capabilities, {} constraints carried over; {} things not, "
                     "and {} capabilities left out\n",
                     import.policies, import.capabilities, import.constraints, import.left.size(),
                     import.left_out);
}

std::string ToJson(const ActImport& import) {
  return fmt::format(
      R"({{"policies":{},"capabilities":{},"left_out":{},"constraints":{},"assumed":{},)"
      R"("not_carried_over":{}}})"
      "\n",
      import.policies, import.capabilities, import.left_out, import.constraints,
      NotesJson(import.assumed), NotesJson(import.left));
}

}  // namespace cap::importer
