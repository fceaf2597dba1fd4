// The lines of tests and of sequences, one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/policytest/capt_file.h"

namespace cap::policytest {

/// Without blanks and tabs around it.
std::string_view Trim(std::string_view text);

/// Cuts the first word off `rest`, and the blanks behind it.
std::string_view TakeWord(std::string_view& rest);

/// "45s", "-5s", "11h 59m": whole numbers with units, added up. Nothing: it is none, or too long.
std::optional<int64_t> SpanUs(std::string_view text);

/// Reads what stands below `--- test` or `--- sequence`. A line may go on what the line before
/// began, so one reader reads one section.
class LineReader {
 public:
  /// Each returns what is wrong with the line, and how to write it; empty: nothing.
  std::string TestLine(Test& test, std::string_view raw, uint32_t line);
  std::string StepLine(Sequence& sequence, std::string_view raw, uint32_t line);

  /// What is missing where the section ends; `line`: where to say so.
  static std::string TestEnd(const Test& test);
  static std::string SequenceEnd(const Sequence& sequence, uint32_t& line);

 private:
  std::string Detail(Expectation& expected, std::string_view line);
  /// False: `word` begins no statement of a call.
  bool Statement(Test& test, std::string_view word, std::string_view rest);
  std::string Continue(std::string_view line);
  void Fact(Test& test, std::string_view rest);
  void Approval(Test& test, std::string_view rest);
  void Expect(Expectation& expected, std::string_view rest);

  /// False: `word` begins nothing that only sequences have.
  bool StepStatement(Sequence& sequence, std::string_view word, std::string_view rest);
  bool StepOnItsOwn(Sequence& sequence, std::string_view word, std::string_view rest);
  void Settle(Sequence& sequence, Step::Kind kind, std::string_view rest);
  void Grant(Sequence& sequence, std::string_view rest);
  bool Refused(Sequence& sequence, std::string_view word, std::string_view rest);
  void Wait(Sequence& sequence, std::string_view rest);
  Step& OpenStep(Sequence& sequence, Step::Kind kind);
  Step& CallStep(Sequence& sequence);

  void Wrong(std::string what);

  std::string error_;
  uint32_t line_ = 0;
  std::string* continued_ = nullptr;  // JSON that may go on over several lines
};

}  // namespace cap::policytest
