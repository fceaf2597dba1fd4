// One call put into the encoding of its policy: every input is what the frame has of it. Then the
// encoding must allow what the interpreter says of each clause and the engine of the whole, and
// should allow nothing else.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cap/decision.h"
#include "runtime/program/ir.h"
#include "tests/diff/running.h"

namespace cap::diff {

enum class Fit : uint8_t {
  kExact,    // nothing but what was decided
  kLoose,    // that, and something else: a yes may be missing
  kWrong,    // not that: a yes may have a counterexample
  kSkipped,  // a list is longer than those that are shown
};

/// Without a verdict only the clauses are compared. `exact`: whether to look for something else;
/// else kLoose stands for both. `why`: of kWrong, what the encoding does not allow.
Fit Pin(const Running& run, const Frame& frame, std::optional<Verdict> verdict, bool exact,
        std::string* why = nullptr);

/// What an instruction came to, its operands being no faults.
enum class Came : uint8_t { kTrue, kFalse, kValue, kFault };

/// What the interpreter made of each opcode in the policy's clauses and forbids, each once.
std::vector<std::pair<Op, Came>> Outcomes(const Running& run, const Frame& frame);

}  // namespace cap::diff
