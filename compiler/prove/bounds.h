// How far the prover goes. What is over a bound is not decided (docs/narrowing.md).
#pragma once

#include <cstdint>

namespace cap::prove::bounds {

inline constexpr uint64_t kSteps = 400'000;     // instructions of one question, a body per element
inline constexpr uint32_t kElements = 12;       // of a list, that are shown to the solver
inline constexpr uint32_t kWritten = 256;       // elements of a list of an example
inline constexpr uint32_t kStates = 20'000;     // of the automata that are asked of one text
inline constexpr uint32_t kTurns = 24;          // times that the solver is told of a zone's clocks
inline constexpr uint32_t kMegabytes = 2048;    // memory of the solver

}  // namespace cap::prove::bounds
