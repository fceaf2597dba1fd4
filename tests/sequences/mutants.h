// Stores that count wrongly, one rule each: whether the oracle finds them out. Interpreter and
// native code share such a store, so that they agree about whatever it says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/policytest/fresh_store.h"

namespace cap::sequences {

struct Mutant {
  std::string what;  // "a day always has 24 hours"
  std::function<std::unique_ptr<state::Store>()> open;
};
std::vector<Mutant> Mutants();

}  // namespace cap::sequences
