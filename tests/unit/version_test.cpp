// Versions of bundles and of the IR in them: what a reader takes, what may not change unnoticed.
#include <doctest/doctest.h>

#include <string>

#include "runtime/program/bundle.h"
#include "runtime/program/ir.h"
#include "tests/unit/doc_program.h"

namespace cap::test {
namespace {

TEST_CASE("a reader takes its own major version, up to its own minor one") {
  const auto code = [](BundleVersion reader, BundleVersion bundle) {
    const auto checked = CheckBundleVersion(reader, bundle);
    return checked ? std::string() : checked.error().code;
  };
  CHECK(code({2, 3}, {2, 3}).empty());
  CHECK(code({2, 3}, {2, 0}).empty());  // older minor: read as it is
  CHECK(code({2, 3}, {2, 4}) == "bundle-version");
  CHECK(code({2, 3}, {1, 3}) == "bundle-version");
  CHECK(code({2, 3}, {3, 0}) == "bundle-version");
  CHECK(code(kBundleVersion, {0, 1}) == "bundle-version");  // the first format
  const auto advice = [](BundleVersion bundle) {
    return CheckBundleVersion({2, 3}, bundle).error().message;
  };
  CHECK(advice({1, 9}).ends_with("compile the policy again"));
  CHECK(advice({2, 4}).contains("update the runtime"));
  CHECK(advice({3, 0}).contains("update the runtime"));

  // The file says its own version, and a reader asks before it reads anything else.
  std::string bytes = WriteBundle(*MakeProgram());
  CHECK(bytes.substr(8, 4) == std::string("\0\0\3\0", 4));
  bytes[8] = 1;  // a newer minor version, whole and with a good checksum
  const auto read = ReadBundle(bytes);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == "bundle-version");
  bytes[8] = 0;
  CHECK(ReadBundle(bytes).has_value());
}

// Opcodes and kinds of types stand in bundles by their number. To add some at the end is a new
// minor version; what else fails this test is a new major one, with its own numbers here.
TEST_CASE("what bundles of this major version hold keeps its number") {
  CHECK(kBundleVersion.major == 3);
  CHECK(static_cast<int>(TypeKind::kDecimal) == 12);
  CHECK(static_cast<int>(TypeKind::kJson) == 21);
  CHECK(static_cast<int>(TypeKind::kApprovers) == 10);
  CHECK(static_cast<int>(TypeKind::kPattern) == 13);
  CHECK(static_cast<int>(TypeKind::kUrl) == 20);
  uint64_t hash = 14695981039346656037u;
  constexpr uint16_t kOpcodes = 47;  // as version 2.0 had them
  REQUIRE(kOpCount >= kOpcodes);
  for (uint16_t op = 0; op < kOpcodes; ++op) {
    for (char c : InfoOf(static_cast<Op>(op)).text) {
      hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
    }
  }
  CHECK(hash == 5951100500219249424u);
}

}  // namespace
}  // namespace cap::test
