// Runs the sequences of a case: calls one after the other, and what happens between them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "compiler/policytest/capt_file.h"
#include "compiler/policytest/sequence_record.h"
#include "compiler/policytest/session.h"

namespace cap::policytest {

/// What became of a sequence. It goes on after a step that came out otherwise.
struct SequenceOutcome {
  std::string wrong;        // what did not hold, lines of several; empty: all did
  uint32_t wrong_line = 0;  // of the first of them
  std::string trace;        // every step, and what each call came to
};

/// One decided call of a sequence.
struct DecidedStep {
  const std::string& request;
  std::string grant;
  int64_t now_us;
  const Outcome& outcome;
};

class SequenceRun {
 public:
  /// `request_of` makes the JSON request of a call at its time. Errors of it fail the step.
  using RequestOf = std::function<Result<std::string>(const Test& call, int64_t now_us,
                                                      const std::string& grant)>;
  SequenceRun(Session& session, int64_t now_us, RequestOf request_of)
      : session_(session), now_us_(now_us), request_of_(std::move(request_of)) {}

  /// Told of each call that was decided; for coverage.
  std::function<void(const DecidedStep&)> on_call;

  /// Written into, if it is there.
  SequenceRecord* record = nullptr;

  /// Begins with nothing counted and the case's grant alone.
  SequenceOutcome Run(const Sequence& sequence);

 private:
  void Take(const Step& step);
  void TakeOnce(const Step& step);
  void Call(const Step& step);
  void Settle(const Step& step);
  void Grant(const Step& step);
  void Revoke(const Step& step);
  void Said(uint32_t line, const std::string& what);

  Session& session_;
  int64_t now_us_ = 0;
  RequestOf request_of_;
  SequenceOutcome out_;
};

}  // namespace cap::policytest
