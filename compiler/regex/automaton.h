// An expression as an automaton over bytes that may be in many states at once (Thompson's), counts
// written out; and its subsets: the automaton that is in one state at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "compiler/regex/syntax.h"

namespace cap::regex {

struct Edge {  // on a byte of the range
  ByteRange bytes;
  uint32_t to = 0;
};
struct State {
  std::vector<Edge> edges;
  std::vector<uint32_t> free;  // states that it is in as well, without a byte
};

struct Automaton {
  std::vector<State> states;
  uint32_t first = 0;
  uint32_t accepting = 0;  // the one state that accepts
  uint32_t parts = 0;      // made for it
};

/// Refuses more than limits::kRegexSize parts, counts written out.
std::expected<Automaton, Problem> MakeAutomaton(const Syntax& syntax);

/// Deterministic: state 0 is dead, and every state has a successor for every class of bytes.
struct Subsets {
  std::array<uint8_t, 256> class_of{};
  uint32_t classes = 1;
  uint32_t first = 0;
  std::vector<uint8_t> accepts;  // of a state
  std::vector<uint32_t> next;    // state × classes + class
};

/// Refuses more than limits::kRegexStates states, and what takes more than limits::kRegexSteps or
/// `steps` to find them; takes what it took from `steps`.
std::expected<Subsets, Problem> MakeSubsets(const Automaton& automaton, uint64_t& steps);

/// The smallest automaton that accepts the same, numbered by a walk from its first state: equal
/// languages have equal tables. Linear but for a logarithm.
std::vector<uint32_t> Minimise(const Subsets& subsets);

}  // namespace cap::regex
