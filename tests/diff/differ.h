// Runs one subject through the interpreter, native code and the oracle, and counts.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "runtime/interp/interp.h"
#include "tests/diff/oracle.h"
#include "tests/diff/subject.h"

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
  uint64_t faults = 0;                    // requests that met a fault in a clause or forbid
  uint64_t comparisons = 0;               // of results of two evaluators
  uint64_t permitting = 0;                // policies with a request that they permit
  uint64_t clauses = 0;                   // of these
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
  struct Options {
    size_t requests = 60;      // a policy, about
    bool search = true;        // look for requests that each clause alone decides
  };
  Differ(Options options, Random& random) : options_(options), random_(random) {}

  /// Called with every request that is well formed or not.
  std::function<void(const Case&)> on_case;

  void Run(const Subject& subject, const std::vector<Native>& natives);
  void Disagree(const Case& at, const std::string& what);

  void SetRequests(size_t requests) { options_.requests = requests; }

  Totals totals;

  /// The grants that every policy is run under; the same for all evaluators.
  static std::vector<std::vector<Value>> BoundChoices();

 private:
  struct Running;
  void RunPolicy(const Subject& subject, const std::vector<Native>& natives,
                 const PolicyModel& policy);
  void RunGrant(Running& run, size_t grant_number);
  RequestModel Climb(Running& run);
  RequestModel Next(Running& run, const RequestModel& base);
  void Search(Running& run, const RequestModel& base);
  static bool MeetsFault(Running& run, const RequestModel& request);
  static bool NewlyDecides(Running& run, const RequestModel& request);
  void Execute(Running& run, const RequestModel& request);
  void CompareCapability(Running& run, const Case& at, size_t nth, bool& fault);
  void CompareForbid(Running& run, const Case& at, size_t nth, bool& fault);
  void CheckStatements(Running& run, const Case& at, size_t nth, const ClauseMasks& masks);

  Options options_;
  Random& random_;
};

}  // namespace cap::diff
