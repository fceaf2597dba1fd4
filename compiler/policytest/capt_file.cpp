#include "compiler/policytest/capt_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/policytest/capt_lines.h"

namespace cap::policytest {

namespace {

constexpr std::array<std::string_view, 3> kMachineSections = {"diagnostics", "ir", "trace"};

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
  enum class In { kProse, kPolicy, kGrant, kNow, kTest, kSequence, kMachine };

  void Wrong(std::string_view what, uint32_t line = 0) {
    if (!error_.empty()) return;
    error_ = fmt::format("{}:{}: {}", file_.path, line != 0 ? line : line_, what);
  }

  void Said(const std::string& wrong) {
    if (!wrong.empty()) Wrong(wrong);
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
        return Said(lines_.TestLine(file_.cases.back().tests.back(), text, line_));
      case In::kSequence:
        return Said(lines_.StepLine(file_.cases.back().sequences.back(), text, line_));
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
    } else if (name == "sequence") {
      OpenSequence(c, value);
    } else if (name.starts_with('!')) {
      OpenMachine(c, name.substr(1));
    } else {
      Wrong(
          fmt::format("no section `{}`; there are policy, grant, now, test, sequence, "
                      "!diagnostics, !ir, !trace",
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
    if (IsTaken(c, title)) return Wrong(fmt::format("a second test `{}` for one policy", title));
    Test test;
    test.title = title;
    test.line = line_;
    c.tests.push_back(std::move(test));
    in_ = In::kTest;
    lines_ = {};
  }

  void OpenSequence(Case& c, const std::string& title) {
    if (title.empty()) return Wrong("a sequence needs a title: `--- sequence: what it shows`");
    if (IsTaken(c, title)) return Wrong(fmt::format("a second test `{}` for one policy", title));
    Sequence sequence;
    sequence.title = title;
    sequence.line = line_;
    c.sequences.push_back(std::move(sequence));
    in_ = In::kSequence;
    lines_ = {};
  }

  static bool IsTaken(const Case& c, const std::string& title) {
    return std::ranges::any_of(c.tests, [&](const Test& t) { return t.title == title; }) ||
           std::ranges::any_of(c.sequences, [&](const Sequence& s) { return s.title == title; });
  }

  void CloseSequence(const Sequence& sequence) {
    uint32_t line = sequence.line;
    if (sequence.steps.empty()) return Wrong("a sequence has at least one step", line);
    const std::string missing = LineReader::SequenceEnd(sequence, line);
    if (!missing.empty()) Wrong(missing, line);
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
      case In::kTest: {
        const std::string missing = LineReader::TestEnd(c.tests.back());
        return missing.empty() ? void() : Wrong(missing, c.tests.back().line);
      }
      case In::kSequence:
        return CloseSequence(c.sequences.back());
      case In::kMachine:
        c.machine.back().end = end;
        return;
      case In::kProse:
      case In::kGrant:
      case In::kNow:
        return;
    }
  }

  CaptFile file_;
  std::string error_;
  uint32_t line_ = 0;
  In in_ = In::kProse;
  LineReader lines_;
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
    for (std::string_view code = TakeWord(text); !code.empty(); code = TakeWord(text)) {
      marks.push_back({std::string(code), line - std::min(up, line - 1)});
    }
  }
  return marks;
}

Result<CaptFile> ParseCapt(std::string path, std::string text) {
  return Parser(std::move(path), std::move(text)).Run();
}

}  // namespace cap::policytest
