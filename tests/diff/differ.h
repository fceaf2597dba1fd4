// Runs one subject through the interpreter, native code and the oracle, and counts.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "runtime/interp/interp.h"
#include "tests/diff/witness.h"

namespace cap::diff {

struct Native {
  std::string name;                            // "O0"
  const std::vector<ShapeCode>* code = nullptr;  // parallel to Program::shapes
};

struct Totals {
  uint64_t policies = 0;
  std::set<uint64_t> distinct_policies;   // by their text and their action's
  std::set<uint64_t> distinct_shapes;     // by their code
  uint64_t requests = 0;
  uint64_t permits = 0;
  uint64_t step_ups = 0;
  uint64_t denials = 0;
  uint64_t malformed = 0;
  uint64_t by_shared = 0;                 // denied by limits that all permits share, alone,
  uint64_t by_everywhere = 0;             // … by those of every policy
  uint64_t faults = 0;                    // requests that met a fault in a clause or forbid
  uint64_t comparisons = 0;               // of results of two evaluators
  uint64_t shown = 0;                     // policies that came with witnesses
  uint64_t parts = 0;                     // clauses and forbids of these
  uint64_t decisive = 0;                  // of them: that alone decided some request
  uint64_t disagreements = 0;
  std::vector<std::string> examples;      // of disagreements, the first ones
};

/// One request in all its forms, for whoever wants to look further.
struct Case {
  const Subject& subject;
  const PolicyModel& policy;
  const GrantImage& grant;
  size_t grant_number = 0;
  const RequestModel& request;
  const Frame& frame;
  Outcome expected = Outcome::kDeny;
};

class Differ {
 public:
  /// `requests`: about as many for each policy.
  Differ(size_t requests, Random& random) : requests_(requests), random_(random) {}

  /// Called with every request that is well formed or not.
  std::function<void(const Case&)> on_case;

  /// With witnesses, they are among the requests, and what they decide is counted.
  void Run(const Subject& subject, const std::vector<Native>& natives,
           const Witnesses* witnesses = nullptr);
  void Disagree(const Case& at, const std::string& what);

  void SetRequests(size_t requests) { requests_ = requests; }

  Totals totals;

 private:
  void RunPolicy(Running& run, const std::vector<Witness>* witnesses);
  void RunGrant(Running& run);
  RequestModel Next(const Running& run, const RequestModel& base);
  static bool MeetsFault(const Running& run, const RequestModel& request);
  void Execute(const Running& run, const RequestModel& request);
  void CompareCapability(const Running& run, const Case& at, size_t nth, bool& fault);
  void CompareForbid(const Running& run, const Case& at, size_t nth, bool& fault);
  void CheckCounted(const Case& at, const Statement& statement, uint64_t clause,
                    const ClauseMasks& masks);
  void CheckStatements(const Running& run, const Case& at, size_t nth, const ClauseMasks& masks);

  size_t requests_;
  Random& random_;
  const std::vector<Native>* natives_ = nullptr;
  Parts decided_;            // of the policy that runs
};

}  // namespace cap::diff
