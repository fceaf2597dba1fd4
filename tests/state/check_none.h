// What a suite reports becomes failures of a doctest case.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cap::state::test {

inline void CheckNone(const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) FAIL_CHECK(failure);
  CHECK(failures.empty());
}

}  // namespace cap::state::test
