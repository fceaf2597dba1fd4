// Where lexical and syntax errors go: one a source line, because the second error of a line is
// nearly always a consequence of the first.
#pragma once

#include <string>
#include <unordered_set>

#include "compiler/diag/diagnostic.h"
#include "compiler/source/source_map.h"

namespace cap::parse {

class SyntaxReporter {
 public:
  SyntaxReporter(const SourceMap& sources, FileId file, diag::Sink& sink)
      : sources_(sources), file_(file), sink_(sink) {}

  /// Adds the diagnostic unless its line has had one. Returns whether it was added.
  bool Report(diag::Diagnostic diagnostic);

  /// As above, from parts.
  bool Report(diag::Code code, SourceSpan span, std::string message, std::string label = "",
              std::string help = "");

  /// More errors than will be printed: reading on is pointless, and costs the author's time.
  bool Full() const;

  /// A literal that was reported has no value; whoever reads it later stays silent.
  void MarkUnreadable(size_t begin) { unreadable_.insert(begin); }
  bool IsUnreadable(size_t begin) const { return unreadable_.contains(begin); }

  SourceSpan SpanOf(size_t begin, size_t end) const {
    return {file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }
  std::string_view TextOf(size_t begin, size_t end) const {
    return sources_.TextOf(SpanOf(begin, end));
  }
  LineColumn Locate(size_t offset) const {
    return sources_.Locate(file_, static_cast<uint32_t>(offset));
  }

 private:
  const SourceMap& sources_;
  FileId file_;
  diag::Sink& sink_;
  std::unordered_set<uint32_t> lines_;
  std::unordered_set<size_t> unreadable_;  // offsets
};

/// "`text`", cut after forty bytes (at a character), for use in a message.
std::string Quoted(std::string_view text);

}  // namespace cap::parse
