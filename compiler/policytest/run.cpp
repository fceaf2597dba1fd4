#include "compiler/policytest/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "compiler/diag/render_text.h"
#include "compiler/driver/compile.h"
#include "compiler/policytest/expect.h"
#include "compiler/policytest/filter.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/policytest/request_text.h"
#include "compiler/policytest/sequence.h"
#include "compiler/policytest/session.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/program/print.h"
#include "runtime/value/instant.h"

namespace cap::policytest {

namespace {

constexpr std::string_view kDefaultNow = "2026-01-01T00:00:00Z";

std::string Beside(const std::string& path, const std::string& name) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || name.starts_with('/') ? name
                                                             : path.substr(0, slash + 1) + name;
}

using Clock = std::chrono::steady_clock;

class CaseRun {
 public:
  CaseRun(const CaptFile& file, const Case& c, const RunOptions& options, RunResult& result)
      : file_(file), case_(c), options_(options), result_(result) {}

  void Run() {
    if (!Compile()) return;
    CheckMarks();
    const auto is_wanted = [&](const auto& test) { return Matches(test.title, options_.filter); };
    const bool wanted = std::ranges::any_of(case_.tests, is_wanted) ||
                        std::ranges::any_of(case_.sequences, is_wanted);
    if (wanted && OpenSession()) {
      for (const Test& test : case_.tests) {
        if (is_wanted(test)) RunTest(test);
      }
      for (const Sequence& sequence : case_.sequences) {
        if (is_wanted(sequence)) RunSequence(sequence);
      }
    }
    // A trace needs every test's decision, so sections are compared on whole runs only.
    if (options_.filter.empty()) CheckMachineSections();
  }

  /// The new body of a machine section, in the order of the case's sections.
  const std::vector<std::string>& bodies() const { return bodies_; }

 private:
  bool Failed(uint32_t line, std::string title, std::string message) {
    const std::string place = fmt::format("{}:{}", file_.path, line);
    result_.tests.push_back({place, title, false, message, TookUs()});
    result_.failures.push_back({place, std::move(title), std::move(message)});
    return false;
  }

  void Passed(uint32_t line, std::string title) {
    ++result_.passed;
    result_.tests.push_back(
        {fmt::format("{}:{}", file_.path, line), std::move(title), true, {}, TookUs()});
  }

  /// Since the test began; 0 for what is no test.
  int64_t TookUs() {
    if (!test_began_) return 0;
    const auto took = Clock::now() - *test_began_;
    test_began_.reset();
    return std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  }

  bool Compile() {
    // Diagnostics count the lines of an inline policy from its own beginning, so that they stay the
    // same when something is added above it.
    SourceText source{"policy", case_.source};
    std::string file = file_.path;
    if (!case_.policy_file.empty()) {
      source.path = case_.policy_file;  // as the file says it, wherever the test is run from
      file = Beside(file_.path, case_.policy_file);
      Result<std::string> text = ReadSource(file, limits::kSourceBytes);
      if (!text.has_value()) return Failed(case_.line, "policy", text.error().message);
      source.text = std::move(*text);
    }
    compilation_ =
        cap::Compile(std::move(source), OptionsFor(file, options_.include, options_.data));
    return true;
  }

  std::string DiagnosticsText() const {
    std::string out;
    for (const diag::Diagnostic& d : compilation_.diagnostics) {
      if (!out.empty()) out += '\n';
      out += diag::RenderText(d, compilation_.sources, false);
    }
    return out;
  }

  /// "line 7", or in an imported file "lists.cap line 7".
  std::string PlaceOf(uint32_t file, uint32_t line) const {
    const std::string place = fmt::format("line {}", line);
    return file == 0 ? place : compilation_.sources.file(FileId{file}).path + " " + place;
  }

  void CheckMarks() {
    std::vector<std::pair<std::string, std::string>> want, seen;  // place, code
    const SourceMap& sources = compilation_.sources;
    for (uint32_t file = 0; file < sources.size(); ++file) {
      for (const Mark& mark : MarksOf(sources.file(FileId{file}).text)) {
        want.emplace_back(PlaceOf(file, mark.line), mark.code);
      }
    }
    for (const diag::Diagnostic& d : compilation_.diagnostics) {
      const uint32_t line = sources.Locate(d.span.file, d.span.begin).line;
      seen.emplace_back(PlaceOf(static_cast<uint32_t>(d.span.file), line), diag::IdOf(d.code));
    }
    if (want.empty() && seen.empty()) return;
    std::ranges::sort(want);
    std::ranges::sort(seen);
    if (want == seen) {
      Passed(case_.line, "diagnostics");
      return;
    }
    std::string message;
    for (const auto& [place, code] : want) {
      if (std::ranges::find(seen, std::pair(place, code)) == seen.end()) {
        message += fmt::format("{}: {} is marked and did not come\n", place, code);
      }
    }
    for (const auto& [place, code] : seen) {
      if (std::ranges::count(want, std::pair(place, code)) <
          std::ranges::count(seen, std::pair(place, code))) {
        message += fmt::format("{}: {} came and is not marked\n", place, code);
      }
    }
    Failed(case_.line, "diagnostics", message + DiagnosticsText());
  }

