#include "compiler/format/same.h"

#include <algorithm>
#include <string>
#include <vector>

#include "compiler/format/gaps.h"

namespace cap::format {

namespace {

/// Tokens and comments in order, without commas, and without blanks in tokens that have them
/// (money).
std::vector<std::string> Words(const parse::Concrete& tree, std::string_view text) {
  std::vector<std::string> words;
  uint32_t before = tree.begin;
  const auto comments = [&](std::string_view gap) {
    for (const Comment& comment : ReadGap(gap).comments) words.emplace_back(comment.text);
  };
  for (const parse::ConcreteToken& token : tree.tokens) {
    comments(text.substr(before, token.begin - before));
    before = token.end;
    std::string word(text.substr(token.begin, token.end - token.begin));
    if (word == ",") continue;
    if (word[0] >= '0' && word[0] <= '9') {
      std::erase_if(word, [](char c) { return c == ' ' || c == '\t'; });
    }
    words.push_back(std::move(word));
  }
  comments(text.substr(before));
  return words;
}

bool SameShape(const parse::ConcreteNode& a, const parse::ConcreteNode& b) {
  return a.alternative == b.alternative && a.children == b.children;
}

}  // namespace

bool SaysTheSame(const parse::Concrete& a, std::string_view a_text, const parse::Concrete& b,
                 std::string_view b_text) {
  return std::ranges::equal(a.nodes, b.nodes, SameShape) && Words(a, a_text) == Words(b, b_text);
}

}  // namespace cap::format
