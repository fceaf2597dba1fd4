// The suite that every store passes. It knows no test framework: what fails is a line of text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/state/trace.h"

namespace cap::state::test {

/// The memory store, and how others name themselves.
Maker MemoryMaker();

/// Every case of every trace of tests/state/traces, or of a folder in it: those in `durable` are
/// for stores that outlive their processes.
std::vector<std::string> RunTraces(const Maker& maker, const std::string& folder = "");

/// Random calls from a seed, put to the store and to the memory store beside it: the answers, the
/// states and the counters are the same.
std::vector<std::string> RunBesideMemory(const Maker& maker, uint64_t seed, int calls);

}  // namespace cap::state::test
