#include "compiler/import/spelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/diag/printable.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

constexpr size_t kColumns = 96;

// The words of the language that are never names.
constexpr std::array<std::string_view, 24> kWords = {
    "require", "let",    "forbid",   "constraint", "def", "of",  "on",  "for",
    "when",    "within", "in",       "subset",     "is",  "and", "or",  "not",
    "if",      "then",   "disjoint", "else",       "any", "all", "true", "false"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsIdentifier(std::string_view name) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::ranges::all_of(name, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
}

/// Whether all of it may stand in a source file: UTF-8, nothing that moves or hides other text.
bool IsShowable(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const diag::Character c = diag::ReadCharacter(text, at);
    if (c.code_point == 0xFFFD || !diag::IsPrintable(c.code_point)) return false;
    at += c.bytes;
  }
  return true;
}

}  // namespace

std::optional<std::string> SpeltName(std::string_view name) {
  if (!WhyUnspellable(name).empty()) return std::nullopt;
  if (IsIdentifier(name) && std::ranges::find(kWords, name) == kWords.end()) {
    return std::string(name);
  }
  return fmt::format("`{}`", name);
}

std::string WhyUnspellable(std::string_view name) {
  constexpr size_t kQuotes = 2;
  if (name.empty()) return "a name is not empty";
  if (name.size() + kQuotes > limits::kNameBytes) {
    return fmt::format("a name has at most {} bytes", limits::kNameBytes - kQuotes);
  }
  if (name.find('`') != name.npos) return "a name cannot have a back-quote";
  if (!IsShowable(name)) return "a name has no control characters and nothing invisible";
  return {};
}

bool IsPlainName(std::string_view name) {
  return IsIdentifier(name) && name.front() != '_' && name.size() <= limits::kNameBytes &&
         std::ranges::find(kWords, name) == kWords.end();
}

std::string IdentifierLike(std::string_view name) {
  constexpr size_t kRoom = 16;  // for a prefix here, and for a number that makes it another name
  std::string out;
  for (const char c : name.substr(0, limits::kNameBytes - kRoom)) {
    const bool kept = IsLetter(c) || IsDigit(c);
    if (kept) out += c;
    if (!kept && !out.empty() && out.back() != '_') out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  const bool word = std::ranges::find(kWords, out) != kWords.end();
  if (out.empty() || IsDigit(out.front()) || word) out.insert(0, "tool_");
  return out;
}

std::string CamelCase(std::string_view name) {
  std::string out;
  bool begins = true;
  for (const char c : name.substr(0, limits::kNameBytes / 4)) {
    const bool kept = IsLetter(c) || IsDigit(c);
    if (kept) out += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = !kept;
  }
  if (!out.empty() && IsDigit(out.front())) out.insert(0, "T");
  return out;
}

std::string StringLiteral(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const diag::Character c = diag::ReadCharacter(text, at);
    const auto code_point = static_cast<uint32_t>(c.code_point);
    if (code_point == '"' || code_point == '\\') {
      out += '\\';
      out += text[at];
    } else if (code_point == 0xFFFD || !diag::IsPrintable(c.code_point)) {
      out += fmt::format("\\u{{{:X}}}", code_point);
    } else {
      out += text.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  return out + '"';
}

std::string CommentText(std::string_view text) {
  std::string out;
  bool space = false;
  for (size_t at = 0; at < text.size();) {
    const diag::Character c = diag::ReadCharacter(text, at);
    const bool blank = c.code_point == ' ' || c.code_point == '\n' || c.code_point == '\t' ||
                       c.code_point == '\r';
    if (!blank) {
      if (space && !out.empty()) out += ' ';
      if (out.size() + c.bytes > limits::kImportCommentBytes) return out + "…";
      const bool shown = c.code_point != 0xFFFD && diag::IsPrintable(c.code_point);
      out += shown ? text.substr(at, c.bytes) : "\uFFFD";
    }
    space = blank;
    at += c.bytes;
  }
  return out;
}

std::vector<std::string> CommentLines(std::string_view text, size_t indent) {
  const std::string whole = CommentText(text);
  std::vector<std::string> lines;
  const std::string begin = std::string(indent, ' ') + "//";
  for (size_t at = 0; at < whole.size();) {
    size_t end = std::min(whole.find(' ', at), whole.size());
    const std::string_view word = std::string_view(whole).substr(at, end - at);
    if (lines.empty() || lines.back().size() + 1 + word.size() > kColumns) lines.push_back(begin);
    lines.back().append(" ").append(word);
    at = end + 1;
  }
  return lines;
}

}  // namespace cap::importer
