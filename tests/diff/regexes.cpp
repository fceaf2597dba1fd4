#include "tests/diff/regexes.h"

#include <re2/re2.h>

#include <map>
#include <memory>

namespace cap::diff {

const std::vector<RegexSample>& RegexSamples() {
  static const std::vector<RegexSample> kSamples = {
      {"[a-c]+", {"a", "abc", "abd", "C1"}},
      {"C\\d{1,3}", {"C1", "C123", "C1234", "C", "c1"}},
      {"(delivered|open|re(d|turned))", {"open", "red", "returned", "re", "reopen"}},
      {".*e.*", {"e", "open", "b"}},
      {"(a*)*b", {"b", "aab", "aaa", "aabb"}},
      {"[^\\s-]*", {"", "company.com", "a-text", "a b"}},
      {"(\\w+\\.)+com", {"company.com", "mail.company.com", "company.org", ".com"}},
      {"a-text-that-is-longer-than-\\D{7}-bytes", {"a-text-that-is-longer-than-sixteen-bytez"}},
      {"[à-ü]|\\x{1F600}{2}", {"é", "ß", "à", "ü", "ý", "😀😀", "😀"}},
      {"(?:a|ab)(?:c|bcd)?", {"a", "ab", "abcd", "abc", "abbcd", "abd"}},
      {"\\S{2,8}", {"a", "ab", "delivere", "delivered", "a b"}},
      {"", {"", "a"}},
  };
  return kSamples;
}

std::string RegexLiteral(const std::string& regex) {
  std::string literal = "\"";
  for (const char c : regex) literal.append(c == '\\' ? 2 : 1, c);
  return literal + "\"";
}

bool RegexMatches(const std::string& regex, const std::string& text) {
  static std::map<std::string, std::unique_ptr<RE2>> compiled;
  std::unique_ptr<RE2>& known = compiled[regex];
  if (known == nullptr) known = std::make_unique<RE2>(regex);
  return RE2::FullMatch(text, *known);
}

}  // namespace cap::diff
