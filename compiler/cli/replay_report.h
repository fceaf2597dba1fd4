// What `capc replay` tells: a line a step, and the sums.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cap/decision.h"

namespace cap::cli {

struct ReplayedLine {
  uint64_t number = 0;    // of the trace
  int64_t at_us = 0;
  std::string operation;  // empty: it has no name
  std::string settled;    // "settled", "already" …; empty: nothing was settled
};

inline constexpr std::string_view kNothingToSettle = "nothing to settle";

/// Whether the counters did not take what the line says became of a call.
bool IsFailedSettlement(std::string_view settled);

class ReplayReport {
 public:
  ReplayReport(bool json, bool monitor) : json_(json), monitor_(monitor) {}

  /// `words` may be empty for a permit.
  void Count(const ReplayedLine& at, const Decision& decision, const DecisionReport& words);

  void CountSettlement(std::string_view settled);
  bool has_failed_settlement() const { return failed_settlements_ > 0; }

  /// One line with its end; without `words` only a settlement.
  std::string Line(const ReplayedLine& at, const DecisionReport* words) const;

  /// "120 permitted, 3 denied".
  std::string Counts() const;
  std::string Summary(const std::string& trace) const;

 private:
  std::string Verdict(const DecisionReport& words) const;

  bool json_;
  bool monitor_;
  uint64_t calls_ = 0;
  uint64_t permitted_ = 0;
  uint64_t step_ups_ = 0;
  uint64_t denied_ = 0;
  uint64_t nothing_to_settle_ = 0;   // outcomes of calls that were not permitted
  uint64_t failed_settlements_ = 0;
  std::map<std::string, uint64_t> by_code_;   // of denials
  std::map<std::string, uint64_t> by_limit_;  // "process_refund.maxPerDay", "circuit_breaker"
  ReplayedLine first_;                        // denial; number 0: there was none
  std::string first_why_;
};

}  // namespace cap::cli
