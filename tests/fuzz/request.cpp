// Any text as a JSON request. Whatever it is, there is a frame that keeps its promises, and a
// decision that can be shown.
#include "runtime/frame/request_json.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/world.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(request) {
  World& world = TheWorld();
  const Frame frame = ParseRequest(*world.program, input, kSubject, kNowUs);
  const Frame again = ParseRequest(*world.program, input, kSubject, kNowUs);
  Require(frame.digest() == again.digest(), "read twice, differently");
  CheckFrame(*world.program, frame);
  for (const GrantId grant : world.grants) RunDecision(*world.reader, grant, frame);
}

}  // namespace cap::fuzz
