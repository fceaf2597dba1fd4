// The machine that code is made for.
#pragma once

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>

#include <memory>

#include "runtime/jit/jit.h"

namespace cap::jit {

/// This host, or the machine of `options.triple`, with the CPU and the level of `options`. Errors:
/// "jit-unavailable". Thread-safe.
Result<llvm::orc::JITTargetMachineBuilder> TargetFor(const Options& options);

/// An LLVM error as ours, "jit-failed".
Error ToError(llvm::Error error);

}  // namespace cap::jit
