// A Program's shapes, some at a time, and the machine that they are compiled for.
#pragma once

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <memory>

#include "runtime/jit/jit.h"

namespace cap::jit {

/// Calls `batch(begin, end)` until one fails.
template <typename Batch>
Result<void> ForBatches(const Program& program, const Options& options, Batch batch) {
  const uint32_t size = std::max(options.batch_shapes, 1u);
  const auto count = static_cast<uint32_t>(program.shapes.size());
  for (uint32_t begin = 0; begin < count; begin += std::min(size, count - begin)) {
    if (auto done = batch(begin, begin + std::min(size, count - begin)); !done) return done;
  }
  return {};
}

inline Result<std::unique_ptr<llvm::TargetMachine>> MachineFor(
    llvm::orc::JITTargetMachineBuilder& target) {
  auto machine = target.createTargetMachine();
  if (!machine) return Fail("jit-unavailable", llvm::toString(machine.takeError()));
  return std::move(*machine);
}

}  // namespace cap::jit
