#include "runtime/program/cost.h"

#include <array>

#include "runtime/base/limits.h"

namespace cap {
namespace {

uint64_t Saturating(unsigned __int128 value) {
  return value > UINT64_MAX ? UINT64_MAX : static_cast<uint64_t>(value);
}

}  // namespace

uint64_t WorstCaseSteps(const Program& program, std::span<const Inst> insts) {
  struct Body {
    size_t end = 0;
    uint64_t times = 1;  // that everything inside may run
  };
  std::array<Body, limits::kQuantifierDepth + 1> open;
  size_t depth = 0;
  open[0] = {insts.size(), 1};
  uint64_t steps = 0;
  for (size_t at = 0; at < insts.size(); ++at) {
    while (depth > 0 && at >= open[depth].end) --depth;
    const Inst& inst = insts[at];
    steps = Saturating(static_cast<unsigned __int128>(steps) + open[depth].times);
    if (!HasBody(inst.op)) continue;
    if (depth == limits::kQuantifierDepth) return UINT64_MAX;
    const uint32_t declared = program.types[insts[inst.a].type].max;
    const uint64_t most = declared != 0 ? declared : limits::kElements;
    const uint64_t times = Saturating(static_cast<unsigned __int128>(open[depth].times) * most);
    open[++depth] = {at + 1 + inst.b, times};
  }
  return steps;
}

}  // namespace cap
