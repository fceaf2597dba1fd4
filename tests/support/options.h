// What the programs among the tests are told: pairs of `--name N`, and nothing else.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cap::test {

struct NumberOption {
  std::string_view name;  // "--seed"
  uint64_t* value = nullptr;
};

/// False: the arguments are something else, and the usage was printed.
inline bool ReadNumbers(int argc, char** argv, const std::vector<NumberOption>& options) {
  const auto read = [&](std::string_view name, std::string_view text) {
    const auto option = std::ranges::find(options, name, &NumberOption::name);
    if (option == options.end()) return false;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, *option->value);
    return error == std::errc() && stop == end;
  };
  bool good = argc % 2 == 1;
  for (int i = 1; good && i + 1 < argc; i += 2) good = read(argv[i], argv[i + 1]);
  if (good) return true;
  fmt::print(stderr, "usage: {}", argv[0]);
  for (const NumberOption& option : options) fmt::print(stderr, " [{} N]", option.name);
  fmt::print(stderr, "\n");
  return false;
}

}  // namespace cap::test
