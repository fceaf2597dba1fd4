// One policy in force on several engines, with one grant: what the tests of a case are decided by.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cap/engine.h"
#include "compiler/policytest/fresh_store.h"
#include "compiler/policytest/run.h"
#include "runtime/base/result.h"

namespace cap::policytest {

/// What one call came to, and how it is shown.
struct Outcome {
  Decision decision;      // of the first engine
  DecisionReport report;
  std::string text;       // ToText of the operator's view
  std::string disagrees;  // empty, or which engine said something else and what
  std::vector<SpentLimit> decisive;  // of which each alone kept it from being permitted
};

/// What something else than a call came to.
struct StepOutcome {
  std::string status;     // "settled"; of a grant the code of its refusal, empty: given
  std::string message;
  std::string disagrees;
};

/// Who calls in a sequence, and under which name.
struct CallNames {
  std::string grant = "root";
  std::string operation;  // to be settled by; empty: none
  bool peek = false;
};

class Session {
 public:
  /// Loads `program` on every engine with counters in this process, and on the first engine with
  /// each of the other stores; mints the grant at `now_us`. `own`: what every engine counts with
  /// instead. Errors: those of engines and stores.
  static Result<Session> Open(std::shared_ptr<const Program> program, const GrantSpec& grant,
                              int64_t now_us, const std::vector<EngineUnderTest>& engines,
                              const std::vector<StoreUnderTest>& stores = {},
                              const StoreUnderTest& own = MemoryUnderTest());

  /// Forgets what was counted, called and granted, but for the grant of Open(). Errors: as there.
  Result<void> Renew();

  /// Decides one JSON request on every engine.
  Outcome Decide(std::string_view request, int64_t now_us, const CallNames& names = {});

  /// Commits or releases the call of that name.
  StepOutcome Commit(const std::string& operation, std::optional<state::Actual> actual,
                     int64_t now_us);
  StepOutcome Release(const std::string& operation, int64_t now_us);

  /// Another grant: minted, or where a parent is named delegated from it. Then calls name it.
  StepOutcome Grant(const std::string& name, const std::string& parent, std::string_view json,
                    int64_t now_us);
  /// False: there is none of that name, or it is dead already.
  bool Revoke(const std::string& name);

  /// How every counter of the first engine stands, with its names. Errors: those of the store.
  Result<std::vector<state::CounterView>> Counters() { return running_.front().store->Counters(); }

  /// Empty if every store says the same of every counter; else which says what.
  std::string CountersDisagree(int64_t now_us);

  /// What every rule said about the request, by the first engine.
  CallExplanation Explain(std::string_view request, int64_t now_us,
                          const std::string& grant = "root");

  /// The digest that an approval of this request has to carry, in hex; empty if it is malformed.
  std::string DigestOf(std::string_view request, int64_t now_us,
                       const std::string& grant = "root") const;

 private:
  struct Holder {
    GrantId grant;
    std::string subject;
  };
  struct Running {
    std::string name;
    std::shared_ptr<FreshStore> store;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Reader> reader;
    std::map<std::string, Holder> grants;
    std::map<std::string, Decision> calls;
  };

  Result<void> Start(const EngineUnderTest& engine, const StoreUnderTest& store,
                     const NativeCode& native);
  Result<GrantId> GrantOn(Running& running, const std::string& parent, std::string_view json,
                          int64_t now_us, std::string& subject);
  StepOutcome Settle(const std::string& operation, int64_t now_us,
                     std::optional<state::Actual> actual, bool commits);
  std::string SubjectOf(const std::string& grant) const;

  std::shared_ptr<const Program> program_;
  GrantSpec root_;
  int64_t minted_us_ = 0;
  std::vector<Running> running_;
};

std::string_view NameOf(state::SettleStatus status);  // "settled", "bad_request"

/// "30.00 USD", or a whole number. Errors: "bad-actual".
Result<state::Actual> ParseActual(std::string_view text);

/// Every obligation of the program, as an enforcement point states those it knows.
std::vector<std::string> ObligationNames(const Program& program);

/// How long a grant lives that does not say: the policy's longest life, or an hour.
int64_t DefaultTtl(const Program& program, const std::string& policy);

/// The grant of a case without one: the only policy, subject "test", the policy's first purpose,
/// DefaultTtl(). Errors: "no-grant" (several policies).
Result<GrantSpec> DefaultGrant(const Program& program);

/// Whether what is decided depends on what was called before.
bool Counts(const Program& program);

}  // namespace cap::policytest
