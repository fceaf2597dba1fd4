// Any bytes as a bundle, with a header that is right, so that decoder and verifier are reached.
// What they accept is written again to the same bytes, and is run. No bytes at all stand for the
// bundle of world.cap, which is of this format whatever the kept inputs are of.
#include "runtime/program/bundle.h"

#include "runtime/program/layout.h"
#include "runtime/program/print.h"
#include "tests/fuzz/payload.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/world.h"

namespace cap::fuzz {
namespace {

/// Layout hashes are the last that the verifier asks of a tool: with all else right they are made
/// right, since no mutation ever hits one.
Result<std::shared_ptr<const Program>> WithHashes(std::string_view payload) {
  std::optional<Program> program = DecodePayload(payload);
  if (!program) return cap::Fail("bundle-malformed", "it no longer decodes");
  for (Tool& tool : program->tools) tool.layout_hash = LayoutHash(*program, tool);
  return ReadBundle(WriteBundle(*program));
}

}  // namespace

CAPC_FUZZ_TARGET(bundle) {
  (void)ReadBundle(input);  // as it stands: the header's own checks
  static const std::string kWorld = WriteBundle(*TheWorld().program);
  const std::string_view payload = PayloadOf(input.empty() ? std::string_view(kWorld) : input);
  const std::string bytes = BundleOf(payload);
  auto program = ReadBundle(bytes);
  if (program) {
    Require(WriteBundle(**program) == bytes, "two encodings of one Program");
  } else if (program.error().message.find("layout_hash") != std::string::npos) {
    program = WithHashes(payload);
  }
  if (!program) {
    Require(!input.empty(), "the bundle of world.cap is refused");
    Require(program.error().code.starts_with("bundle-"), "an error of another kind",
            program.error().code);
    return;
  }
  PrintProgram(**program);
  RunProgram(*program, HashOf(input));
}

}  // namespace cap::fuzz
