// A sequence and what came of it as one JSON object, for another implementation to run
// (docs/conformance.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/policytest/capt_file.h"
#include "compiler/policytest/session.h"

namespace cap::policytest {

class SequenceRecord {
 public:
  void Call(const Step& step, const std::string& request, const std::string& grant, int64_t now_us,
            const DecisionReport& report);
  void Settle(const Step& step, int64_t now_us, const std::string& status);
  /// `status`: the code of a refusal, empty = given.
  void Grant(const Step& step, int64_t now_us, const std::string& status);
  void Revoke(const std::string& name, int64_t now_us);

  /// One line with its end.
  std::string Line(const std::string& title, std::string_view policy, std::string_view grant,
                   int64_t begin_us, const std::vector<state::CounterView>& counters) const;

 private:
  std::vector<std::string> steps_;
};

}  // namespace cap::policytest
