// Random regular expressions of the language, and texts that come near to matching them.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace cap::test {

/// A tree from which both the expression and texts are written.
struct RegexTree {
  enum class Kind { kCharacters, kSequence, kChoice, kRepeat };
  Kind kind = Kind::kSequence;
  std::string text;                // kCharacters: as written; kRepeat: the sign behind
  std::vector<std::string> likely;  // kCharacters: some that belong to it, and neighbours
  std::vector<RegexTree> kids;
  unsigned least = 0;
  unsigned most = 0;
};

class RandomRegex {
 public:
  explicit RandomRegex(uint64_t seed) : random_(seed) {}

  RegexTree Make(unsigned depth);
  std::string Write(const RegexTree& tree) const;
  /// A text that matches, or nearly so.
  std::string Near(const RegexTree& tree);
  /// Characters at the edges of what UTF-8 and classes tell apart.
  std::string AnyText();
  /// Bytes that are not UTF-8.
  std::string BrokenText();

 private:
  RegexTree Characters();
  RegexTree Class();
  void Append(const RegexTree& tree, std::string& out);
  unsigned Below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  const std::string& AnyCharacter();

  std::mt19937_64 random_;
};

}  // namespace cap::test
