// Mutations of a Program's own structure: bytes at random seldom decode.
#pragma once

#include <cstdint>

#include "runtime/program/program.h"

namespace cap::fuzz {

/// Changes one number, text, truth or list of the Program. The same seed makes the same change.
void MutateProgram(Program& program, uint64_t seed);

}  // namespace cap::fuzz
