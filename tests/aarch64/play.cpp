// Reads modules from standard input (record.h), runs every call in this machine's interpreter and
// in the machine code that came along, and compares with what the exporter's interpreter answered.
#include <fmt/core.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "runtime/program/bundle.h"
#include "tests/aarch64/answers.h"

namespace cap::cross {
namespace {

bool ReadAll(void* into, size_t size) { return std::fread(into, 1, size, stdin) == size; }

/// The image where it can run.
class Mapped {
 public:
  explicit Mapped(const std::string& code) : size_(code.size() + 1) {
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("mmap");
    std::memcpy(memory_, code.data(), code.size());
    auto* begin = static_cast<char*>(memory_);
    __builtin___clear_cache(begin, begin + size_);
    if (mprotect(memory_, size_, PROT_READ | PROT_EXEC) != 0) throw std::runtime_error("mprotect");
  }
  ~Mapped() { munmap(memory_, size_); }
  Mapped(const Mapped&) = delete;

  template <typename Function>
  Function At(uint32_t offset) const {
    if (offset == kNone) return nullptr;
    return reinterpret_cast<Function>(static_cast<char*>(memory_) + offset);
  }

 private:
  size_t size_;
  void* memory_;
};

std::vector<ShapeCode> CodeOf(const Mapped& memory, const Image& image) {
  std::vector<ShapeCode> code(image.offsets.size() / 3);
  for (size_t i = 0; i < code.size(); ++i) {
    code[i].admit = memory.At<AdmitFn>(image.offsets[i * 3]);
    code[i].explain = memory.At<ExplainFn>(image.offsets[i * 3 + 1]);
    code[i].predicate = memory.At<PredicateFn>(image.offsets[i * 3 + 2]);
  }
  return code;
}

struct Totals {
  uint64_t modules = 0;
  uint64_t calls = 0;
  uint64_t results = 0;  // of shapes
  uint64_t permits = 0;
  uint64_t passed = 0;  // answers, of every way to run
  uint64_t failed = 0;
};

std::string Difference(const Answer& expected, const Answer& own) {
  if (expected.digest != own.digest) return "the call's digest";
  if (expected.results != own.results) {
    for (size_t i = 0; i < expected.results.size() && i < own.results.size(); ++i) {
      if (expected.results[i] == own.results[i]) continue;
      return fmt::format("result {}: {:#x}, here {:#x}", i, expected.results[i], own.results[i]);
    }
    return "the number of results";
  }
  if (expected.decision != own.decision) return "the decision";
  return expected.report != own.report ? "the report" : "";
}

void Play(const Module& module, Totals& totals) {
  const auto program = ReadBundle(module.bundle);
  if (!program) throw std::runtime_error(module.name + ": " + program.error().message);
  std::vector<std::unique_ptr<Mapped>> mapped;
  std::vector<std::pair<std::string, std::unique_ptr<Runner>>> runners;
  runners.emplace_back("interpreter",
                       std::make_unique<Runner>(*program, std::vector<ShapeCode>{}, module.grants));
  for (const Image& image : module.images) {
    mapped.push_back(std::make_unique<Mapped>(image.code));
    runners.emplace_back(
        "native " + image.level,
        std::make_unique<Runner>(*program, CodeOf(*mapped.back(), image), module.grants));
  }
  ++totals.modules;
  for (const Call& call : module.calls) {
    ++totals.calls;
    totals.results += call.answer.results.size();
    Decision expected;
    std::memcpy(&expected, call.answer.decision.data(), sizeof expected);
    totals.permits += expected.permitted();
    for (const auto& [name, runner] : runners) {
      std::string report;
      const Answer own = runner->Ask(module.grants[call.grant], call.grant, call, &report);
      const std::string difference = Difference(call.answer, own);
      ++(difference.empty() ? totals.passed : totals.failed);
      if (difference.empty() || totals.failed > 10) continue;
      fmt::print("FAILED: {}, call {}, {}: {}\n  {}\n", module.name, totals.calls, name, difference,
                 report);
    }
  }
}

int PlayAll() {
  Totals totals;
  uint64_t size = 0;
  while (ReadAll(&size, sizeof size) && size != 0) {
    std::string bytes(size, '\0');
    if (!ReadAll(bytes.data(), size)) break;
    Module module;
    codec::Reader reader(bytes);
    reader(module);
    if (!reader.ok() || !reader.at_end()) throw std::runtime_error("the stream is damaged");
    Play(module, totals);
    fmt::print(stderr, "  {} modules, {} calls\n", totals.modules, totals.calls);
    size = 1;  // what is read next says whether it is the end
  }
  fmt::print("{} modules, {} calls ({} permitted), {} results of shapes; interpreter and {}\n",
             totals.modules, totals.calls, totals.permits, totals.results,
             "the native code that came along");
  if (size != 0) {
    fmt::print("FAILED: the stream has no end\n");
    ++totals.failed;
  }
  fmt::print("{} passed, {} failed\n", totals.passed, totals.failed);
  return totals.failed == 0 && totals.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace cap::cross

int main() {
  try {
    return cap::cross::PlayAll();
  } catch (const std::exception& error) {
    fmt::print("FAILED: {}\n0 passed, 1 failed\n", error.what());
    return 1;
  }
}
