// One policy in force on several engines, with one grant: what the tests of a case are decided by.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cap/engine.h"
#include "compiler/policytest/run.h"
#include "runtime/base/result.h"

namespace cap::policytest {

/// What one call came to, and how it is shown.
struct Outcome {
  DecisionReport report;
  std::string text;       // ToText of the operator's view
  std::string disagrees;  // empty, or which engine said something else and what
};

class Session {
 public:
  /// Loads `program` and mints the grant at `now_us` on every engine. Errors: those of the engines.
  static Result<Session> Open(std::shared_ptr<const Program> program, const GrantSpec& grant,
                              int64_t now_us, const std::vector<EngineUnderTest>& engines);

  /// Decides one JSON request on every engine.
  Outcome Decide(std::string_view request, int64_t now_us);

  /// What every rule said about the request, by the first engine.
  CallExplanation Explain(std::string_view request, int64_t now_us);

  /// The digest that an approval of this request has to carry, in hex; empty if it is malformed.
  std::string DigestOf(std::string_view request, int64_t now_us) const;

 private:
  struct Running {
    std::string name;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Reader> reader;
    GrantId grant;
  };

  std::shared_ptr<const Program> program_;
  std::string subject_;
  std::vector<Running> running_;
};

/// Every obligation of the program, as an enforcement point states those it knows.
std::vector<std::string> ObligationNames(const Program& program);

/// How long a grant lives that does not say: the policy's longest life, or an hour.
int64_t DefaultTtl(const Program& program, const std::string& policy);

/// The grant of a case without one: the only policy, subject "test", the policy's first purpose,
/// DefaultTtl(). Errors: "no-grant" (several policies).
Result<GrantSpec> DefaultGrant(const Program& program);

}  // namespace cap::policytest
