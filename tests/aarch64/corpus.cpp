#include "tests/aarch64/corpus.h"

#include <algorithm>
#include <stdexcept>

#include "compiler/driver/compile.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/policytest/request_text.h"
#include "compiler/policytest/session.h"
#include "runtime/base/limits.h"
#include "runtime/value/instant.h"

namespace cap::cross {
namespace {

using policytest::Case;
using policytest::Test;

template <typename T>
T Must(Result<T> result, const std::string& where) {
  if (!result) throw std::runtime_error(where + ": " + result.error().message);
  return std::move(*result);
}

class Corpus {
 public:
  explicit Corpus(const std::string& path) : path_(path) {}

  std::string Beside(const std::string& name) const {
    return path_.substr(0, path_.rfind('/') + 1) + name;
  }
  std::string Read(const std::string& name, uint64_t most) const {
    return Must(ReadSource(Beside(name), most), path_);
  }

  /// Null if it does not compile, which may be what the case is about.
  std::shared_ptr<const Program> ProgramOf(const Case& c) const {
    if (c.policy_file.empty()) return Compile({"policy", c.source}, OptionsFor(path_)).program;
    const std::string text = Read(c.policy_file, limits::kSourceBytes);
    return Compile({c.policy_file, text}, OptionsFor(Beside(c.policy_file))).program;
  }

  GrantSpec SpecOf(const Case& c, const Program& program) const {
    if (c.grant.empty() && c.grant_file.empty()) {
      return Must(policytest::DefaultGrant(program), path_);
    }
    const std::string text =
        c.grant_file.empty() ? c.grant : Read(c.grant_file, limits::kRequestBytes);
    GrantSpec spec = Must(policytest::GrantFromJson(program, text), path_);
    if (!spec.ttl_us) spec.ttl_us = policytest::DefaultTtl(program, spec.policy);
    return spec;
  }

  std::string RequestOf(const Case& c, const Test& test, int64_t now_us,
                        const policytest::Session& session, bool with_approvals) const {
    if (!test.request_file.empty()) return Read(test.request_file, limits::kRequestBytes);
    std::vector<std::string> digests;
    Test bare = test;
    if (!with_approvals) bare.approvals.clear();
    for (const policytest::ApprovalLine& approval : bare.approvals) {
      const std::string& title = approval.of_test.empty() ? test.title : approval.of_test;
      const auto of = std::ranges::find(c.tests, title, &Test::title);
      if (of == c.tests.end()) throw std::runtime_error(path_ + ": no test " + title);
      digests.push_back(session.DigestOf(RequestOf(c, *of, now_us, session, false), now_us));
    }
    return policytest::RequestText(bare, now_us, digests);
  }

 private:
  std::string path_;
};

Grant GrantOf(const GrantSpec& spec, int64_t now_us) {
  Grant grant;
  grant.policy = spec.policy;
  grant.subject = spec.subject;
  grant.purpose = spec.purpose;
  grant.bound = spec.bound;
  grant.ttl_us = spec.ttl_us.value_or(0);
  grant.minted_us = now_us;
  return grant;
}

}  // namespace

void ForEachCase(const std::string& path,
                 const std::function<void(Module, const std::shared_ptr<const Program>&)>& use) {
  const std::string text = Must(ReadSource(path, limits::kSourceBytes), path);
  const policytest::CaptFile file = Must(policytest::ParseCapt(path, text), path);
  const Corpus corpus(path);
  const policytest::EngineUnderTest interpreter = {
      "interp", [](const std::shared_ptr<const Program>&) { return NativeCode{}; }};
  for (const Case& c : file.cases) {
    if (c.tests.empty()) continue;
    const std::shared_ptr<const Program> program = corpus.ProgramOf(c);
    if (program == nullptr) continue;
    const std::string now = c.now.empty() ? "2026-01-01T00:00:00Z" : c.now;
    const int64_t now_us = Must(ParseInstant(now), path).us;
    const GrantSpec spec = corpus.SpecOf(c, *program);
    const auto session =
        Must(policytest::Session::Open(program, spec, now_us, {interpreter}), path);
    Module module;
    module.name = path + ":" + std::to_string(c.line);
    module.grants.push_back(GrantOf(spec, now_us));
    for (const Test& test : c.tests) {
      Call call;
      call.now_us = test.now.empty() ? now_us : Must(ParseInstant(test.now), path).us;
      call.json = corpus.RequestOf(c, test, call.now_us, session, true);
      module.calls.push_back(std::move(call));
    }
    use(std::move(module), program);
  }
}

}  // namespace cap::cross
