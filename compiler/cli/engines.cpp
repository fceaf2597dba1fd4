#include "compiler/cli/engines.h"

#ifdef CAPC_HAS_JIT
#include "runtime/jit/jit.h"
#endif

namespace cap::cli {

#ifdef CAPC_HAS_JIT

namespace {

Result<NativeCode> Native(const std::shared_ptr<const Program>& program, jit::OptLevel level) {
  jit::Options options;
  options.level = level;
  Result<std::unique_ptr<jit::CompiledProgram>> compiled =
      jit::CompiledProgram::Compile(*program, options);
  if (!compiled.has_value()) return std::unexpected(compiled.error());
  // The code reads the Program, so both live as long as somebody runs it.
  struct Owned {
    std::shared_ptr<const Program> program;
    std::unique_ptr<jit::CompiledProgram> code;
  };
  auto owned = std::make_shared<Owned>(program, std::move(*compiled));
  return NativeCode{owned->code->code(), owned};
}

}  // namespace

bool HasJit() { return true; }

Result<NativeCode> JitCode(const std::shared_ptr<const Program>& program) {
  return Native(program, jit::OptLevel::kO2);
}

std::vector<policytest::EngineUnderTest> AllEngines() {
  using ProgramPtr = std::shared_ptr<const Program>;
  return {
      {"interp", [](const ProgramPtr&) { return Result<NativeCode>(NativeCode{}); }},
      {"jit-O0", [](const ProgramPtr& program) { return Native(program, jit::OptLevel::kO0); }},
      {"jit-O2", [](const ProgramPtr& program) { return Native(program, jit::OptLevel::kO2); }},
  };
}

#else

bool HasJit() { return false; }

Result<NativeCode> JitCode(const std::shared_ptr<const Program>&) {
  return Fail("no-jit", "this capc was built without the JIT; use --engine interp");
}

std::vector<policytest::EngineUnderTest> AllEngines() {
  return {{"interp",
           [](const std::shared_ptr<const Program>&) { return Result<NativeCode>(NativeCode{}); }}};
}

#endif

}  // namespace cap::cli
