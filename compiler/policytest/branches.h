// Which single conditions of a policy some test saw both true and false. One that was never the
// other could be left out, or be wrong, and no test would notice.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cap/explain.h"
#include "compiler/source/source_map.h"
#include "runtime/program/program.h"

namespace cap::policytest {

/// Over all cases and files of a run, by policy source. A condition is what `and`, `or`, `not`,
/// `if` and guards are made of: a comparison, a membership, a quantifier, a boolean value.
/// Conditions of one place in one clause are one; those of a constraint count where it is used.
class Branches {
 public:
  struct Part {
    std::string words;  // as the policy has it, or what it does
    SourcePlace place;
    SourcePlace used;   // the clause; the same place, unless a constraint's
    bool seen_true = false;
    bool seen_false = false;
  };

  /// Names the conditions of a source's policies; again for the same source changes nothing.
  void Declare(const std::string& source, const Program& program, const SourceMap& sources);

  /// Marks what the conditions of one call came to. Faults count as neither, nor do clauses that
  /// were skipped.
  void Note(const std::string& source, const Program& program,
            const CallExplanation& explanation);

  /// Conditions by source, in the order of their places.
  std::vector<std::pair<std::string, std::vector<Part>>> Result() const;

 private:
  // File, line and column of the clause, of the condition, and which of a guard's without a place.
  using Place = std::tuple<std::string, uint32_t, uint32_t, uint32_t>;
  using Key = std::tuple<Place, Place, uint32_t>;
  static Key KeyOf(const SourcePlace& used, const SourcePlace& place, uint32_t nth);

  std::map<std::string, std::map<Key, Part>> sources_;
};

/// What stands at a place of a policy; empty where its text is not at hand.
std::string WordsAt(const SourceMap& sources, const SourcePlace& place);

}  // namespace cap::policytest
