// The pages of docs/ that `capc explain` shows, inside of the binary.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cap::cli {

struct Page {
  std::string_view name;  // "CAP0301", "decision-codes"
  std::string_view text;  // Markdown, as it stands in docs/
};
/// Written by the build, sorted by name.
const std::vector<Page>& Pages();

/// One code that capc or an engine says, and what its page tells of it.
struct Explanation {
  std::string code;   // "CAP0301", "constraint_failed"
  std::string kind;   // "error", "warning", "decision"
  std::string title;  // one line
  std::string text;   // Markdown, without the title
};

/// Every code without its text: diagnostics by number, then decision codes in their order.
std::vector<Explanation> AllCodes();

/// `asked` may be written loosely ("cap301", "301"). Nothing: there is no such code.
std::optional<Explanation> Explain(std::string_view asked);

/// The code that `asked` was likely meant to be, or empty.
std::string NearestCode(std::string_view asked);

/// Markdown as a terminal shows it: code blocks are indented, their fences left out.
std::string ForTerminal(std::string_view markdown);

}  // namespace cap::cli
