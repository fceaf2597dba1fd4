#include "compiler/policytest/capt_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cap::policytest {

namespace {

constexpr std::string_view kSpace = " \t";
constexpr std::array<std::string_view, 3> kMachineSections = {"diagnostics", "ir", "trace"};

std::string_view Trim(std::string_view s) {
  const size_t first = s.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kSpace) - first + 1);
}

/// Cuts the first word off `rest`.
std::string_view Word(std::string_view& rest) {
  rest = Trim(rest);
  const size_t end = std::min(rest.find_first_of(kSpace), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = Trim(rest.substr(end));
  return word;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text = Trim(text.substr(0, text.size() - suffix.size()));
  return true;
}

std::optional<int64_t> DurationUs(std::string_view text) {
  struct Unit {
    std::string_view name;
    int64_t us;
  };
  constexpr std::array<Unit, 5> kUnits = {{{"ms", 1'000},
                                           {"s", 1'000'000},
                                           {"m", 60'000'000},
                                           {"h", 3'600'000'000},
                                           {"d", 86'400'000'000}}};
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Unit& u : kUnits) {
    int64_t us = 0;
    if (unit == u.name && !__builtin_mul_overflow(number, u.us, &us)) return us;
  }
  return std::nullopt;
}

/// The text between the quotes of `"…"`; titles need no escapes.
std::optional<std::string> Quoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return std::string(text.substr(1, text.size() - 2));
}

class Parser {
 public:
  Parser(std::string path, std::string text) {
    file_.path = std::move(path);
    file_.text = std::move(text);
  }

  Result<CaptFile> Run() {
    size_t begin = 0;
    while (begin < file_.text.size() && error_.empty()) {
      const size_t end = std::min(file_.text.find('\n', begin), file_.text.size());
      ++line_;
      std::string_view text = std::string_view(file_.text).substr(begin, end - begin);
      if (text.ends_with('\r')) text.remove_suffix(1);
      Line(text);
      begin = end + 1;
    }
    if (error_.empty()) CloseSection(line_ + 1);
    if (error_.empty() && file_.cases.empty()) {
      Wrong("no test here; begin with `--- policy: FILE` or `--- policy` and its text");
    }
    if (!error_.empty()) return Fail("capt-syntax", error_);
    return std::move(file_);
  }

 private:
  enum class In { kProse, kPolicy, kGrant, kNow, kTest, kMachine };

  void Wrong(std::string_view what, uint32_t line = 0) {
    if (!error_.empty()) return;
    error_ = fmt::format("{}:{}: {}", file_.path, line != 0 ? line : line_, what);
  }

  void Line(std::string_view text) {
    if (text.starts_with("---")) {
      CloseSection(line_);
      return OpenSection(Trim(text.substr(3)));
    }
    switch (in_) {
      case In::kProse:
        return;
      case In::kPolicy:
        return Text(file_.cases.back().source, text, file_.cases.back().policy_file);
      case In::kGrant:
        return Text(file_.cases.back().grant, text, file_.cases.back().grant_file);
      case In::kNow:
        if (!Trim(text).empty()) Wrong("`--- now: TIME` has no body");
        return;
      case In::kTest:
        return TestLine(text);
      case In::kMachine:
        file_.cases.back().machine.back().body.append(text).push_back('\n');
        return;
    }
  }

  void Text(std::string& body, std::string_view text, const std::string& file) {
    if (!file.empty() && !Trim(text).empty()) {
      return Wrong("a section that names a file has no text of its own");
    }
    if (file.empty()) body.append(text).push_back('\n');
  }

  void OpenSection(std::string_view heading) {
    const size_t colon = heading.find(':');
    const std::string_view name = Trim(heading.substr(0, colon));
    const std::string value(colon == std::string_view::npos ? std::string_view()
                                                            : Trim(heading.substr(colon + 1)));
    if (colon != std::string_view::npos && value.empty()) {
      return Wrong("something must stand after the colon");
    }
    if (name == "policy") return OpenPolicy(value);
    if (file_.cases.empty()) return Wrong("the first section must be `--- policy`");
    Case& c = file_.cases.back();
    if (name == "grant") {
      if (!c.grant.empty() || !c.grant_file.empty()) return Wrong("a second grant for one policy");
      c.grant_file = value;
      in_ = In::kGrant;
    } else if (name == "now") {
      if (value.empty()) return Wrong("write `--- now: 2026-03-02T10:00:00Z`");
      c.now = value;
      in_ = In::kNow;
    } else if (name == "test") {
      OpenTest(c, value);
    } else if (name.starts_with('!')) {
      OpenMachine(c, name.substr(1));
    } else {
      Wrong(
          fmt::format("no section `{}`; there are policy, grant, now, test, !diagnostics, !ir, "
                      "!trace",
                      name));
    }
  }

  void OpenPolicy(std::string value) {
    Case c;
    c.line = line_;
    c.policy_file = std::move(value);
    c.source_line = line_ + 1;
    file_.cases.push_back(std::move(c));
    in_ = In::kPolicy;
  }

  void OpenTest(Case& c, const std::string& title) {
    if (title.empty()) return Wrong("a test needs a title: `--- test: what it shows`");
    const bool taken =
        std::ranges::any_of(c.tests, [&](const Test& t) { return t.title == title; });
    if (taken) return Wrong(fmt::format("a second test `{}` for one policy", title));
    Test test;
    test.title = title;
    test.line = line_;
    c.tests.push_back(std::move(test));
    in_ = In::kTest;
    continued_ = nullptr;
  }

  void OpenMachine(Case& c, std::string_view name) {
    if (std::ranges::find(kMachineSections, name) == kMachineSections.end()) {
      return Wrong(
          fmt::format("no machine section `!{}`; there are !diagnostics, !ir, !trace", name));
    }
    for (const MachineSection& other : c.machine) {
      if (other.name == name) return Wrong(fmt::format("a second `!{}` for one policy", name));
    }
    c.machine.push_back({std::string(name), line_ + 1, line_ + 1, {}});
    in_ = In::kMachine;
  }

  /// `end`: one past the section's last line.
  void CloseSection(uint32_t end) {
    if (!error_.empty() || file_.cases.empty()) return;
    Case& c = file_.cases.back();
    switch (in_) {
      case In::kPolicy:
        return;
      case In::kTest:
        return CloseTest(c.tests.back());
      case In::kMachine:
        c.machine.back().end = end;
        return;
      case In::kProse:
      case In::kGrant:
      case In::kNow:
        return;
    }
  }

  void CloseTest(Test& test) {
    const int ways = static_cast<int>(!test.tool.empty()) +
                     static_cast<int>(!test.raw_request.empty()) +
                     static_cast<int>(!test.request_file.empty());
    if (ways != 1) return Wrong("a test has one `call` or one `request`", test.line);
    if (test.expected.verdict.empty()) return Wrong("a test ends in `=> verdict`", test.line);
  }

  void TestLine(std::string_view raw) {
    Test& test = file_.cases.back().tests.back();
    const std::string_view line = Trim(raw);
    if (line.empty() || line.starts_with('#')) return;
    std::string_view rest = line;
    const std::string_view word = Word(rest);
    const bool indented = kSpace.find(raw.front()) != std::string_view::npos;
    if (!test.expected.verdict.empty()) {
      if (!indented) return Wrong("after `=>` only indented lines: observed, limit, reason, at …");
      return ExpectationDetail(test.expected, word, rest);
    }
    if (!indented && Statement(test, word, rest)) return;
    if (!error_.empty()) return;
    if (continued_ == nullptr) {
      return Wrong("expected call, request, fact, live, resource, approved, now or =>");
    }
    continued_->push_back('\n');
    continued_->append(line);  // JSON may go on over several lines
  }

  /// False: `word` begins no statement.
  bool Statement(Test& test, std::string_view word, std::string_view rest) {
    if (word == "call") {
      test.tool = Word(rest);
      test.arguments = rest;
      continued_ = &test.arguments;
    } else if (word == "request") {
      const bool json = rest.starts_with('{');
      (json ? test.raw_request : test.request_file) = rest;
      continued_ = json ? &test.raw_request : nullptr;
    } else if (word == "fact") {
      Fact(test, rest);
    } else if (word == "live") {
      test.live = rest;
      continued_ = &test.live;
    } else if (word == "resource") {
      test.resource = rest;
      continued_ = nullptr;
    } else if (word == "now") {
      test.now = rest;
      continued_ = nullptr;
    } else if (word == "approved") {
      Approval(test, rest);
      continued_ = nullptr;
    } else if (word == "=>") {
      Expect(test.expected, rest);
      continued_ = nullptr;
    } else {
      return false;
    }
    return true;
  }

  void Fact(Test& test, std::string_view rest) {
    constexpr std::string_view kForm = "write `fact NAME(KEY) [by ATTESTOR][, 45s old] = VALUE`";
    // The key may hold any JSON but neither ") " nor "), ", which end it; the value may hold
    // anything.
    const size_t open = rest.find('(');
    const size_t close = std::min(rest.find(") ", open), rest.find("), ", open));
    const size_t equals = rest.find('=', close);
    if (open == std::string_view::npos || equals == std::string_view::npos) return Wrong(kForm);
    FactLine fact;
    fact.line = line_;
    fact.name = Trim(rest.substr(0, open));
    fact.keys = Trim(rest.substr(open + 1, close - open - 1));
    std::string_view about = Trim(rest.substr(close + 1, equals - close - 1));
    if (TakeSuffix(about, "old")) {
      const size_t space = about.find_last_of(" ,");
      const size_t from = space == std::string_view::npos ? 0 : space + 1;
      const std::optional<int64_t> age = DurationUs(about.substr(from));
      if (!age.has_value()) return Wrong(kForm);
      fact.age_us = *age;
      about = Trim(about.substr(0, from));
      TakeSuffix(about, ",");
    }
    if (!about.empty()) {
      if (Word(about) != "by" || about.empty()) return Wrong(kForm);
      fact.attestor = about;
    }
    fact.value = Trim(rest.substr(equals + 1));
    if (fact.name.empty()) return Wrong(kForm);
    test.facts.push_back(std::move(fact));
    continued_ = &test.facts.back().value;
  }

  void Approval(Test& test, std::string_view rest) {
    constexpr std::string_view kForm = "write `approved by APPROVER [of \"another test\"]`";
    if (Word(rest) != "by") return Wrong(kForm);
    ApprovalLine approval;
    approval.line = line_;
    approval.approver = Word(rest);
    if (!rest.empty()) {
      if (Word(rest) != "of") return Wrong(kForm);
      const std::optional<std::string> title = Quoted(rest);
      if (!title.has_value()) return Wrong(kForm);
      approval.of_test = *title;
    }
    if (approval.approver.empty()) return Wrong(kForm);
    test.approvals.push_back(std::move(approval));
  }

  void Expect(Expectation& expected, std::string_view rest) {
    expected.line = line_;
    expected.verdict = Word(rest);
    expected.code = Word(rest);
    expected.clause = rest;
    const bool known =
        expected.verdict == "permit" || expected.verdict == "deny" || expected.verdict == "step-up";
    if (!known) Wrong("a verdict is permit, deny or step-up");
  }

  void ExpectationDetail(Expectation& expected, std::string_view word, std::string_view rest) {
    struct Detail {
      std::string_view name;
      std::optional<std::string>* value;
    };
    const std::array<Detail, 5> details = {{{"observed", &expected.observed},
                                            {"limit", &expected.limit},
                                            {"reason", &expected.reason},
                                            {"capability", &expected.capability},
                                            {"at", &expected.at}}};
    for (const Detail& detail : details) {
      if (detail.name != word) continue;
      *detail.value = std::string(rest);
      return;
    }
    Wrong("after `=>`: observed, limit, reason, capability or at");
  }

  CaptFile file_;
  std::string error_;
  uint32_t line_ = 0;
  In in_ = In::kProse;
  std::string* continued_ = nullptr;
};

}  // namespace

std::vector<Mark> MarksOf(std::string_view source) {
  std::vector<Mark> marks;
  uint32_t line = 0;
  for (size_t begin = 0; begin < source.size();) {
    const size_t end = std::min(source.find('\n', begin), source.size());
    std::string_view text = source.substr(begin, end - begin);
    begin = end + 1;
    ++line;
    const size_t at = text.rfind("//~");
    if (at == std::string_view::npos) continue;
    text = text.substr(at + 3);
    uint32_t up = 0;
    while (text.starts_with('^')) {
      ++up;
      text.remove_prefix(1);
    }
    for (std::string_view code = Word(text); !code.empty(); code = Word(text)) {
      marks.push_back({std::string(code), line - std::min(up, line - 1)});
    }
  }
  return marks;
}

Result<CaptFile> ParseCapt(std::string path, std::string text) {
  return Parser(std::move(path), std::move(text)).Run();
}

}  // namespace cap::policytest
