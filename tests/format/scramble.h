// The same policy in another layout: white space, comments and commas at random.
#pragma once

#include <string>

#include "tests/support/random_frame.h"

namespace cap::test {

/// `text` must be a policy without syntax errors. Between two tokens stands what stood there, or
/// blanks, line ends and comments at random; commas that say nothing come and go.
std::string Scramble(const std::string& text, Random& random);

}  // namespace cap::test
