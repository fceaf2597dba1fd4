// What a run of diff_sequences is told, and the stores that it asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/policytest/fresh_store.h"

namespace cap::sequences {

struct Options {
  uint64_t seed = 20'261'127;
  uint64_t traces = 2'000;
  uint64_t per_policy = 25;
  std::vector<policytest::StoreUnderTest> stores;  // beside that in this process
  uint64_t mutants = 0;  // not 0: the oracle has to find each of them out in so many traces
};

/// `[--seed N] [--traces N] [--per-policy N] [--mutants N] [--store sqlite|redis://…|leased]…`.
/// Nothing: it is something else, and the usage was printed.
std::optional<Options> ReadOptions(int argc, char** argv);

}  // namespace cap::sequences
