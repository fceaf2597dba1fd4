// Requests of the benchmarks, drawn with a fixed seed from lists of values in JSON:
//   { "bound": {name: value}, "arguments": {name: [[good …], [bad …]]},
//     "facts": {name: {"key": [argument …], "fields": {name: [[good …], [bad …]]}}},
//     "live": {name: [[good …], [bad …]]} }
// A null leaves the value out. One field of a request is bad, or one fact or live value is missing,
// in `bad_share` of the requests.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runtime/frame/frame.h"
#include "runtime/program/program.h"
#include "runtime/value/arena.h"

namespace cap::bench {

inline constexpr int64_t kNow = 1'780'315'200'000'000;  // 2026-06-01T12:00:00Z
inline constexpr const char* kSubject = "agent-7";

class RequestSource {
 public:
  RequestSource(const Program& program, uint32_t tool, const nlohmann::json& values, uint64_t seed);
  ~RequestSource();

  /// One request. Its header is null when the call came out malformed: draw again.
  Frame Draw(double bad_share);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A value of `type`; `currency`: of money whose currency stands beside it. Exits on a misfit.
Value ValueFrom(const Program& program, TypeIndex type, const nlohmann::json& json,
                uint32_t currency = 0);

/// The slots of constants, in order. `bound`: values of `context bound` by name.
std::vector<Slot> EncodeConstants(const Program& program, const std::vector<ConstSource>& sources,
                                  const std::vector<TypeIndex>& types, const nlohmann::json& bound,
                                  Arena& arena);

/// Says what is wrong and ends the program with status 1: a benchmark has nobody to report to.
[[noreturn]] void Die(const std::string& message);

std::string ReadText(const std::string& path);
std::shared_ptr<const Program> CompileFile(const std::string& path);

}  // namespace cap::bench
