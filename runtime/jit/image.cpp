#include <fmt/format.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Object/ELFTypes.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/raw_ostream.h>

#include <map>

#include "runtime/jit/batches.h"
#include "runtime/jit/function.h"
#include "runtime/jit/jit.h"
#include "runtime/jit/module.h"
#include "runtime/jit/target.h"

namespace cap::jit {
namespace {

constexpr size_t kAlignment = 64;

Result<std::string> ObjectOf(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream out(bytes);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    return Fail("jit-unavailable", "the target has no object files");
  }
  passes.run(module);
  return std::string(bytes.data(), bytes.size());
}

// One section, and functions that nobody outside can replace: then the assembler knows every
// distance and leaves nothing to a linker.
void PutInOnePiece(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    function.setSection(".text");
    function.setDSOLocal(true);
  }
}

// What is loaded besides code: constants, tables for unwinding. The latter nobody reads.
bool IsForeign(const llvm::object::SectionRef& section, llvm::StringRef name) {
  // The header itself: Clang cannot compile ELFObjectFile.h with the library of GCC 12 as C++23.
  using Header = llvm::object::ELF64LE::Shdr;
  const uint64_t flags = reinterpret_cast<const Header*>(section.getRawDataRefImpl().p)->sh_flags;
  return (flags & llvm::ELF::SHF_ALLOC) != 0 && !section.isText() && section.getSize() > 0 &&
         name != ".eh_frame" && !name.starts_with(".note");
}

/// Appends the code of one object to the image and notes where its functions begin.
class Appender {
 public:
  Appender(NativeImage& image, const std::string& object) : image_(image), object_(object) {}

  Result<void> Append() {
    const llvm::MemoryBufferRef buffer({object_.data(), object_.size()}, "shapes");
    auto file = llvm::object::ObjectFile::createELFObjectFile(buffer);
    if (!file) return std::unexpected(ToError(file.takeError()));
    if (!(*file)->is64Bit() || !(*file)->isLittleEndian()) {
      return Fail("jit-unavailable", "the target has other object files");
    }
    if (auto taken = TakeCode(**file); !taken) return taken;
    return TakeSymbols(**file);
  }
  /// Where the function begins in the image; kNone if the object has none of that name.
  uint32_t Find(const std::string& name) const {
    const auto found = offsets_.find(name);
    return found == offsets_.end() ? kNone : found->second;
  }

 private:
  Result<void> TakeCode(const llvm::object::ObjectFile& file) {
    for (const llvm::object::SectionRef& section : file.sections()) {
      auto name = section.getName();
      if (!name) return std::unexpected(ToError(name.takeError()));
      if (IsForeign(section, *name)) {
        return Fail("jit-failed", fmt::format("the code needs data: {}", name->str()));
      }
      auto relocated = section.getRelocatedSection();
      if (!relocated) return std::unexpected(ToError(relocated.takeError()));
      if (*relocated != file.section_end() && (*relocated)->isText() &&
          section.relocation_begin() != section.relocation_end()) {
        return Fail("jit-failed", "the code needs relocations");
      }
      if (!section.isText() || section.getSize() == 0) continue;
      auto contents = section.getContents();
      if (!contents) return std::unexpected(ToError(contents.takeError()));
      image_.code.resize((image_.code.size() + kAlignment - 1) / kAlignment * kAlignment);
      bases_[section.getIndex()] = image_.code.size();
      image_.code.append(contents->data(), contents->size());
    }
    if (image_.code.size() >= kNone) return Fail("jit-failed", "too much code for one image");
    return {};
  }

  Result<void> TakeSymbols(const llvm::object::ObjectFile& file) {
    for (const llvm::object::SymbolRef& symbol : file.symbols()) {
      auto section = symbol.getSection();
      if (!section) return std::unexpected(ToError(section.takeError()));
      if (*section == file.section_end() || !(*section)->isText()) continue;
      auto name = symbol.getName();
      auto at = symbol.getAddress();
      if (!name) return std::unexpected(ToError(name.takeError()));
      if (!at) return std::unexpected(ToError(at.takeError()));
      offsets_[name->str()] = static_cast<uint32_t>(bases_.at((*section)->getIndex()) + *at);
    }
    return {};
  }

  NativeImage& image_;
  const std::string& object_;
  std::map<uint64_t, uint64_t> bases_;       // of sections, by index
  std::map<std::string, uint32_t> offsets_;  // of functions
};

}  // namespace

Result<NativeImage> EmitImage(const Program& program, const Options& options) {
  auto target = TargetFor(options);
  if (!target) return std::unexpected(target.error());
  auto machine = MachineFor(*target);
  if (!machine) return std::unexpected(machine.error());
  NativeImage image;
  image.shapes.resize(program.shapes.size());
  auto done = ForBatches(program, options, [&](uint32_t begin, uint32_t end) -> Result<void> {
    llvm::LLVMContext context;
    auto module = BuildModule(context, program, begin, end, options, **machine);
    if (!module) return std::unexpected(module.error());
    PutInOnePiece(**module);
    const auto object = ObjectOf(**module, **machine);
    if (!object) return std::unexpected(object.error());
    Appender appender(image, *object);
    if (auto appended = appender.Append(); !appended) return appended;
    for (uint32_t shape = begin; shape < end; ++shape) {
      image.shapes[shape] = {appender.Find(SymbolOf("admit", shape)),
                             appender.Find(SymbolOf("explain", shape)),
                             appender.Find(SymbolOf("predicate", shape))};
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return image;
}

}  // namespace cap::jit
