// Writes modules to standard output (record.h): random ones of the differential run and the `.capt`
// files that are named, each with its machine code for another machine and the answers of this
// one's interpreter.
//
// usage: aarch64_export --triple T [--seed N] [--requests N] [--mutant OP] [FILE.capt]...
//   --mutant OP   makes the machine code of one opcode (its number) wrong, so that the player must
//   fail
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "runtime/jit/jit.h"
#include "runtime/program/bundle.h"
#include "tests/aarch64/answers.h"
#include "tests/aarch64/corpus.h"
#include "tests/diff/differ.h"
#include "tests/diff/generator.h"

namespace cap::cross {
namespace {

struct ExportOptions {
  std::string triple;
  uint64_t seed = 20'261'121;
  uint64_t requests = 100'000;
  uint16_t mutant = jit::kNoMutant;
  std::vector<std::string> files;
};

bool ReadOptions(int argc, char** argv, ExportOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) {
      options.files.emplace_back(name);
      continue;
    }
    if (++i == argc) return false;
    if (name == "--triple") {
      options.triple = argv[i];
    } else if (name == "--seed") {
      options.seed = std::strtoull(argv[i], nullptr, 10);
    } else if (name == "--requests") {
      options.requests = std::strtoull(argv[i], nullptr, 10);
    } else if (name == "--mutant") {
      options.mutant = static_cast<uint16_t>(std::strtoul(argv[i], nullptr, 10));
    } else {
      return false;
    }
  }
  return !options.triple.empty();
}

void Write(const void* bytes, size_t size) {
  if (std::fwrite(bytes, 1, size, stdout) != size) throw std::runtime_error("the stream broke off");
}

class Exporter {
 public:
  explicit Exporter(const ExportOptions& options) : options_(options) {}

  void Run() {
    for (const std::string& file : options_.files) {
      ForEachCase(file, [this](Module module, const std::shared_ptr<const Program>& program) {
        Finish(std::move(module), program);
      });
    }
    test::Random random(options_.seed);
    std::map<std::string, uint64_t> refused;
    const uint64_t corpus = calls_;
    while (calls_ - corpus < options_.requests) RandomModule(random, refused);
    const uint64_t end = 0;
    Write(&end, sizeof end);
    fmt::print(stderr, "exported {} calls, {} of them of the corpus; {} bytes of code\n", calls_,
               corpus, code_bytes_);
  }

 private:
  static constexpr size_t kActions = 16;
  static constexpr size_t kPolicies = 64;
  static constexpr size_t kRequests = 60;  // a policy, about

  void RandomModule(test::Random& random, std::map<std::string, uint64_t>& refused) {
    const diff::Subject subject =
        diff::MakeSubject(diff::GenerateModule(random, kActions, kPolicies), refused);
    if (!subject.problems.empty()) throw std::runtime_error(subject.problems[0]);
    Module module;
    module.name = fmt::format("random module {}", modules_);
    std::map<std::pair<std::string, size_t>, uint32_t> numbers;  // of grants
    diff::Differ differ(kRequests, random);
    differ.on_case = [&](const diff::Case& at) {
      const auto [found, fresh] = numbers.try_emplace({at.policy.name, at.grant_number},
                                                      static_cast<uint32_t>(numbers.size()));
      if (fresh) module.grants.push_back(GrantOf(subject, at));
      const diff::ActionModel& action = subject.module.actions[at.policy.action];
      Call call = Keep(diff::InputsOf(at.frame.tool(), action, at.request));
      call.grant = found->second;
      module.calls.push_back(std::move(call));
    };
    differ.Run(subject, {}, nullptr);
    if (differ.totals.disagreements != 0) throw std::runtime_error(differ.totals.examples[0]);
    Finish(std::move(module), subject.program);
  }

  static Grant GrantOf(const diff::Subject& subject, const diff::Case& at) {
    Grant grant;
    grant.policy = at.policy.name;
    grant.subject = std::string(diff::kSubject);
    grant.ttl_us = 1'000'000'000'000'000;
    grant.minted_us = diff::kNowUs - 1'000'000'000;
    const Program& program = *subject.program;
    for (const uint32_t bound : program.policies[diff::FindPolicy(program, at.policy.name)].bound) {
      const std::string& name = program.bound[bound].name;
      for (size_t i = 0; i < diff::BoundFields().size(); ++i) {
        if (diff::BoundFields()[i].name == name) grant.bound.push_back({name, at.grant.bound[i]});
      }
    }
    return grant;
  }

  /// Adds bundle, machine code and answers, and sends it.
  void Finish(Module module, const std::shared_ptr<const Program>& program) {
    module.bundle = WriteBundle(*program);
    for (const jit::OptLevel level : {jit::OptLevel::kO0, jit::OptLevel::kO2}) {
      AddImage(module, *program, level);
    }
    Runner runner(program, {}, module.grants);
    for (Call& call : module.calls) {
      call.answer = runner.Ask(module.grants[call.grant], call.grant, call);
    }
    codec::Writer writer;
    writer(module);
    const uint64_t size = writer.bytes().size();
    Write(&size, sizeof size);
    Write(writer.bytes().data(), size);
    ++modules_;
    calls_ += module.calls.size();
  }

  void AddImage(Module& module, const Program& program, jit::OptLevel level) {
    jit::Options options;
    options.level = level;
    options.triple = options_.triple;
    options.mutant_op = options_.mutant;
    auto made = jit::EmitImage(program, options);
    if (!made) throw std::runtime_error(module.name + ": " + made.error().message);
    Image image;
    image.level = level == jit::OptLevel::kO0 ? "O0" : "O2";
    image.code = std::move(made->code);
    for (const jit::NativeImage::Entry& entry : made->shapes) {
      image.offsets.insert(image.offsets.end(), {entry.admit, entry.explain, entry.predicate});
    }
    code_bytes_ += image.code.size();
    module.images.push_back(std::move(image));
  }

  const ExportOptions& options_;
  uint64_t modules_ = 0;
  uint64_t calls_ = 0;
  uint64_t code_bytes_ = 0;
};

}  // namespace
}  // namespace cap::cross

int main(int argc, char** argv) {
  cap::cross::ExportOptions options;
  if (!cap::cross::ReadOptions(argc, argv, options)) {
    fmt::print(stderr, "usage: {} --triple T [--seed N] [--requests N] [--mutant OP] [FILE]...\n",
               argv[0]);
    return 2;
  }
  try {
    cap::cross::Exporter(options).Run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
