// Which clauses, forbids and limits of a policy alone decide some test. One that decides none could
// be deleted, or be wrong, and no test would notice.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cap/decision.h"
#include "compiler/policytest/fresh_store.h"
#include "runtime/program/program.h"

namespace cap::policytest {

/// A policy changed in one part, to see whether a test's decision depends on that part.
struct Variant {
  std::shared_ptr<const Program> program;
  SourcePlace place;       // of the part
  std::string capability;  // that the clause is of; empty: a forbid
  size_t clause = 0;
};

/// One without each forbid, and one for each clause that then asks instead of denying: the call is
/// asked for exactly if no other clause denies it. (Taking the clause out would not be seen where a
/// denial spares the costly clauses.) A forbid over several actions is one part.
std::vector<Variant> VariantsOf(const Program& program);

/// Over all cases and files of a run, by policy source.
class Coverage {
 public:
  struct Part {
    std::string name;   // "maxAmount", "forbid", "maxPerDay", "circuit_breaker"
    std::string capability;  // empty: a forbid, or a breaker; of a limit "limit NAME"
    SourcePlace place;
    bool decisive = false;
  };

  /// Names the parts of a source's policies; again for the same source changes nothing.
  void Declare(const std::string& source, const Program& program);

  /// Marks what alone decided a test that was not permitted, without any fault. `decide` decides
  /// the same call under another program.
  using DecideUnder = std::function<DecisionReport(const Variant& variant)>;
  void Note(const std::string& source, const std::vector<Variant>& variants,
            const DecisionReport& report, const DecideUnder& decide);

  /// Marks the limits, questions to the past and breakers that alone denied a call of a sequence.
  void NoteLimits(const std::string& source, const Program& program, const Decision& decision,
                  const std::vector<SpentLimit>& decisive);

  /// Parts by source, in the order of their places.
  std::vector<std::pair<std::string, std::vector<Part>>> Result() const;

 private:
  // File, line, column, owner, and which of the clauses that one line of the source became.
  using Key = std::tuple<std::string, uint32_t, uint32_t, std::string, size_t>;
  void MarkLimit(const std::string& source, const Program& program, const SpentLimit& limit);
  void Mark(const std::string& source, const SourcePlace& place, const std::string& capability,
            size_t clause);

  std::map<std::string, std::map<Key, Part>> sources_;
};

}  // namespace cap::policytest
