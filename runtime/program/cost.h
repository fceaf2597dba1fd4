// The worst case of a shape, known before any call: what makes "everything terminates" a number.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/program/program.h"

namespace cap {

/// Instructions that one evaluation of `insts` may take, quantifiers' bodies once for each element
/// that the type of their list allows. Saturates. `insts` are well formed (verify.h) or come from
/// the checker. Linear, no recursion.
uint64_t WorstCaseSteps(const Program& program, std::span<const Inst> insts);

}  // namespace cap