  Result<GrantSpec> Grant() {
    const Program& program = *compilation_.program;
    if (case_.grant.empty() && case_.grant_file.empty()) return DefaultGrant(program);
    Result<std::string> text = case_.grant;
    if (!case_.grant_file.empty()) {
      text = ReadSource(Beside(file_.path, case_.grant_file), limits::kRequestBytes);
    }
    if (!text.has_value()) return std::unexpected(text.error());
    grant_text_ = *text;
    Result<GrantSpec> spec = GrantFromJson(program, *text);
    if (spec.has_value() && !spec->ttl_us.has_value())
      spec->ttl_us = DefaultTtl(program, spec->policy);
    return spec;
  }

  bool OpenSession() {
    if (compilation_.program == nullptr) {
      return Failed(case_.line, "policy",
                    "it does not compile, and has tests\n" + DiagnosticsText());
    }
    const Result<Instant> now = ParseInstant(case_.now.empty() ? kDefaultNow : case_.now);
    if (!now.has_value()) return Failed(case_.line, "now", now.error().message);
    now_us_ = now->us;
    const Result<GrantSpec> grant = Grant();
    if (!grant.has_value()) return Failed(case_.line, "grant", grant.error().message);
    Result<Session> session =
        Session::Open(compilation_.program, *grant, now_us_, options_.engines, options_.stores);
    if (!session.has_value()) return Failed(case_.line, "grant", session.error().message);
    session_ = std::make_unique<Session>(std::move(*session));
    if (options_.branches != nullptr) {
      options_.branches->Declare(SourceName(), *compilation_.program, compilation_.sources);
    }
    return options_.coverage == nullptr || OpenVariants(*grant);
  }

  /// For coverage: the policy with each part changed, on the first engine.
  bool OpenVariants(const GrantSpec& grant) {
    options_.coverage->Declare(SourceName(), *compilation_.program);
    variants_ = VariantsOf(*compilation_.program);
    for (const Variant& variant : variants_) {
      Result<Session> session =
          Session::Open(variant.program, grant, now_us_, {options_.engines.front()});
      if (!session.has_value()) return Failed(case_.line, "coverage", session.error().message);
      variant_sessions_.push_back(std::move(*session));
    }
    return true;
  }

  void NoteCoverage(const std::string& request, int64_t now_us, const DecisionReport& report) {
    const auto decide = [&](const Variant& variant) {
      const auto nth = static_cast<size_t>(&variant - variants_.data());
      return variant_sessions_[nth].Decide(request, now_us).report;
    };
    options_.coverage->Note(SourceName(), variants_, report, decide);
  }

  /// The policy's file, or the place of its text.
  std::string SourceName() const {
    if (!case_.policy_file.empty()) return Beside(file_.path, case_.policy_file);
    return fmt::format("{}:{}", file_.path, case_.line);
  }

  /// The time of one test: its own, or the case's.
  Result<int64_t> NowOf(const Test& test) const {
    if (test.now.empty()) return now_us_;
    const Result<Instant> now = ParseInstant(test.now);
    if (!now.has_value()) return std::unexpected(now.error());
    return now->us;
  }

  /// `grant`: whose call it is.
  Result<std::string> Request(const Test& test, int64_t now_us, bool with_approvals,
                              const std::string& grant = "root") const {
    if (!test.request_file.empty()) {
      return ReadSource(Beside(file_.path, test.request_file), limits::kRequestBytes);
    }
    Test bare = test;
    bare.approvals.clear();
    if (!with_approvals) return RequestText(bare, now_us, {});
    std::vector<std::string> digests;
    for (const ApprovalLine& approval : test.approvals) {
      const auto other = std::ranges::find(case_.tests, approval.of_test, &Test::title);
      if (!approval.of_test.empty() && other == case_.tests.end()) {
        return Fail("no-such-test", fmt::format("no test `{}` for this policy", approval.of_test));
      }
      const Test& of = approval.of_test.empty() ? test : *other;
      const Result<std::string> approved = Request(of, now_us, false, grant);
      if (!approved.has_value()) return approved;
      digests.push_back(session_->DigestOf(*approved, now_us, grant));
      if (!digests.back().empty()) continue;
      // Nobody can approve what is no call of a tool. As the test's own it is decided without.
      if (approval.of_test.empty()) return approved;
      return Fail("no-such-call", fmt::format("test `{}` has no call that can be approved",
                                              approval.of_test));
    }
    return RequestText(test, now_us, digests);
  }

