#include "compiler/policytest/capt_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace cap::policytest {

namespace {

constexpr std::string_view kSpace = " \t";

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text = Trim(text.substr(0, text.size() - suffix.size()));
  return true;
}

/// The text between the quotes of `"…"`; titles need no escapes.
std::optional<std::string> Quoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return std::string(text.substr(1, text.size() - 2));
}

struct Unit {
  std::string_view name;
  int64_t us;
};
constexpr std::array<Unit, 6> kUnits = {{{"us", 1},
                                         {"ms", 1'000},
                                         {"s", 1'000'000},
                                         {"m", 60'000'000},
                                         {"h", 3'600'000'000},
                                         {"d", 86'400'000'000}}};

/// Cuts one number with its unit off `text`.
std::optional<int64_t> TakeSpan(std::string_view& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  const size_t length = std::min(text.find_first_of("-0123456789 \t"), text.size());
  for (const Unit& unit : kUnits) {
    int64_t us = 0;
    if (text.substr(0, length) != unit.name) continue;
    if (__builtin_mul_overflow(number, unit.us, &us)) return std::nullopt;
    text = Trim(text.substr(length));
    return us;
  }
  return std::nullopt;
}

constexpr uint32_t kMostTimes = 1000;

bool IsName(std::string_view text) {
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !text.empty() && text.find_first_not_of(kName) == std::string_view::npos;
}

bool IsIndented(std::string_view raw) { return kSpace.find(raw.front()) != kSpace.npos; }

/// Whether a line of a call begins so.
bool BeginsLine(std::string_view word) {
  constexpr std::array<std::string_view, 8> kWords = {"call",     "request", "fact",     "live",
                                                      "resource", "now",     "approved", "=>"};
  return std::ranges::find(kWords, word) != kWords.end();
}

constexpr std::array<std::string_view, 6> kSettled = {"settled", "already",     "conflict",
                                                      "unknown", "bad_request", "unavailable"};

}  // namespace

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view TakeWord(std::string_view& rest) {
  rest = Trim(rest);
  const size_t end = std::min(rest.find_first_of(kSpace), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = Trim(rest.substr(end));
  return word;
}

std::optional<int64_t> SpanUs(std::string_view text) {
  int64_t sum = 0;
  text = Trim(text);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::optional<int64_t> span = TakeSpan(text);
    if (!span.has_value() || __builtin_add_overflow(sum, *span, &sum)) return std::nullopt;
  }
  return sum;
}

void LineReader::Wrong(std::string what) {
  if (error_.empty()) error_ = std::move(what);
}

// --- the lines of a call ---

std::string LineReader::TestLine(Test& test, std::string_view raw, uint32_t line) {
  line_ = line;
  const std::string_view text = Trim(raw);
  if (text.empty() || text.starts_with('#')) return {};
  if (!test.expected.verdict.empty()) {
    if (!IsIndented(raw)) return "after `=>` only indented lines: observed, limit, reason, at …";
    return Detail(test.expected, text);
  }
  std::string_view rest = text;
  const std::string_view word = TakeWord(rest);
  if (!IsIndented(raw) && Statement(test, word, rest)) return std::exchange(error_, {});
  return Continue(text);
}

std::string LineReader::Continue(std::string_view line) {
  if (continued_ == nullptr) {
    return "expected call, request, fact, live, resource, approved, now or =>";
  }
  continued_->push_back('\n');
  continued_->append(line);
  return {};
}

std::string LineReader::TestEnd(const Test& test) {
  const int ways = static_cast<int>(!test.tool.empty()) +
                   static_cast<int>(!test.raw_request.empty()) +
                   static_cast<int>(!test.request_file.empty());
  if (ways != 1) return "a test has one `call` or one `request`";
  if (test.expected.verdict.empty()) return "a test ends in `=> verdict`";
  return {};
}

bool LineReader::Statement(Test& test, std::string_view word, std::string_view rest) {
  if (!BeginsLine(word)) return false;
  continued_ = nullptr;
  if (word == "call") {
    test.tool = TakeWord(rest);
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
  } else if (word == "now") {
    test.now = rest;
  } else if (word == "approved") {
    Approval(test, rest);
  } else {
    Expect(test.expected, rest);
  }
  return true;
}

void LineReader::Fact(Test& test, std::string_view rest) {
  constexpr const char* kForm = "write `fact NAME(KEY) [by ATTESTOR][, 45s old] = VALUE`";
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
    const std::optional<int64_t> age = SpanUs(about.substr(from));
    if (!age.has_value()) return Wrong(kForm);
    fact.age_us = *age;
    about = Trim(about.substr(0, from));
    TakeSuffix(about, ",");
  }
  if (!about.empty()) {
    if (TakeWord(about) != "by" || about.empty()) return Wrong(kForm);
    fact.attestor = about;
  }
  fact.value = Trim(rest.substr(equals + 1));
  if (fact.name.empty()) return Wrong(kForm);
  test.facts.push_back(std::move(fact));
  continued_ = &test.facts.back().value;
}

void LineReader::Approval(Test& test, std::string_view rest) {
  constexpr const char* kForm = "write `approved by APPROVER [of \"another test\"]`";
  if (TakeWord(rest) != "by") return Wrong(kForm);
  ApprovalLine approval;
  approval.line = line_;
  approval.approver = TakeWord(rest);
  if (!rest.empty()) {
    if (TakeWord(rest) != "of") return Wrong(kForm);
    const std::optional<std::string> title = Quoted(rest);
    if (!title.has_value()) return Wrong(kForm);
    approval.of_test = *title;
  }
  if (approval.approver.empty()) return Wrong(kForm);
  test.approvals.push_back(std::move(approval));
}

void LineReader::Expect(Expectation& expected, std::string_view rest) {
  expected.line = line_;
  expected.verdict = TakeWord(rest);
  expected.code = TakeWord(rest);
  expected.clause = rest;
  const bool known =
      expected.verdict == "permit" || expected.verdict == "deny" || expected.verdict == "step-up";
  if (!known) Wrong("a verdict is permit, deny or step-up");
}

std::string LineReader::Detail(Expectation& expected, std::string_view text) {
  std::string_view rest = text;
  const std::string_view word = TakeWord(rest);
  struct Text {
    std::string_view name;
    std::optional<std::string>* value;
  };
  const std::array<Text, 5> texts = {{{"observed", &expected.observed},
                                      {"limit", &expected.limit},
                                      {"reason", &expected.reason},
                                      {"capability", &expected.capability},
                                      {"at", &expected.at}}};
  for (const Text& detail : texts) {
    if (detail.name != word) continue;
    *detail.value = std::string(rest);
    return {};
  }
  if (word == "remains") {
    const size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return "write `remains LIMIT: VALUE`";
    expected.remains.push_back(
        {std::string(Trim(rest.substr(0, colon))), std::string(Trim(rest.substr(colon + 1)))});
    return {};
  }
  if (word == "retry" && TakeWord(rest) == "after") {
    expected.retry_after_us = rest == "never" ? INT64_MAX : SpanUs(rest);
    return expected.retry_after_us.has_value() ? "" : "write `retry after 12m`, `2h 30m`, `never`";
  }
  return "after `=>`: observed, limit, reason, capability, at, remains or retry after";
}

// --- the steps of a sequence ---

std::string LineReader::StepLine(Sequence& sequence, std::string_view raw, uint32_t line) {
  line_ = line;
  const std::string_view text = Trim(raw);
  if (text.empty() || text.starts_with('#')) return {};
  std::string_view rest = text;
  const std::string_view word = TakeWord(rest);
  if (IsIndented(raw)) {
    if (continued_ != nullptr) return Continue(text);
    const bool ended =
        !sequence.steps.empty() && !sequence.steps.back().call.expected.verdict.empty();
    if (!ended) return "an indented line belongs below `=>`, or goes on with JSON";
    return Detail(sequence.steps.back().call.expected, text);
  }
  if (StepOnItsOwn(sequence, word, rest) || StepStatement(sequence, word, rest) ||
      Refused(sequence, word, rest) ||
      (BeginsLine(word) && Statement(CallStep(sequence).call, word, rest))) {
    return std::exchange(error_, {});
  }
  if (continued_ != nullptr) return Continue(text);
  return "a step is a call with its lines and `=>`, or one of commit, release, wait, grant, revoke";
}

Step& LineReader::OpenStep(Sequence& sequence, Step::Kind kind) {
  uint32_t line = 0;
  const std::string missing = SequenceEnd(sequence, line);
  if (!missing.empty()) Wrong(fmt::format("the step that begins in line {}: {}", line, missing));
  Step step;
  step.kind = kind;
  step.line = line_;
  sequence.steps.push_back(std::move(step));
  continued_ = nullptr;
  return sequence.steps.back();
}

/// The call whose lines are being read; a new one behind what is whole.
Step& LineReader::CallStep(Sequence& sequence) {
  const bool open = !sequence.steps.empty() && sequence.steps.back().kind == Step::Kind::kCall &&
                    sequence.steps.back().call.expected.verdict.empty();
  if (open) return sequence.steps.back();
  Step& step = OpenStep(sequence, Step::Kind::kCall);
  step.call.line = line_;
  return step;
}

bool LineReader::StepStatement(Sequence& sequence, std::string_view word, std::string_view rest) {
  constexpr std::array<std::string_view, 5> kWords = {"id", "by", "peek", "later", "times"};
  if (std::ranges::find(kWords, word) == kWords.end()) return false;
  Step& step = CallStep(sequence);
  continued_ = nullptr;
  if (word == "peek") {
    step.peek = true;
    if (!rest.empty()) Wrong("`peek` stands alone");
  } else if (word == "times") {
    const char* end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data(), end, step.times);
    const bool good = error == std::errc() && stop == end && step.times > 0;
    if (!good || step.times > kMostTimes) Wrong("write `times 3`, up to 1000");
  } else if (word == "later") {
    const std::optional<int64_t> later = SpanUs(rest);
    if (!later.has_value()) Wrong("write `later 5m`");
    step.later_us = later.value_or(0);
  } else {
    if (!IsName(rest)) Wrong(fmt::format("write `{} NAME`", word));
    (word == "id" ? step.name : step.by) = rest;
  }
  return true;
}

bool LineReader::StepOnItsOwn(Sequence& sequence, std::string_view word, std::string_view rest) {
  if (word == "commit") {
    Settle(sequence, Step::Kind::kCommit, rest);
  } else if (word == "release") {
    Settle(sequence, Step::Kind::kRelease, rest);
  } else if (word == "wait") {
    Wait(sequence, rest);
  } else if (word == "grant") {
    Grant(sequence, rest);
  } else if (word == "revoke") {
    if (!rest.empty() && !IsName(rest)) Wrong("write `revoke` or `revoke NAME`");
    OpenStep(sequence, Step::Kind::kRevoke).name = rest;
  } else {
    return false;
  }
  return true;
}

void LineReader::Settle(Sequence& sequence, Step::Kind kind, std::string_view rest) {
  const bool commits = kind == Step::Kind::kCommit;
  const char* form = commits ? "write `commit NAME [actual 30.00 USD] [=> already]`"
                             : "write `release NAME [=> already]`";
  Step& step = OpenStep(sequence, kind);
  step.settled = "settled";
  const size_t arrow = rest.find("=>");
  if (arrow != std::string_view::npos) {
    step.settled = Trim(rest.substr(arrow + 2));
    rest = Trim(rest.substr(0, arrow));
  }
  step.name = TakeWord(rest);
  if (!rest.empty()) {
    if (!commits || TakeWord(rest) != "actual" || rest.empty()) return Wrong(form);
    step.actual = rest;
  }
  if (std::ranges::find(kSettled, step.settled) == kSettled.end()) {
    return Wrong("a settlement is settled, already, conflict, unknown, bad_request or unavailable");
  }
  const bool known = std::ranges::any_of(sequence.steps, [&](const Step& other) {
    return other.kind == Step::Kind::kCall && other.name == step.name;
  });
  if (!IsName(step.name)) return Wrong(form);
  if (!known) Wrong(fmt::format("no call before this has the id `{}`", step.name));
}

void LineReader::Wait(Sequence& sequence, std::string_view rest) {
  const std::optional<int64_t> later = SpanUs(rest);
  if (!later.has_value()) return Wrong("write `wait 5m`");
  OpenStep(sequence, Step::Kind::kWait).later_us = *later;
}

void LineReader::Grant(Sequence& sequence, std::string_view rest) {
  constexpr const char* kForm = "write `grant NAME [of PARENT] {…}`";
  Step& step = OpenStep(sequence, Step::Kind::kGrant);
  step.name = TakeWord(rest);
  if (rest.starts_with("of ")) {
    TakeWord(rest);
    step.by = TakeWord(rest);
    if (!IsName(step.by)) return Wrong(kForm);
  }
  if (!IsName(step.name) || (!rest.empty() && !rest.starts_with('{'))) return Wrong(kForm);
  step.json = rest;
  continued_ = &step.json;
}

/// `=> refused CODE` below a grant that cannot be given.
bool LineReader::Refused(Sequence& sequence, std::string_view word, std::string_view rest) {
  if (word != "=>" || sequence.steps.empty()) return false;
  Step& step = sequence.steps.back();
  if (step.kind != Step::Kind::kGrant || !step.call.expected.verdict.empty()) return false;
  continued_ = nullptr;
  step.call.expected.verdict = TakeWord(rest);
  step.call.expected.code = rest;
  step.call.expected.line = line_;
  if (step.call.expected.verdict != "refused") Wrong("below a grant stands `=> refused [CODE]`");
  return true;
}

std::string LineReader::SequenceEnd(const Sequence& sequence, uint32_t& line) {
  if (sequence.steps.empty()) {
    line = sequence.line;
    return {};
  }
  const Step& last = sequence.steps.back();
  line = last.line;
  if (last.times > 1 && !last.name.empty()) return "a call with an id is one call, without `times`";
  return last.kind == Step::Kind::kCall ? TestEnd(last.call) : std::string();
}

}  // namespace cap::policytest
