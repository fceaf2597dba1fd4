#include "tests/bench/meter.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <vector>

#include <valgrind/callgrind.h>

namespace cap::bench {

// Of this thread, so that what else runs on the machine does not count as time of ours.
double CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

namespace {

constexpr double kBlockNs = 10e6;

volatile uint64_t g_sink;

double NsOf(const Side& side, uint32_t rounds) {
  const double begin = CpuNs();
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rounds; ++i) sum += side.round();
  const double end = CpuNs();
  g_sink = sum;
  return end - begin;
}

uint32_t RoundsOfABlock(const Side& side) {
  NsOf(side, 2);
  uint32_t rounds = 1;
  double ns = NsOf(side, rounds);
  while (ns < kBlockNs / 4) {
    rounds *= 2;
    ns = NsOf(side, rounds);
  }
  return std::max(1u, static_cast<uint32_t>(kBlockNs / (ns / rounds)));
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

}  // namespace

Comparison Compare(const Side& a, const Side& b, size_t requests, uint32_t pairs) {
  const uint32_t a_rounds = RoundsOfABlock(a);
  const uint32_t b_rounds = RoundsOfABlock(b);
  std::vector<double> ratios, a_ns, b_ns;
  for (uint32_t i = 0; i < pairs; ++i) {
    double at = NsOf(a, a_rounds);
    double bt = NsOf(b, b_rounds);
    bt += NsOf(b, b_rounds);
    at += NsOf(a, a_rounds);
    a_ns.push_back(at / (2.0 * a_rounds * static_cast<double>(requests)));
    b_ns.push_back(bt / (2.0 * b_rounds * static_cast<double>(requests)));
    ratios.push_back(a_ns.back() / b_ns.back());
  }
  std::sort(ratios.begin(), ratios.end());
  // Order statistics that hold the median with 95 %: the binomial's normal approximation.
  const double n = pairs;
  const auto reach = static_cast<size_t>(std::ceil(0.98 * std::sqrt(n)));
  const size_t middle = (ratios.size() - 1) / 2;
  const size_t low = middle > reach ? middle - reach : 0;
  const size_t high = std::min(ratios.size() - 1, ratios.size() / 2 + reach);
  return {MedianOf(a_ns), MedianOf(b_ns), MedianOf(ratios), ratios[low], ratios[high]};
}

void CountInstructions(const std::string& label, const Side& side, uint32_t rounds) {
  g_sink = side.round();  // lazy binding and first touches are no part of it
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rounds; ++i) sum += side.round();
  CALLGRIND_DUMP_STATS_AT(label.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
  g_sink = sum;
}

}  // namespace cap::bench
