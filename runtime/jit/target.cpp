#include "runtime/jit/target.h"

#include <fmt/format.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>

#include <mutex>

namespace cap::jit {
namespace {

void InitialiseOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

void InitialiseAllOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
  });
}

Result<llvm::orc::JITTargetMachineBuilder> Builder(const std::string& triple) {
  if (!triple.empty()) {
    InitialiseAllOnce();
    llvm::orc::JITTargetMachineBuilder builder{llvm::Triple(llvm::Triple::normalize(triple))};
    // Code that runs anywhere: every distance within it is known, and on AArch64 a tiny one, since
    // larger ones are counted in pages and depend on where the code is put.
    builder.setRelocationModel(llvm::Reloc::PIC_);
    builder.setCodeModel(builder.getTargetTriple().isAArch64() ? llvm::CodeModel::Tiny
                                                               : llvm::CodeModel::Small);
    return builder;
  }
  InitialiseOnce();
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host) return Fail("jit-unavailable", llvm::toString(host.takeError()));
  return std::move(*host);
}

// LLVM only warns of a CPU that it does not know, and then makes code for another one.
bool KnowsCpu(const llvm::orc::JITTargetMachineBuilder& builder, const std::string& cpu) {
  std::string error;
  const std::string& triple = builder.getTargetTriple().str();
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) return false;
  const std::unique_ptr<llvm::MCSubtargetInfo> info(target->createMCSubtargetInfo(triple, "", ""));
  return info != nullptr && info->isCPUStringValid(cpu);
}

}  // namespace

Error ToError(llvm::Error error) { return {"jit-failed", llvm::toString(std::move(error))}; }

Result<llvm::orc::JITTargetMachineBuilder> TargetFor(const Options& options) {
  auto builder = Builder(options.triple);
  if (!builder) return builder;
  if (!options.cpu.empty()) {
    if (!KnowsCpu(*builder, options.cpu)) {
      return Fail("jit-unavailable",
                  fmt::format("the target knows no CPU '{}'; leave it empty for its own",
                              options.cpu));
    }
    builder->setCPU(options.cpu);
    builder->getFeatures() = llvm::SubtargetFeatures();
  }
  builder->setCodeGenOptLevel(options.level == OptLevel::kO0 ? llvm::CodeGenOptLevel::None
                                                             : llvm::CodeGenOptLevel::Default);
  return std::move(*builder);
}

}  // namespace cap::jit
