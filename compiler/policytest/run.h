// Runs `.capt` files: compiles each case's policy, decides its calls on every engine, and compares.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cap/engine.h"
#include "compiler/policytest/branches.h"
#include "compiler/policytest/capt_file.h"
#include "compiler/policytest/coverage.h"
#include "compiler/policytest/fresh_store.h"

namespace cap::policytest {

/// One way to run a Program. All of them must say the same.
struct EngineUnderTest {
  std::string name;  // "interp", "jit-O2"
  /// The machine code for a Program; an empty NativeCode runs the interpreter.
  std::function<Result<NativeCode>(const std::shared_ptr<const Program>&)> compile;
};

struct RunOptions {
  std::vector<EngineUnderTest> engines;  // at least one; the first one's words are compared
  std::vector<StoreUnderTest> stores;    // more than that in this process, for sequences
  std::string filter;                    // only tests that it takes (filter.h); empty: all
  std::vector<std::string> include;      // folders to look for imports in, after the policy's own
  std::vector<std::string> data;         // files that give `data` its values
  bool update = false;                   // rewrite machine sections instead of comparing them
  bool record = false;                   // every sequence, for other implementations
  Coverage* coverage = nullptr;          // told what each clause decides; null: not asked
  Branches* branches = nullptr;          // told what each condition came to; likewise
};

struct Failure {
  std::string place;  // "policy.capt:31"
  std::string title;
  std::string message;  // several lines, no final line feed
};

/// What became of one of the things that count.
struct TestReport {
  std::string place;
  std::string title;
  bool passed = false;
  std::string message;  // of one that failed
  int64_t took_us = 0;  // of a test: all engines, and what coverage asks
};

struct RunResult {
  std::vector<TestReport> tests;  // in order
  size_t passed = 0;
  std::vector<Failure> failures;
  std::string recorded;  // with RunOptions::record: JSON lines (docs/conformance.md)
  std::string updated;   // with RunOptions::update: the whole file, machine sections new
};

/// Runs one file. Every test, sequence, case with marks and machine section counts as one. Reads
/// the policies and grants that the file names, relative to its folder. Never throws.
RunResult RunCapt(const CaptFile& file, const RunOptions& options);

}  // namespace cap::policytest
