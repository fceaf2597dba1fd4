// Every policy that the tree has in a text.
#pragma once

#include <string>
#include <vector>

namespace cap::test {

struct CorpusText {
  std::string name;  // "docs/language.md:17"
  std::string text;
};

/// Files (.cap), the `cap` blocks of pages, and the cases of *_mistakes.cap and of lint.
std::vector<CorpusText> FormatCorpus(const std::string& root);

}  // namespace cap::test
