#include "compiler/cli/cost.h"

#include <algorithm>
#include <map>
#include <span>

#include "runtime/program/cost.h"

namespace cap::cli {

namespace {

uint64_t Sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

std::vector<PolicyCost> CostsOf(const Program& program) {
  const std::span<const Inst> insts(program.insts);
  std::vector<uint64_t> shapes;
  for (const Shape& shape : program.shapes) {
    shapes.push_back(WorstCaseSteps(program, insts.subspan(shape.first_inst, shape.inst_count)));
  }
  const auto cost = [&](uint32_t shape) { return shape == kNone ? 0 : shapes[shape]; };
  std::vector<PolicyCost> costs;
  for (const Policy& policy : program.policies) {
    std::map<uint32_t, uint64_t> tools;
    std::map<uint32_t, uint64_t> counters;
    const auto add = [&](uint32_t action, uint32_t shape) {
      uint64_t& steps = tools[program.actions[action].tool];
      steps = Sum(steps, cost(shape));
    };
    for (const uint32_t index : policy.capabilities) {
      add(program.capabilities[index].action, program.capabilities[index].shape);
      counters[program.actions[program.capabilities[index].action].tool] +=
          program.capabilities[index].terms.size();
    }
    for (const uint32_t index : policy.limits) {
      add(program.limits[index].action, program.limits[index].shape);
      counters[program.actions[program.limits[index].action].tool] +=
          program.limits[index].terms.size();
    }
    for (const uint32_t index : policy.forbids) {
      add(program.forbids[index].action, program.forbids[index].shape);
    }
    PolicyCost& most = costs.emplace_back();
    most.policy = policy.name;
    for (const auto& [tool, count] : counters) most.counters = std::max(most.counters, count);
    if (policy.breaker.max_violations != 0) ++most.counters;
    for (auto& [tool, steps] : tools) {
      // Which of a tool's actions a call is, is asked for every call of it.
      for (const uint32_t action : program.tools[tool].actions) {
        steps = Sum(steps, cost(program.actions[action].guard));
      }
      if (steps <= most.steps) continue;
      most.steps = steps;
      most.tool = program.tools[tool].name;
    }
  }
  return costs;
}

}  // namespace cap::cli
