// One policy of a subject under one grant: what searches and comparisons pass around.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/diff/oracle.h"
#include "tests/diff/subject.h"

namespace cap::diff {

/// A bit for each part of a policy.
struct Parts {
  std::vector<uint64_t> clauses;  // by capability
  uint64_t forbids = 0;

  void Add(const Parts& other);
  /// What `other` has and this has not.
  bool Lacks(const Parts& other) const;
  uint64_t Count() const;
};

struct Running {
  Running(const Subject& of, const PolicyModel& model);
  void Use(size_t number);  // a grant of BoundChoices()

  const Subject& subject;
  const PolicyModel& policy;
  const ActionModel& action;
  const Program& program;
  const Policy& compiled;
  uint32_t tool = 0;
  Aims aims;
  GrantImage grant;
  size_t grant_number = 0;
};

/// The bound values that every policy is run under; the same for all evaluators.
std::vector<std::vector<Value>> BoundChoices();

/// … and those of parameters, for policies that have some: the first of these values are defaults.
std::vector<std::vector<Value>> ParameterChoices();

/// What a mint is given for one policy.
std::vector<Field> MintValues(const Program& program, const Policy& policy, size_t choice);

/// The capability as the compiler made it.
const Capability& CompiledCapability(const Running& run, size_t nth);
/// The clauses that a statement became.
uint64_t ClausesOf(const Capability& capability, const Statement& statement);
/// Those that say what is charged, and ask nothing.
uint64_t CountingClauses(const Capability& capability);
/// The one of a statement that counts, as a bit.
uint64_t LimitClauseOf(const Capability& capability, const Statement& statement);
/// Every clause and forbid of the policy.
Parts AllParts(const Running& run);

/// The parts that alone decide the request: without the one the outcome would be another, and no
/// other clause of its statement is untrue. `frame` must be well formed.
Parts DecidedBy(const Running& run, const RequestModel& request, const Frame& frame);

}  // namespace cap::diff
