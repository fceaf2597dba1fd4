// Statements that count: `consume … of …` and constraints of it. Internal to the generator.
#pragma once

#include "tests/diff/expressions.h"

namespace cap::diff {

/// What a module declares for them.
std::string CountingConstraints();

/// A statement that charges a counter, with what its operands must be as its body. False: the scope
/// has nothing to count or to count apart.
bool MakeCounted(test::Random& random, ExpressionMaker& maker, Statement& made);

}  // namespace cap::diff
