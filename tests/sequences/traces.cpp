#include "tests/sequences/traces.h"

#include <fmt/core.h>

#include <utility>

namespace cap::sequences {
namespace {

using policytest::Step;
using policytest::Test;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3600 * kSecond;

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  policytest::Sequence Run() {
    policytest::Sequence sequence;
    sequence.title = "random";
    const size_t count = 6 + random_() % 24;
    while (sequence.steps.size() < count) {
      Step step = Next();
      step.line = static_cast<uint32_t>(sequence.steps.size() + 1);
      sequence.steps.push_back(std::move(step));
    }
    return sequence;
  }

 private:
  bool Chance(uint64_t percent) { return sequences::Chance(random_, percent); }
  std::string Any(const std::vector<std::string>& from) { return Pick(random_, from); }

  int64_t Later() {
    static const std::vector<int64_t> kTimes = {
        1,           1000,           999'999,      kSecond,     9 * kSecond, 10 * kSecond,
        29 * kSecond, 30 * kSecond,  60 * kSecond, 600 * kSecond, kHour - 1,  kHour,
        6 * kHour,   23 * kHour,     24 * kHour,   25 * kHour,  31 * 24 * kHour};
    if (Chance(45)) return 0;
    if (Chance(3)) return -5 * kSecond;
    return Pick(random_, kTimes);
  }

  Step Next() {
    const uint64_t kind = random_() % 100;
    if (kind < 16 && !names_.empty()) return Settle(Step::Kind::kCommit);
    if (kind < 24 && !names_.empty()) return Settle(Step::Kind::kRelease);
    if (kind < 27) return Grant();
    if (kind < 28) return Revoke();
    return Call();
  }

  Step Settle(Step::Kind kind) {
    Step step;
    step.kind = kind;
    step.name = Any(names_);
    if (kind == Step::Kind::kCommit && Chance(30)) {
      step.actual = Any({"0.00 USD", "10.00 USD", "60.00 USD", "300.00 USD", "0", "1", "5"});
    }
    return step;
  }

  /// The same holder again: what it has used stays used.
  Step Grant() {
    Step step;
    step.kind = Step::Kind::kGrant;
    step.name = fmt::format("g{}", random_() % 3);
    step.json = fmt::format(R"({{"policy": "p", "subject": "{}", "ttl": "4000d"}})",
                            Any({"test", "other"}));
    if (Chance(60)) {
      step.by = Any(grants_);
      step.json = Pick(random_, Links()).json;
    }
    grants_.push_back(step.name);
    return step;
  }

  Step Revoke() {
    Step step;
    step.kind = Step::Kind::kRevoke;
    step.name = Any(grants_);
    return step;
  }

  Step Call() {
    // A call that is named is sometimes asked for again, as it was.
    if (!named_.empty() && Chance(8)) {
      Step again = Pick(random_, named_);
      again.later_us = Later();
      return again;
    }
    Step step;
    step.later_us = Later();
    step.call.tool = Any({"pay", "pay", "pay", "note", "note", "both", "both", "close"});
    const std::string order = Any({"o1", "o2"});
    step.call.arguments = Arguments(step.call.tool, order);
    if (step.call.tool == "pay" && Chance(95)) step.call.facts.push_back(Fact(order));
    if (Chance(25)) step.call.approvals.push_back({"boss", "", 0});
    step.peek = Chance(6);
    if (Chance(15)) step.by = Any(grants_);
    if (!step.peek && Chance(55)) {
      step.name = fmt::format("c{}", names_.size());
      names_.push_back(step.name);
      named_.push_back(step);
    }
    return step;
  }

  std::string Arguments(const std::string& tool, const std::string& order) {
    if (tool == "close") return fmt::format(R"({{"order": "{}"}})", order);
    std::string text = fmt::format(R"({{"order": "{}", "units": {}, "kind": "{}")", order,
                                   Any({"1", "1", "1", "2", "3", "0", "-1", "300"}),
                                   Any({"a", "a", "b"}));
    if (tool == "pay") {
      text += fmt::format(R"(, "amount": {})", Any({"10.00", "10.00", "0.01", "49.99", "50.00",
                                                    "100.00", "0.00", "1000000000000.00"}));
    }
    return text + "}";
  }

  policytest::FactLine Fact(const std::string& order) {
    policytest::FactLine fact;
    fact.name = "info";
    fact.keys = "\"" + order + "\"";
    fact.attestor = "shop";
    fact.value = fmt::format(R"({{"total": {}, "units": {}}})",
                             Any({"60.00", "100.00", "0.00", "500.00"}),
                             Any({"1", "3", "10", "0", "-2"}));
    return fact;
  }

