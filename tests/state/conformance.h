// The suite that every store passes. It knows no test framework: what fails is a line of text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/state/trace.h"

namespace cap::state::test {

/// The memory store, and how others name themselves.
Maker MemoryMaker();

/// Every case of every trace of tests/state/traces.
std::vector<std::string> RunTraces(const Maker& maker);

/// Random calls from a seed, put to the store and to the memory store beside it: the answers, the
/// states and the counters are the same.
std::vector<std::string> RunBesideMemory(const Maker& maker, uint64_t seed, int calls);

}  // namespace cap::state::test
