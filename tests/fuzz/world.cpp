#include "tests/fuzz/world.h"

#include "compiler/driver/compile.h"
#include "runtime/base/limits.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

World MakeWorld() {
  const std::string path = CAPC_SOURCE_DIR "/tests/fuzz/world.cap";
  Result<std::string> text = ReadSource(path, limits::kSourceBytes);
  Require(text.has_value(), "world.cap cannot be read");
  const Compilation compilation = Compile({.path = "world.cap", .text = std::move(*text)});
  if (compilation.program == nullptr) {
    Fail("world.cap does not compile", compilation.diagnostics.front().message);
  }
  World world;
  world.program = compilation.program;
  world.engine = NewEngine();
  Require(world.engine->Load(world.program).has_value(), "world.cap cannot be loaded");
  for (const Policy& policy : world.program->policies) {
    Bytes plain({});
    GrantSpec spec = MakeGrant(*world.program, policy, plain);
    for (Field& field : spec.bound) {
      if (field.name == "customer") field.value = {std::string("C1")};
      if (field.name == "teams") field.value = {Value::List{{std::string("partner.com")}}};
      if (field.name == "limit") field.value = {Money{50'000, 840}};
    }
    const auto grant = world.engine->Mint(spec, kNowUs);
    Require(grant.has_value(), "world.cap's grant", grant ? "" : grant.error().message);
    world.grants.push_back(*grant);
  }
  world.reader = std::make_unique<Reader>(world.engine->NewReader());
  return world;
}

}  // namespace

World& TheWorld() {
  static World world = MakeWorld();
  return world;
}

}  // namespace cap::fuzz
