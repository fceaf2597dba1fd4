#include "compiler/check/names_in_text.h"

namespace cap::check {

namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::vector<ast::Ident> ReadDottedName(std::string_view text, const SourceSpan& span) {
  // A text with escapes has no exact places: then every name stands at the whole of it.
  const bool exact = span.end - span.begin == text.size();
  std::vector<ast::Ident> names;
  size_t begin = 0;
  while (true) {
    size_t end = begin;
    while (end < text.size() && IsNameByte(text[end])) ++end;
    const bool digit = end > begin && text[begin] >= '0' && text[begin] <= '9';
    if (end == begin || digit) return {};
    SourceSpan at = span;
    if (exact) {
      at.begin = span.begin + static_cast<uint32_t>(begin);
      at.end = span.begin + static_cast<uint32_t>(end);
    }
    names.push_back({std::string(text.substr(begin, end - begin)), at});
    if (end == text.size()) return names;
    if (text[end] != '.') return {};
    begin = end + 1;
  }
}

}  // namespace cap::check
