// Which rails of which instructions a function needs, and which operands it may skip. A capability
// asks its clauses only for `true`, so most of the false rails are never emitted.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/jit/jit.h"

namespace cap::jit {

using Rails = uint8_t;
inline constexpr Rails kTrueRail = 1;
inline constexpr Rails kFalseRail = 2;
inline constexpr Rails kBothRails = 3;  // of a value that is not boolean: any of them asks for it

/// Any and All: of what has a body, those that ask its rails of it and stop early.
inline bool IsQuantifier(Op op) { return op == Op::kAny || op == Op::kAll; }

struct Plan {
  std::vector<Rails> need;  // by instruction; 0 = nobody asks for it
  /// And and Or that compute one operand only where the other does not decide. The operand that is
  /// put off costs more than a branch, and its instructions serve nobody else.
  std::vector<uint8_t> lazy;       // by instruction
  std::vector<uint32_t> lazy_at;   // by the first instruction of a right operand that is put off
  std::vector<uint32_t> later_at;  // by the first instruction of a left operand that is put off
};

/// `roots`: the rails asked of every clause's result. INVARIANT: `insts` are verified.
Plan MakePlan(const Program& program, const Shape& shape, Rails roots, const Options& options);

}  // namespace cap::jit
