// Bundles with a bit flipped and the checksum repaired: what the verifier lets through is run by
// the interpreter and as native code, which must end and agree.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/random_frame.h"

namespace cap::diff {

struct FlipTotals {
  uint64_t flips = 0;
  uint64_t decoder = 0;    // refused by the decoder
  uint64_t verifier = 0;   // refused by the verifier
  uint64_t accepted = 0;   // run
  uint64_t runs = 0;       // of shapes, each on one random frame
  uint64_t disagreements = 0;
  std::string example;
};

/// Flips `count` random bits, one at a time, of the bundle of `program`.
void FlipBundle(const Program& program, test::Random& random, uint64_t count, FlipTotals& totals);

}  // namespace cap::diff
