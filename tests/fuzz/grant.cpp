// Any text as a grant in JSON. What can be read is minted if the engine takes it, and used.
#include "compiler/policytest/grant_json.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/world.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(grant) {
  World& world = TheWorld();
  const auto spec = policytest::GrantFromJson(*world.program, input);
  if (!spec) {
    Require(spec.error().code.starts_with("grant-"), "an error of another kind", spec.error().code);
    return;
  }
  const auto grant = world.engine->Mint(*spec, kNowUs);
  if (!grant) return;
  for (uint32_t tool = 0; tool < world.program->tools.size(); ++tool) {
    Bytes plain({});
    RunDecision(*world.reader, *grant, MakeCall(*world.program, tool, plain));
  }
  Require(world.engine->Revoke(*grant), "a grant that was just minted is not live");
}

}  // namespace cap::fuzz
