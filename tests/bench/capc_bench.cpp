// Benchmarks of goals G1 to G3, G5, G6, G11 and G12. README.md beside this file has the protocol.
//   capc_bench g1|g2|g3 [--pairs N] [--json] [--shape NAME] [--requests N]
//   capc_bench patterns [--pairs N]  regular expressions alone, beside RE2
//   capc_bench g5 [--pairs N]     one thread and two
//   capc_bench g6|g5-limits [--pairs N]  whole decisions with limits
//   capc_bench g11                memory of 1,000,000 records
//   capc_bench latency            a reader's percentiles while others add, revoke and swap
//   capc_bench smoke              agreement only
//   capc_bench count-g1|count-g2|count-g6|count-g12  under callgrind: instructions.sh
// Exit status: 0 goals met and controls fail · 1 engines disagree or misuse · 4 a goal is missed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/bench/changes.h"
#include "tests/bench/decisions.h"
#include "tests/bench/limits.h"
#include "tests/bench/patterns.h"
#include "tests/bench/predicates.h"

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  cap::bench::RunOptions options;
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      options.json = true;
    } else if (argument == "--pairs" && i + 1 < argc) {
      options.pairs = static_cast<uint32_t>(std::max(3, std::atoi(argv[++i])));
    } else if (argument == "--requests" && i + 1 < argc) {
      options.requests = static_cast<uint32_t>(std::clamp(std::atoi(argv[++i]), 1, 4096));
    } else if (argument == "--shape" && i + 1 < argc) {
      options.only = argv[++i];
    } else {
      std::fprintf(stderr, "capc_bench: no such option: %s\n", argv[i]);
      return 1;
    }
  }
  if (mode == "g1") return cap::bench::RunPredicates(options);
  if (mode == "g2") return cap::bench::RunDecisions(options);
  if (mode == "g3") return cap::bench::RunGrowth(options);
  if (mode == "patterns") return cap::bench::RunPatterns(options);
  if (mode == "g5") return cap::bench::RunThreads(options);
  if (mode == "g5-limits") return cap::bench::RunLimitThreads(options);
  if (mode == "g6") return cap::bench::RunLimits(options);
  if (mode == "g11") return cap::bench::RunMemory();
  if (mode == "latency") return cap::bench::RunLatency();
  if (mode == "count-g12") return cap::bench::CountChanges();
  if (mode == "count-g1") return cap::bench::CountPredicates(options);
  if (mode == "count-g2") return cap::bench::CountDecisions();
  if (mode == "count-g6") return cap::bench::CountLimits();
  if (mode == "smoke") return cap::bench::SmokePredicates() + cap::bench::SmokeDecisions();
  std::fprintf(stderr,
               "usage: capc_bench g1|g2|g3|patterns|g5|g5-limits|g6|g11|latency|count-g1|count-g2|"
               "count-g6|count-g12|smoke [--pairs N] [--json] [--shape NAME] [--requests N]\n");
  return 1;
}
