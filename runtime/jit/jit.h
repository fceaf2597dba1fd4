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

/// How often the code of an opcode ran: [op][0 true or value, 1 false, 2 fault]. Code that lazy
/// evaluation never reaches does not count.
struct OpCounters {
  uint64_t seen[kOpCount][3] = {};
};

inline constexpr uint16_t kNoMutant = 0xFFFF;

struct Options {
  OptLevel level = OptLevel::kO2;
  std::string cpu;             // empty: this host's; "x86-64-v3" for reproducible counts
  std::string triple = {};     // empty: this host; for EmitImage(): "aarch64-linux-gnu"
  uint32_t batch_shapes = 64;  // shapes a module; more are cheaper to compile

  // --- for tests of the lowering; never set by an engine ---
  /// Not null: the code counts into it. It must outlive the code, which then is not thread-safe.
  OpCounters* counters = nullptr;
  /// An Op whose result is made wrong on purpose (rails swapped, values altered), so that a test
  /// can show that such a mistake is noticed.
  uint16_t mutant_op = kNoMutant;
};

/// Owns the machine code of all shapes of one Program. Immutable after Compile(), shared by
/// threads. Destroying it frees the code: do that after a grace period.
class CompiledProgram {
 public:
  /// Compiles every shape of a verified Program. Errors: "jit-unavailable" (no target for this
  /// host, or a CPU it does not know), "jit-failed" (LLVM refused; the message says why). The
  /// Program is not kept. Thread-safe. Cost: 3 ms, and about 1 ms a shape at O0, 10 ms at O2.
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

/// Machine code that runs wherever its bytes are put, 64-byte aligned and executable: it has no
/// data of its own and nothing to relocate.
struct NativeImage {
  struct Entry {  // where the functions of a shape begin; kNone where it has none
    uint32_t admit = kNone;
    uint32_t explain = kNone;
    uint32_t predicate = kNone;
  };
  std::string code;
  std::vector<Entry> shapes;  // parallel to Program::shapes
};

/// Compiles every shape of a verified Program for `options.triple`, which may be another machine,
/// and its CPU `options.cpu` (empty: the least that the machine has). Errors, cost and thread
/// safety as for Compile(); "jit-failed" also where the code would need relocations.
Result<NativeImage> EmitImage(const Program& program, const Options& options);

/// The LLVM IR of the Program's shapes as text, after the passes of options.level, for
/// `capc compile --emit llvm`. Errors and thread safety as for Compile().
Result<std::string> EmitLlvm(const Program& program, const Options& options = {});

}  // namespace cap::jit
