#include "tests/support/format_laws.h"

#include <optional>
#include <vector>

#include "compiler/ast/dump.h"
#include "compiler/format/format.h"
#include "compiler/parse/parse.h"

namespace cap::test {

namespace {

std::string TreeOf(const std::string& text) {
  SourceMap sources;
  diag::Sink sink;
  const FileId file = sources.Add("format.cap", text);
  return ast::Dump(parse::Parse(sources, file, sink));
}

struct Attempt {
  std::optional<std::string> text;
  std::string internal;  // what the formatter says of itself
};

Attempt FormatOnce(const std::string& text) {
  SourceMap sources;
  diag::Sink sink;
  const FileId file = sources.Add("format.cap", text);
  Attempt attempt{format::Format(sources, file, sink), {}};
  for (const diag::Diagnostic& d : sink.Sorted()) {
    if (d.code == diag::Code::kInternal) attempt.internal = d.message;
  }
  return attempt;
}

/// The comments in order, read without the lexer.
std::vector<std::string> CommentsOf(std::string_view text) {
  std::vector<std::string> comments;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '/' && i + 1 < text.size() && text[i + 1] == '/') {
      const size_t end = std::min(text.find('\n', i), text.size());
      std::string_view comment = text.substr(i, end - i);
      while (std::string_view(" \t\r").find(comment.back()) != std::string_view::npos) {
        comment.remove_suffix(1);
      }
      comments.emplace_back(comment);
      i = end;
    }
  }
  return comments;
}

std::string LooksWrong(std::string_view text) {
  if (text.empty()) return {};
  if (text.front() == '\n' || !text.ends_with('\n')) return "it begins or ends oddly";
  if (text.find("\n\n\n") != text.npos || text.ends_with("\n\n")) return "two empty lines";
  if (text.find(" \n") != text.npos) return "a blank at the end of a line";
  return {};
}

}  // namespace

Formatted CheckFormat(std::string text) {
  Formatted result;
  const Attempt once = FormatOnce(text);
  result.problem = once.internal;
  if (!once.text) return result;
  result.accepted = true;
  result.text = *once.text;
  const Attempt twice = FormatOnce(result.text);
  if (!twice.text) {
    result.problem = "the result is no policy";
  } else if (*twice.text != result.text) {
    result.problem = "the result formats to:\n" + *twice.text;
  } else if (TreeOf(text) != TreeOf(result.text)) {
    result.problem = "the result is another syntax tree";
  } else if (CommentsOf(text) != CommentsOf(result.text)) {
    result.problem = "the result has other comments";
  } else {
    result.problem = LooksWrong(result.text);
  }
  return result;
}

}  // namespace cap::test
