// The regular expressions of generated policies, and what they mean by RE2.
#pragma once

#include <string>
#include <vector>

namespace cap::diff {

struct RegexSample {
  std::string regex;
  std::vector<std::string> texts;  // that match, and that just do not
};
const std::vector<RegexSample>& RegexSamples();

/// The string literal of an expression.
std::string RegexLiteral(const std::string& regex);

/// Whether all of `text` matches.
bool RegexMatches(const std::string& regex, const std::string& text);

}  // namespace cap::diff
