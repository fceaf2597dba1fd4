// A fuzz target: one function that takes any bytes. What it finds wrong it reports with Fail(),
// which aborts; a sanitizer, a hang and an uncaught exception are findings as well. The same
// targets are linked into one libFuzzer executable each (clang), and into the replay of kept inputs
// (any compiler).
#pragma once

#include <string_view>
#include <vector>

namespace cap::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
};

/// The targets linked into this executable.
std::vector<Target>& Targets();

struct Registration {
  Registration(const char* name, void (*run)(std::string_view)) {
    Targets().push_back({name, run});
  }
};

/// Prints `what`, with `detail` cut, and aborts.
[[noreturn]] void Fail(std::string_view what, std::string_view detail = {});

inline void Require(bool condition, std::string_view what, std::string_view detail = {}) {
  if (!condition) Fail(what, detail);
}

/// Fails unless `text` is strict JSON; what is longer than the reader takes is not looked at.
void RequireJson(std::string_view text, std::string_view what);

}  // namespace cap::fuzz

#define CAPC_FUZZ_TARGET(name)                                                   \
  static void Run_##name(std::string_view input);                                \
  static const ::cap::fuzz::Registration registration_##name(#name, Run_##name); \
  static void Run_##name(std::string_view input)