  Random& random_;
  std::vector<std::string> names_;
  std::vector<Step> named_;
  std::vector<std::string> grants_ = {"root"};
};

std::string Settlement(const Step& step) {
  std::string text = step.kind == Step::Kind::kCommit ? "commit " : "release ";
  text += step.name;
  if (!step.actual.empty()) text += " actual " + step.actual;
  return text + "\n";
}

std::string CallText(const Step& step) {
  std::string text;
  if (step.later_us != 0) text += fmt::format("later {}us\n", step.later_us);
  if (!step.name.empty()) text += fmt::format("id {}\n", step.name);
  if (!step.by.empty()) text += fmt::format("by {}\n", step.by);
  if (step.peek) text += "peek\n";
  text += fmt::format("call {} {}\n", step.call.tool, step.call.arguments);
  for (const policytest::FactLine& fact : step.call.facts) {
    text += fmt::format("fact {}({}) by {} = {}\n", fact.name, fact.keys, fact.attestor,
                        fact.value);
  }
  if (!step.call.approvals.empty()) text += "approved by boss\n";
  return text + "=> permit\n";
}

}  // namespace

const std::vector<Link>& Links() {
  static const std::vector<Link> kLinks = {
      {.json = R"({"subject": "child",)"
               R"( "capabilities": ["pay0", "note0", "debit0", "log0", "close"]})",
       .capabilities = {"pay0", "note0", "debit0", "log0", "close"}},
      {.json = R"({"subject": "child", "capabilities": ["pay0", "close"], "ttl": "1d"})",
       .capabilities = {"pay0", "close"},
       .ttl_us = 24 * kHour},
      {.json = R"({"subject": "child", "capabilities": ["pay0"],)"
               R"( "only": {"order": {"in": ["o1"]}}})",
       .capabilities = {"pay0"},
       .order = "o1"},
      {.json = R"({"subject": "child", "capabilities": ["pay0"],)"
               R"( "only": {"units": {"to": 2}}})",
       .capabilities = {"pay0"},
       .units_to = 2},
      {.json = R"({"subject": "c", "capabilities": ["pay0"],)"
               R"( "narrow": {"pay0": {"guarded.most": 1}}})",
       .capabilities = {"pay0"},
       .subject = "c",
       .parameter = "guarded.most",
       .value = 1},
      {.json = R"({"subject": "c", "capabilities": ["pay0", "note0"],)"
               R"( "narrow": {"pay0": {"maxPerDay.limit": 2}}})",
       .capabilities = {"pay0", "note0"},
       .subject = "c",
       .parameter = "maxPerDay.limit",
       .value = 2},
      {.json = R"({"subject": "c", "capabilities": ["pay0", "note0"],)"
               R"( "narrow": {"limit both": {"consume.limit": 2}}})",
       .capabilities = {"pay0", "note0"},
       .subject = "c",
       .limit = "both",
       .parameter = "consume.limit",
       .value = 2},
      {.json = R"({"subject": "c", "capabilities": ["pay0", "debit0", "log0"],)"
               R"( "narrow": {"limit booked": {"consume.limit": 1}}})",
       .capabilities = {"pay0", "debit0", "log0"},
       .subject = "c",
       .limit = "booked",
       .parameter = "consume.limit",
       .value = 1},
      {.json = R"({"subject": "child", "capabilities": ["pay7"]})", .capabilities = {"pay7"}}};
  return kLinks;
}

std::string RandomStart(Random& random) {
  return Pick(random, std::vector<std::string>{
                          "2026-03-28T22:30:00Z", "2026-10-24T22:30:00Z", "2026-12-31T22:59:58Z",
                          "2026-03-02T10:00:00Z", "2026-03-08T06:30:00Z", "2028-02-28T23:59:00Z"});
}

policytest::Sequence RandomTrace(Random& random) { return Writer(random).Run(); }

std::string CaptText(const policytest::Sequence& sequence) {
  std::string text = "--- sequence: " + sequence.title + "\n";
  for (const Step& step : sequence.steps) {
    switch (step.kind) {
      case Step::Kind::kCall:
        text += CallText(step);
        break;
      case Step::Kind::kCommit:
      case Step::Kind::kRelease:
        text += Settlement(step);
        break;
      case Step::Kind::kWait:
        text += fmt::format("wait {}us\n", step.later_us);
        break;
      case Step::Kind::kGrant:
        text += fmt::format("grant {}{} {}\n", step.name, step.by.empty() ? "" : " of " + step.by,
                            step.json);
        break;
      case Step::Kind::kRevoke:
        text += fmt::format("revoke {}\n", step.name);
        break;
    }
  }
  return text;
}

}  // namespace cap::sequences
