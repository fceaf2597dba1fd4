#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include "runtime/jit/batches.h"
#include "runtime/jit/function.h"
#include "runtime/jit/jit.h"
#include "runtime/jit/module.h"
#include "runtime/jit/target.h"

namespace cap::jit {
namespace {

namespace orc = llvm::orc;

uint32_t ShapeCount(const Program& program) { return static_cast<uint32_t>(program.shapes.size()); }

Result<void> AddModules(orc::LLJIT& jit, llvm::TargetMachine& machine, const Program& program,
                        const Options& options) {
  return ForBatches(program, options, [&](uint32_t begin, uint32_t end) -> Result<void> {
    auto context = std::make_unique<llvm::LLVMContext>();
    auto module = BuildModule(*context, program, begin, end, options, machine);
    if (!module) return std::unexpected(module.error());
    if (auto error =
            jit.addIRModule(orc::ThreadSafeModule(std::move(*module), std::move(context)))) {
      return std::unexpected(ToError(std::move(error)));
    }
    return {};
  });
}

// Every function of every shape, in one look-up: this is what makes the machine code.
Result<std::vector<ShapeCode>> FindCode(orc::LLJIT& jit, const Program& program) {
  auto name = [&](const char* role, uint32_t shape) {
    return jit.mangleAndIntern(SymbolOf(role, shape));
  };
  orc::SymbolLookupSet wanted;
  for (uint32_t s = 0; s < ShapeCount(program); ++s) {
    if (program.shapes[s].kind == ShapeKind::kCapability) {
      wanted.add(name("admit", s));
      wanted.add(name("explain", s));
    } else {
      wanted.add(name("predicate", s));
    }
  }
  auto found = jit.getExecutionSession().lookup(
      orc::makeJITDylibSearchOrder(&jit.getMainJITDylib()), std::move(wanted));
  if (!found) return std::unexpected(ToError(found.takeError()));
  std::vector<ShapeCode> code(program.shapes.size());
  for (uint32_t s = 0; s < ShapeCount(program); ++s) {
    if (program.shapes[s].kind == ShapeKind::kCapability) {
      code[s].admit = (*found)[name("admit", s)].getAddress().toPtr<AdmitFn>();
      code[s].explain = (*found)[name("explain", s)].getAddress().toPtr<ExplainFn>();
    } else {
      code[s].predicate = (*found)[name("predicate", s)].getAddress().toPtr<PredicateFn>();
    }
  }
  return code;
}

}  // namespace

struct CompiledProgram::Impl {
  std::unique_ptr<orc::LLJIT> jit;  // owns the memory of the code
  std::vector<ShapeCode> code;
};

CompiledProgram::CompiledProgram(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CompiledProgram::~CompiledProgram() = default;

const std::vector<ShapeCode>& CompiledProgram::code() const { return impl_->code; }

Result<std::unique_ptr<CompiledProgram>> CompiledProgram::Compile(const Program& program,
                                                                  const Options& options) {
  auto target = TargetFor(options);
  if (!target) return std::unexpected(target.error());
  auto machine = MachineFor(*target);
  if (!machine) return std::unexpected(machine.error());
  auto jit = orc::LLJITBuilder().setJITTargetMachineBuilder(*target).create();
  if (!jit) return Fail("jit-unavailable", llvm::toString(jit.takeError()));
  if (auto added = AddModules(**jit, **machine, program, options); !added) {
    return std::unexpected(added.error());
  }
  auto code = FindCode(**jit, program);
  if (!code) return std::unexpected(code.error());
  auto impl = std::make_unique<Impl>();
  impl->jit = std::move(*jit);
  impl->code = std::move(*code);
  return std::unique_ptr<CompiledProgram>(new CompiledProgram(std::move(impl)));
}

Result<std::string> EmitLlvm(const Program& program, const Options& options) {
  auto target = TargetFor(options);
  if (!target) return std::unexpected(target.error());
  auto machine = MachineFor(*target);
  if (!machine) return std::unexpected(machine.error());
  std::string text;
  llvm::raw_string_ostream out(text);
  auto done = ForBatches(program, options, [&](uint32_t begin, uint32_t end) -> Result<void> {
    llvm::LLVMContext context;
    auto module = BuildModule(context, program, begin, end, options, **machine);
    if (!module) return std::unexpected(module.error());
    (*module)->print(out, nullptr);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out.str();
}

}  // namespace cap::jit