  void RunTest(const Test& test) {
    test_began_ = Clock::now();
    const Result<int64_t> now_us = NowOf(test);
    if (!now_us.has_value()) {
      Failed(test.line, test.title, now_us.error().message);
      return;
    }
    const Result<std::string> request = Request(test, *now_us, true);
    if (!request.has_value()) {
      Failed(test.line, test.title, request.error().message);
      return;
    }
    // What one test counts is nothing to the next.
    const bool counts = Counts(*compilation_.program);
    const Result<void> renewed = counts ? session_->Renew() : Result<void>();
    if (!renewed.has_value()) {
      Failed(test.line, test.title, renewed.error().message);
      return;
    }
    const Outcome outcome = session_->Decide(*request, *now_us);
    if (options_.coverage != nullptr) NoteCoverage(*request, *now_us, outcome.report);
    if (options_.branches != nullptr) {
      options_.branches->Note(SourceName(), *compilation_.program,
                              session_->Explain(*request, *now_us));
    }
    trace_ += fmt::format("{}\n{}\n\n", test.title, outcome.text);
    const std::string wrong = Differences(test.expected, outcome.report);
    if (wrong.empty() && outcome.disagrees.empty()) {
      Passed(test.line, test.title);
      return;
    }
    std::string message = wrong + outcome.disagrees;
    if (!message.ends_with('\n')) message += '\n';
    Failed(test.expected.line, test.title, message + outcome.text);
  }

  void RunSequence(const Sequence& sequence) {
    test_began_ = Clock::now();
    SequenceRun run(*session_, now_us_,
                    [this](const Test& call, int64_t now_us, const std::string& grant) {
                      return Request(call, now_us, true, grant);
                    });
    run.on_call = [this](const DecidedStep& step) {
      if (options_.coverage != nullptr) {
        options_.coverage->NoteLimits(SourceName(), *compilation_.program, step.outcome.decision,
                                      step.outcome.decisive);
      }
      if (options_.branches != nullptr) {
        options_.branches->Note(SourceName(), *compilation_.program,
                                session_->Explain(step.request, step.now_us, step.grant));
      }
    };
    SequenceRecord record;
    if (options_.record) run.record = &record;
    const SequenceOutcome outcome = run.Run(sequence);
    if (options_.record) Record(sequence, record);
    trace_ += fmt::format("{}\n{}\n", sequence.title, outcome.trace);
    if (outcome.wrong.empty()) {
      Passed(sequence.line, sequence.title);
    } else {
      Failed(outcome.wrong_line, sequence.title, outcome.wrong);
    }
  }

  void Record(const Sequence& sequence, const SequenceRecord& record) {
    const Result<std::vector<state::CounterView>> counters = session_->Counters();
    if (!counters.has_value()) return;
    const std::string& text = compilation_.sources.file(FileId{0}).text;
    result_.recorded += record.Line(sequence.title, text, grant_text_, now_us_, *counters);
  }

  std::string BodyOf(const std::string& name) const {
    if (name == "diagnostics") return DiagnosticsText();
    if (name == "trace") return trace_;
    return compilation_.program == nullptr ? "" : PrintProgram(*compilation_.program);
  }

  void CheckMachineSections() {
    for (const MachineSection& section : case_.machine) {
      std::string body = BodyOf(section.name);
      // Blank lines at the end belong to the reader.
      const auto bare = [](std::string_view text) {
        const size_t last = text.find_last_not_of(" \n");
        return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
      };
      const bool same = bare(body) == bare(section.body);
      bodies_.push_back(same ? section.body : std::string(bare(body)) + "\n\n");
      if (same || options_.update) {
        Passed(section.begin - 1, "!" + section.name);
      } else {
        Failed(section.begin - 1, "!" + section.name,
               "it is now as follows (capc test --update rewrites it):\n" + body);
      }
    }
  }

  const CaptFile& file_;
  const Case& case_;
  const RunOptions& options_;
  RunResult& result_;
  Compilation compilation_;
  std::unique_ptr<Session> session_;
  std::vector<Variant> variants_;           // for coverage
  std::vector<Session> variant_sessions_;   // parallel to variants_
  std::string grant_text_;                  // empty: none is written
  int64_t now_us_ = 0;
  std::optional<Clock::time_point> test_began_;
  std::string trace_;
  std::vector<std::string> bodies_;
};

/// Copies the file and puts `body` in place of a machine section's lines.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) {}

  void Replace(const MachineSection& section, std::string_view body) {
    CopyUntil(section.begin);
    out_ += body;
    Skip(section.end);
  }
  std::string Finish() && {
    out_ += text_;
    return std::move(out_);
  }

 private:
  std::string_view NextLine() {
    const size_t end = text_.find('\n');
    const size_t length = end == std::string_view::npos ? text_.size() : end + 1;
    const std::string_view line = text_.substr(0, length);
    text_.remove_prefix(length);
    ++line_;
    return line;
  }
  void CopyUntil(uint32_t line) {
    while (line_ < line && !text_.empty()) out_ += NextLine();
  }
  void Skip(uint32_t line) {
    while (line_ < line && !text_.empty()) NextLine();
  }

  std::string_view text_;
  std::string out_;
  uint32_t line_ = 1;
};

}  // namespace

RunResult RunCapt(const CaptFile& file, const RunOptions& options) {
  RunResult result;
  Rewriter rewriter(file.text);
  for (const Case& c : file.cases) {
    CaseRun run(file, c, options, result);
    run.Run();
    for (size_t i = 0; i < run.bodies().size(); ++i) {
      rewriter.Replace(c.machine[i], run.bodies()[i]);
    }
  }
  if (options.update) result.updated = std::move(rewriter).Finish();
  return result;
}

}  // namespace cap::policytest
