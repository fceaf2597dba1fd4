// Any text through the formatter: what it takes it lays out once and for all, and it says the same.
#include "tests/fuzz/target.h"
#include "tests/support/format_laws.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(fmt) {
  const test::Formatted formatted = test::CheckFormat(std::string(input));
  Require(formatted.problem.empty(), "the formatter broke a law", formatted.problem);
}

}  // namespace cap::fuzz
