// Runs kept inputs through the fuzz targets without libFuzzer.
//
// usage: fuzz_replay ROOT        ROOT/TARGET/* is run through TARGET, for every target
//        fuzz_replay FILE TARGET one input
//
// A crash ends the process and names the input before; an input that takes too long fails.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

constexpr double kSlowS = 10;  // of one input; a sanitizer build is some ten times as slow

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether it was quick enough.
bool RunOne(const Target& target, const std::filesystem::path& path) {
  const std::string input = Read(path);
  // Said before it runs, so that a crash has a name.
  std::fprintf(stderr, "%s %s\n", target.name, path.c_str());
  const auto start = std::chrono::steady_clock::now();
  target.run(input);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (took.count() < kSlowS) return true;
  std::printf("FAILED: %s took %.1f s\n", path.c_str(), took.count());
  return false;
}

int RunAll(const std::filesystem::path& root) {
  size_t passed = 0;
  size_t failed = 0;
  for (const Target& target : Targets()) {
    size_t inputs = 0;
    const std::filesystem::path folder = root / target.name;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      ++(RunOne(target, entry.path()) ? passed : failed);
      ++inputs;
    }
    std::printf("%-8s %zu inputs\n", target.name, inputs);
    if (inputs == 0) ++failed;  // a corpus that has moved is not a corpus that passes
  }
  std::printf("%zu passed, %zu failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cap::fuzz

int main(int argc, char** argv) {
  if (argc == 2) return cap::fuzz::RunAll(argv[1]);
  if (argc == 3) {
    for (const cap::fuzz::Target& target : cap::fuzz::Targets()) {
      if (target.name == std::string_view(argv[2])) {
        return cap::fuzz::RunOne(target, argv[1]) ? 0 : 1;
      }
    }
  }
  std::fprintf(stderr, "usage: %s ROOT | FILE TARGET\n", argv[0]);
  return 2;
}
