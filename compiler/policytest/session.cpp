#include "compiler/policytest/session.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/frame/request_json.h"

namespace cap::policytest {

namespace {

constexpr int64_t kHourUs = 3'600'000'000;

/// All of a report but its id, which is random.
std::string Comparable(DecisionReport report) {
  report.id.clear();
  return ToJson(report);
}

}  // namespace

Result<Session> Session::Open(std::shared_ptr<const Program> program, const GrantSpec& grant,
                              int64_t now_us, const std::vector<EngineUnderTest>& engines) {
  Session session;
  session.program_ = program;
  session.subject_ = grant.subject;
  for (const EngineUnderTest& under_test : engines) {
    Result<std::unique_ptr<Engine>> engine = Engine::Create(
        {.hash_seed = {}, .obligations = ObligationNames(*program)});
    if (!engine.has_value()) return std::unexpected(engine.error());
    Result<NativeCode> native = under_test.compile(program);
    if (!native.has_value()) return std::unexpected(native.error());
    const Result<LoadReport> loaded = (*engine)->Load(program, std::move(*native));
    if (!loaded.has_value()) return std::unexpected(loaded.error());
    const Result<GrantId> minted = (*engine)->Mint(grant, now_us);
    if (!minted.has_value()) return std::unexpected(minted.error());
    auto reader = std::make_unique<Reader>((*engine)->NewReader());
    session.running_.push_back({under_test.name, std::move(*engine), std::move(reader), *minted});
  }
  return session;
}

Outcome Session::Decide(std::string_view request, int64_t now_us) {
  const Frame frame = ParseRequest(*program_, request, subject_, now_us);
  Outcome outcome;
  std::string first;
  for (Running& running : running_) {
    const Decision decision = running.reader->Authorize(running.grant, frame);
    DecisionReport report = running.reader->Report(decision, running.grant, frame);
    std::string comparable = Comparable(report);
    if (first.empty()) {
      first = std::move(comparable);
      report.id.clear();
      outcome.text = ToText(report);
      outcome.report = std::move(report);
    } else if (comparable != first && outcome.disagrees.empty()) {
      outcome.disagrees = fmt::format("{} and {} disagree:\n  {}\n  {}", running_.front().name,
                                      running.name, first, comparable);
    }
  }
  return outcome;
}

CallExplanation Session::Explain(std::string_view request, int64_t now_us) {
  const Frame frame = ParseRequest(*program_, request, subject_, now_us);
  return running_.front().reader->Explain(running_.front().grant, frame);
}

std::string Session::DigestOf(std::string_view request, int64_t now_us) const {
  const Frame frame = ParseRequest(*program_, request, subject_, now_us);
  if (frame.header() == nullptr) return {};
  std::string hex;
  for (const uint8_t byte : frame.digest()) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::vector<std::string> ObligationNames(const Program& program) {
  std::vector<std::string> names;
  for (const ObligationType& type : program.obligations) {
    names.push_back(fmt::format("{}@{}", type.name, type.version));
  }
  return names;
}

int64_t DefaultTtl(const Program& program, const std::string& policy) {
  for (const Policy& p : program.policies) {
    if (p.name == policy && p.max_ttl_us != 0) return p.max_ttl_us;
  }
  return kHourUs;
}

Result<GrantSpec> DefaultGrant(const Program& program) {
  if (program.policies.size() != 1) {
    return Fail("no-grant", "the module has several policies; say which in `--- grant`");
  }
  const Policy& policy = program.policies.front();
  GrantSpec spec;
  spec.policy = policy.name;
  spec.subject = "test";
  if (!policy.purposes.empty()) spec.purpose = program.purposes[policy.purposes.front()].name;
  spec.ttl_us = DefaultTtl(program, policy.name);
  return spec;
}

}  // namespace cap::policytest
