// Native code for a Program's shapes through LLVM's ORC JIT. Optional: a host that links only the
// runtime runs the interpreter. Same contract as runtime/interp, bit by bit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"

namespace cap::jit {

enum class OptLevel : uint8_t { kO0, kO2 };

struct Options {
  OptLevel level = OptLevel::kO2;
  std::string cpu;              // empty: this host's; "x86-64-v3" for reproducible counts
  uint32_t batch_shapes = 64;   // functions a module; more are cheaper to compile
};

/// Owns the machine code of all shapes of one Program, which must outlive it. Immutable after
/// Compile(), shared by threads. Destroying it frees the code: do that after a grace period.
class CompiledProgram {
 public:
  /// Compiles every shape. Errors: "jit-unavailable" (no target for this host), "jit-failed".
  /// Cost: about 0.1 ms a shape at O0, 2 ms at O2.
  static Result<std::unique_ptr<CompiledProgram>> Compile(const Program& program,
                                                          const Options& options = {});
  ~CompiledProgram();

  /// Parallel to Program::shapes.
  const std::vector<ShapeCode>& code() const;

 private:
  struct Impl;
  explicit CompiledProgram(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The LLVM IR of the Program's shapes as text, for `capc compile --emit llvm`.
Result<std::string> EmitLlvm(const Program& program, const Options& options = {});

}  // namespace cap::jit
