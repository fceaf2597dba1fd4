#include "compiler/cli/test_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/diag/json_text.h"
#include "compiler/diag/printable.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

using diag::JsonQuote;
using policytest::Branches;
using policytest::Coverage;
using policytest::TestReport;

std::string PlaceOf(const SourcePlace& place) {
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

/// The two that are in UTF-8 and not in XML 1.0, section 2.2, controls apart.
bool IsNoXml(char32_t c) { return c == 0xFFFE || c == 0xFFFF; }

/// Text that any XML reader takes: what XML 1.0 has no way to say is U+FFFD.
std::string Xml(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const diag::Character c = diag::ReadCharacter(text, at);
    if (c.code_point == '<') {
      out += "&lt;";
    } else if (c.code_point == '>') {
      out += "&gt;";
    } else if (c.code_point == '&') {
      out += "&amp;";
    } else if (c.code_point == '"') {
      out += "&quot;";
    } else if (c.code_point == '\n') {
      out += "&#10;";
    } else if (c.code_point == 0xFFFD || !diag::IsPrintable(c.code_point) ||
               IsNoXml(c.code_point)) {
      out += "\uFFFD";
    } else {
      out += text.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  return out;
}

std::string Seconds(int64_t us) { return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000); }

std::string Suite(const std::string& name, size_t tests, size_t failures, int64_t took_us,
                  const std::string& cases) {
  return fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{}\">\n{}  </testsuite>\n",
      Xml(name), tests, failures, Seconds(took_us), cases);
}

std::string CaseXml(const std::string& owner, const std::string& title, int64_t took_us,
                    bool passed, const std::string& place, const std::string& message) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
                                Xml(owner), Xml(title), Seconds(took_us));
  if (passed) return out + "/>\n";
  return out + fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                           Xml(place), Xml(message));
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace

CoverageReport ReportOf(const std::string& source, const std::vector<Coverage::Part>& parts) {
  CoverageReport report{source, "clauses", 0, parts.size(), {}};
  for (const Coverage::Part& part : parts) {
    if (part.decisive) {
      ++report.covered;
      continue;
    }
    const std::string owner =
        part.capability.empty() ? "" : " of capability `" + part.capability + "`";
    report.missing.push_back(
        fmt::format("{}: `{}`{} decides no test alone", PlaceOf(part.place), part.name, owner));
  }
  return report;
}

CoverageReport ReportOf(const std::string& source, const std::vector<Branches::Part>& parts) {
  CoverageReport report{source, "branches", 0, parts.size(), {}};
  for (const Branches::Part& part : parts) {
    if (part.seen_true && part.seen_false) {
      ++report.covered;
      continue;
    }
    const char* never = part.seen_true    ? "is never false"
                        : part.seen_false ? "is never true"
                                          : "is never asked";
    // A constraint's condition stands elsewhere than where it is used.
    const bool inside = part.place.file == part.used.file && part.place.line == part.used.line;
    const std::string used = inside ? "" : fmt::format(" (used at {})", PlaceOf(part.used));
    report.missing.push_back(
        fmt::format("{}: `{}` {}{}", PlaceOf(part.place), part.words, never, used));
  }
  return report;
}

std::string ToText(const CoverageReport& report) {
  const bool clauses = report.kind == "clauses";
  std::string out = fmt::format(
      "coverage {}: {} of {} {}\n", report.source, report.covered, report.all,
      clauses ? "clauses and forbids alone decide a test" : "conditions are seen true and false");
  for (const std::string& line : report.missing) out += "    " + OneLine(line) + "\n";
  return out;
}

std::string ToJsonLine(const CoverageReport& report) {
  std::string missing;
  for (const std::string& line : report.missing) {
    missing += (missing.empty() ? "" : ",") + JsonQuote(line);
  }
  return fmt::format(
      R"({{"coverage":{},"source":{},"covered":{},"all":{},"missing":[{}]}})"
      "\n",
      JsonQuote(report.kind), JsonQuote(report.source), report.covered, report.all, missing);
}

std::string ToJsonLine(const TestReport& test) {
  return fmt::format(
      R"({{"test":{},"place":{},"passed":{},"took_us":{},"message":{}}})"
      "\n",
      JsonQuote(test.title), JsonQuote(test.place), test.passed, test.took_us,
      test.passed ? "null" : JsonQuote(test.message));
}

std::string SlowestText(std::vector<TestReport> tests, size_t count) {
  std::ranges::stable_sort(tests, std::ranges::greater{}, &TestReport::took_us);
  std::string out;
  for (const TestReport& test : tests) {
    if (count-- == 0 || test.took_us == 0) break;
    out += fmt::format("{:>10} us  {}: {}\n", test.took_us, test.place, OneLine(test.title));
  }
  return out;
}

std::string JUnitXml(const std::vector<TestedFile>& files,
                     const std::vector<CoverageReport>& coverage) {
  std::string suites;
  size_t tests = 0;
  size_t failures = 0;
  for (const TestedFile& file : files) {
    std::string cases;
    size_t failed = 0;
    int64_t took_us = 0;
    for (const TestReport& test : file.tests) {
      failed += test.passed ? 0 : 1;
      took_us += test.took_us;
      cases += CaseXml(file.path, test.title, test.took_us, test.passed, test.place, test.message);
    }
    suites += Suite(file.path, file.tests.size(), failed, took_us, cases);
    tests += file.tests.size();
    failures += failed;
  }
  for (const CoverageReport& report : coverage) {
    const bool whole = report.covered == report.all;
    const std::string one = CaseXml(report.source, "coverage of " + report.kind, 0, whole,
                                    report.source, Lines(report.missing));
    suites += Suite("coverage " + report.source, 1, whole ? 0 : 1, 0, one);
    ++tests;
    failures += whole ? 0 : 1;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites tests=\"{}\" failures=\"{}\">\n{}</testsuites>\n",
      tests, failures, suites);
}

}  // namespace cap::cli
