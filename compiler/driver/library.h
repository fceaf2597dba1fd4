// The standard library's texts inside of the compiler.
#pragma once

#include <string>
#include <map>
#include <vector>

namespace cap {

struct LibraryText {
  const char* name;  // "money", of stdlib/money.cap
  const char* text;
};
/// Written by the build, sorted by name.
const std::vector<LibraryText>& LibraryTexts();

/// Which module declares a constraint: "maxAmount" → "std.money".
const std::map<std::string, std::string>& LibraryConstraints();

}  // namespace cap
