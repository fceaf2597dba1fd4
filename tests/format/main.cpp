// The formatter on everything there is and on random programs: what it makes formats to itself and
// is the same syntax tree with the same comments. Prints a table; exits with 1 where that does not
// hold.
#include <fmt/core.h>

#include <chrono>

#include "tests/diff/generator.h"
#include "tests/format/corpus.h"
#include "tests/format/scramble.h"
#include "tests/support/format_laws.h"
#include "tests/support/options.h"

namespace cap::test {
namespace {

struct Options {
  uint64_t seed = 20'261'127;
  uint64_t programs = 2'000;
};

class Run {
 public:
  explicit Run(const Options& options) : options_(options), random_(options.seed) {}

  int Go() {
    const auto start = std::chrono::steady_clock::now();
    Corpus();
    for (uint64_t i = 0; i < options_.programs; ++i) Program(i);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    fmt::print("seed {}, {:.0f} s\n", options_.seed, took.count());
    fmt::print("corpus            {} texts, {} of them with a syntax error, as they should\n",
               corpus_, refused_);
    fmt::print("random programs   {}, {} of them of the corpus, scrambled; {} bytes\n", programs_,
               scrambled_, bytes_);
    fmt::print("changed           {}\n", changed_);
    const uint64_t failed = failures_;
    const bool reached = programs_ == options_.programs && changed_ * 10 >= programs_ * 9;
    if (!reached) fmt::print("the run did not reach what it is for\n");
    fmt::print("{} passed, {} failed\n", corpus_ + programs_ - failed, failed);
    return failed == 0 && reached ? 0 : 1;
  }

 private:
  void Corpus() {
    for (CorpusText& each : FormatCorpus(CAPC_SOURCE_DIR)) {
      ++corpus_;
      const Formatted formatted = CheckFormat(each.text);
      if (!formatted.problem.empty()) Failed(each.name, each.text, formatted);
      if (formatted.accepted) {
        texts_.push_back(std::move(each));
      } else {
        ++refused_;
      }
    }
  }

  /// Every fifth is a text of the corpus, which has what no generator makes.
  void Program(uint64_t number) {
    std::string text;
    std::string name = fmt::format("program {}", number);
    if (number % 5 == 4) {
      const CorpusText& each = texts_[Below(random_, texts_.size())];
      text = Scramble(each.text, random_);
      name += " of " + each.name;
      ++scrambled_;
    } else {
      const uint64_t actions = 1 + Below(random_, 2);
      text = Scramble(diff::GenerateModule(random_, actions, 1).source, random_);
    }
    ++programs_;
    bytes_ += text.size();
    const Formatted formatted = CheckFormat(text);
    if (formatted.text != text) ++changed_;
    if (!formatted.accepted || !formatted.problem.empty()) Failed(name, text, formatted);
  }

  void Failed(const std::string& name, const std::string& text, const Formatted& formatted) {
    if (++failures_ > 5) return;
    fmt::print(
        "FAILED {}: {}\n--- text\n{}\n--- formatted\n{}\n", name,
        formatted.accepted || !formatted.problem.empty() ? formatted.problem : "a syntax error",
        text, formatted.text);
  }

  Options options_;
  Random random_;
  std::vector<CorpusText> texts_;
  uint64_t corpus_ = 0;
  uint64_t refused_ = 0;
  uint64_t programs_ = 0;
  uint64_t scrambled_ = 0;
  uint64_t changed_ = 0;
  uint64_t bytes_ = 0;
  uint64_t failures_ = 0;
};

}  // namespace
}  // namespace cap::test

int main(int argc, char** argv) {
  cap::test::Options options;
  const bool good = cap::test::ReadNumbers(
      argc, argv, {{"--seed", &options.seed}, {"--programs", &options.programs}});
  if (!good || options.programs == 0) return 2;
  return cap::test::Run(options).Go();
}
