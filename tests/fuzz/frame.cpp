// Any choices through the typed frame builder: values of every type, right and wrong.
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/world.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(frame) {
  World& world = TheWorld();
  Bytes bytes(input);
  const uint32_t tool = bytes.Below(static_cast<uint32_t>(world.program->tools.size()) + 1);
  const Frame frame = MakeCall(*world.program, tool, bytes);
  CheckFrame(*world.program, frame);
  for (const GrantId grant : world.grants) RunDecision(*world.reader, grant, frame);
}

}  // namespace cap::fuzz
