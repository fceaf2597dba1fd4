#include "tests/sequences/stores.h"

#include <fmt/core.h>

#include <charconv>
#include <string>
#include <string_view>

#include "compiler/policytest/open_store.h"

namespace cap::sequences {
namespace {

bool ReadNumber(std::string_view text, uint64_t& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

bool ReadOption(std::string_view name, const std::string& value, Options& options) {
  if (name == "--seed") return ReadNumber(value, options.seed);
  if (name == "--traces") return ReadNumber(value, options.traces);
  if (name == "--per-policy") return ReadNumber(value, options.per_policy);
  if (name == "--mutants") return ReadNumber(value, options.mutants);
  if (name != "--store") return false;
  const Result<policytest::StoreUnderTest> store = policytest::StoreNamed(value);
  if (!store.has_value()) {
    fmt::print(stderr, "{}\n", store.error().message);
    return false;
  }
  options.stores.push_back(*store);
  return true;
}

}  // namespace

std::optional<Options> ReadOptions(int argc, char** argv) {
  Options options;
  bool good = argc % 2 == 1;
  for (int i = 1; good && i + 1 < argc; i += 2) good = ReadOption(argv[i], argv[i + 1], options);
  if (good && options.per_policy > 0) return options;
  fmt::print(stderr,
             "usage: {} [--seed N] [--traces N] [--per-policy N] "
             "[--mutants N] [--store memory|sqlite|redis://…]\n",
             argv[0]);
  return std::nullopt;
}

}  // namespace cap::sequences
