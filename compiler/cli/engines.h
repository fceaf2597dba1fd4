// The engines that this capc was built with.
#pragma once

#include <string>
#include <vector>

#include "compiler/policytest/run.h"

namespace cap::cli {

/// Whether `--engine jit` can be had.
bool HasJit();

/// Machine code at O2 for `program`. Errors: "no-jit", those of the JIT.
Result<NativeCode> JitCode(const std::shared_ptr<const Program>& program);

/// Interpreter, and the JIT at O0 and O2 if there is one.
std::vector<policytest::EngineUnderTest> AllEngines();

}  // namespace cap::cli
