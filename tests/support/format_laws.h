// What must hold of the formatter for any text: the tests and the fuzzer ask the same.
#pragma once

#include <string>

namespace cap::test {

struct Formatted {
  bool accepted = false;  // the text has no syntax error
  std::string text;
  std::string problem;  // empty: nothing is wrong
};

/// Formats the text and checks that the result formats to itself, has the same syntax tree and the
/// same comments, and has no blank at the end of a line.
Formatted CheckFormat(std::string text);

}  // namespace cap::test
