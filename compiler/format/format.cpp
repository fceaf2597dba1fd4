#include "compiler/format/format.h"

#include "compiler/format/gaps.h"
#include "compiler/format/layout.h"
#include "compiler/format/marks.h"
#include "compiler/format/same.h"
#include "compiler/parse/concrete.h"

namespace cap::format {

namespace {

/// Never the author's mistake: the file is left alone.
void ReportInternal(FileId file, diag::Sink& sink) {
  sink.Add({diag::Code::kInternal,
            {file, 0, 0},
            "the formatter would change what the file says; it is as it was",
            "",
            {},
            "please report this, with the file"});
}

}  // namespace

std::optional<std::string> Format(const SourceMap& sources, FileId file, diag::Sink& sink) {
  const std::optional<parse::Concrete> tree = parse::ParseConcrete(sources, file, sink);
  if (!tree) return std::nullopt;
  const std::string_view text = sources.file(file).text;
  std::string formatted = LayOut(PiecesOf(*tree, text, MarksOf(*tree, text)));

  SourceMap after;
  diag::Sink problems;
  const FileId id = after.Add(sources.file(file).path, std::move(formatted));
  const std::optional<parse::Concrete> again = parse::ParseConcrete(after, id, problems);
  const std::string& result = after.file(id).text;
  if (!again || !SaysTheSame(*tree, text, *again, result)) {
    ReportInternal(file, sink);
    return std::nullopt;
  }
  return result;
}

}  // namespace cap::format
