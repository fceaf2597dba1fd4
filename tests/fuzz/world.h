// A policy in force that has every kind of input, for the targets whose input is a call or a grant.
#pragma once

#include <memory>
#include <vector>

#include "cap/engine.h"

namespace cap::fuzz {

struct World {
  std::shared_ptr<const Program> program;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Reader> reader;
  std::vector<GrantId> grants;
};

/// world.cap, compiled and loaded once, with a grant of each policy.
World& TheWorld();

}  // namespace cap::fuzz
