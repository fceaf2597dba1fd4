// Any text as a `.capt` file. What can be read is run, unless it names other files.
#include <algorithm>

#include "compiler/policytest/run.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

bool NamesFiles(const policytest::CaptFile& file) {
  return std::ranges::any_of(file.cases, [](const policytest::Case& c) {
    const auto names_file = [](const policytest::Test& test) { return !test.request_file.empty(); };
    return !c.policy_file.empty() || !c.grant_file.empty() ||
           std::ranges::any_of(c.tests, names_file) ||
           std::ranges::any_of(c.sequences, [&](const policytest::Sequence& sequence) {
             return std::ranges::any_of(sequence.steps, names_file, &policytest::Step::call);
           });
  });
}

}  // namespace

CAPC_FUZZ_TARGET(capt) {
  const auto file = policytest::ParseCapt("fuzz.capt", std::string(input));
  if (!file) {
    Require(file.error().message.starts_with("fuzz.capt:"), "an error without a place",
            file.error().message);
    return;
  }
  if (NamesFiles(*file)) return;
  policytest::RunOptions options;
  options.engines.push_back(
      {"interp", [](const std::shared_ptr<const Program>&) { return NativeCode{}; }});
  options.update = true;
  const policytest::RunResult result = policytest::RunCapt(*file, options);
  // An update rewrites machine sections and nothing else, so it is read again and is then at rest.
  const auto updated = policytest::ParseCapt("fuzz.capt", result.updated);
  Require(updated.has_value(), "an update cannot be read", result.updated);
  Require(updated->cases.size() == file->cases.size(), "an update has other cases");
  for (size_t i = 0; i < file->cases.size(); ++i) {
    Require(updated->cases[i].tests.size() == file->cases[i].tests.size(),
            "an update has other tests");
    Require(updated->cases[i].sequences.size() == file->cases[i].sequences.size(),
            "an update has other sequences");
    Require(updated->cases[i].source == file->cases[i].source, "an update has another policy");
  }
}

}  // namespace cap::fuzz
