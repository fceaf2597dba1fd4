// Time and instructions of two sides, so that noise cannot decide: blocks A B B A of at least
// 10 ms each, the median of their ratios and its interval; instructions through callgrind.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace cap::bench {

struct Side {
  std::string name;
  /// Decides every request of the buffer once and returns something that depends on all answers.
  std::function<uint64_t()> round;
};

struct Comparison {
  double a_ns = 0;       // median of one request
  double b_ns = 0;
  double ratio = 0;      // a : b, median over pairs
  double low = 0;        // 95 % interval of that median
  double high = 0;
};

/// `requests`: in one round. Cost: pairs × 4 blocks.
Comparison Compare(const Side& a, const Side& b, size_t requests, uint32_t pairs);

/// CPU time of the calling thread.
double CpuNs();

/// Under callgrind: `rounds` rounds of the side are counted, dumped as `label`. Elsewhere it only
/// runs them.
void CountInstructions(const std::string& label, const Side& side, uint32_t rounds);

}  // namespace cap::bench
