// A test-only fault in the encoder: proof that its tests would notice one. Only an encoder built
// with CAPC_MUTANTS asks for it, and tests/prove defines it; nothing that ships does.
#pragma once

#ifdef CAPC_MUTANTS
#include "compiler/prove/world.h"
#include "runtime/program/ir.h"

namespace cap::prove {

enum class Mutation : uint8_t {
  kNone,
  kResult,   // a bool has its rails swapped, a number its bits, a text is empty, a mask has its
             // first member flipped, a list is one element longer
  kNoFault,  // the opcode's own fault is dropped; a bool is then false
  kEdge,     // an order holds of equals too
};

/// From now on an encoder has this wrong of `op`. Not thread-safe.
void SetMutant(Op op, Mutation mutation);

/// What the instruction makes of its operands, with that fault.
Sym Mutated(World& world, const Inst& inst, const Sym* a, const Sym* b, Sym made);

}  // namespace cap::prove
#endif
