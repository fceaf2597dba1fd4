// A policy in Cap, an engine that holds it, and calls in JSON: what the engine's tests share.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cap/engine.h"
#include "compiler/driver/compile.h"
#include "runtime/frame/request_json.h"

namespace cap::test {

inline constexpr int64_t kNowUs = 1'772'445'600'000'000;  // 2026-03-02T10:00:00Z
inline constexpr int64_t kHourUs = 3'600'000'000;

inline std::shared_ptr<const Program> MustCompile(std::string text) {
  Compilation compiled = Compile({.path = "test.cap", .text = std::move(text)});
  for (const diag::Diagnostic& diagnostic : compiled.diagnostics) INFO(diagnostic.message);
  REQUIRE(compiled.program != nullptr);
  return compiled.program;
}

class World {
 public:
  explicit World(std::shared_ptr<const Program> program) : program_(std::move(program)) {
    engine_ = std::move(*Engine::Create());
    REQUIRE(engine_->Load(program_).has_value());
    reader_ = std::make_unique<Reader>(engine_->NewReader());
  }
  explicit World(const std::string& text) : World(MustCompile(text)) {}

  GrantSpec Spec(std::vector<Field> bound = {}) const {
    return {.policy = program_->policies.front().name,
            .subject = "agent-7",
            .purpose = {},
            .bound = std::move(bound),
            .ttl_us = kHourUs};
  }
  GrantId Mint(std::vector<Field> bound = {}) {
    const auto grant = engine_->Mint(Spec(std::move(bound)), kNowUs);
    if (!grant) MESSAGE(grant.error().message);
    REQUIRE(grant.has_value());
    return *grant;
  }
  Frame Call(std::string_view json, int64_t now_us = kNowUs,
             std::string_view subject = "agent-7") const {
    return ParseRequest(*program_, json, subject, now_us);
  }
  Decision Decide(GrantId grant, std::string_view json, int64_t now_us = kNowUs) {
    return reader_->Authorize(grant, Call(json, now_us));
  }
  DecisionCode Code(GrantId grant, std::string_view json, int64_t now_us = kNowUs) {
    return Decide(grant, json, now_us).code;
  }
  DecisionReport Report(GrantId grant, std::string_view json) {
    const Frame frame = Call(json);
    return reader_->Report(reader_->Authorize(grant, frame), grant, frame);
  }
  AgentDecisionReport AgentReport(GrantId grant, std::string_view json) {
    const Frame frame = Call(json);
    return reader_->AgentReport(reader_->Authorize(grant, frame), grant, frame);
  }
  /// The name of the capability that a decision names.
  std::string Capability(const Decision& decision) const {
    return decision.capability == kNone ? "" : program_->capabilities[decision.capability].name;
  }

  Engine& engine() { return *engine_; }
  Reader& reader() { return *reader_; }
  const Program& program() const { return *program_; }

 private:
  std::shared_ptr<const Program> program_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace cap::test

namespace cap {
inline doctest::String toString(DecisionCode code) { return std::string(NameOf(code)).c_str(); }
inline doctest::String toString(Verdict verdict) { return std::string(NameOf(verdict)).c_str(); }
}  // namespace cap
