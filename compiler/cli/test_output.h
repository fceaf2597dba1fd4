// What `capc test` tells, as a person reads it, as JSON lines, as JUnit's XML.
#pragma once

#include <string>
#include <vector>

#include "compiler/policytest/run.h"

namespace cap::cli {

/// One policy's coverage, of either kind: what is missing, a line each.
struct CoverageReport {
  std::string source;
  std::string kind;   // "clauses", "branches"
  size_t covered = 0;
  size_t all = 0;
  std::vector<std::string> missing;  // "policy.cap:3:5: `amount <= limit` is never false"
};
CoverageReport ReportOf(const std::string& source,
                        const std::vector<policytest::Coverage::Part>& parts);
CoverageReport ReportOf(const std::string& source,
                        const std::vector<policytest::Branches::Part>& parts);

std::string ToText(const CoverageReport& report);
std::string ToJsonLine(const CoverageReport& report);
std::string ToJsonLine(const policytest::TestReport& test);

/// The `count` tests that took longest, a line each.
std::string SlowestText(std::vector<policytest::TestReport> tests, size_t count);

/// JUnit's XML: a suite for each file, coverage as a suite of its own.
struct TestedFile {
  std::string path;
  std::vector<policytest::TestReport> tests;
};
std::string JUnitXml(const std::vector<TestedFile>& files,
                     const std::vector<CoverageReport>& coverage);

}  // namespace cap::cli
