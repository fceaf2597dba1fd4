#include "tests/sequences/policies.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace cap::sequences {
namespace {

using From = Quantity::From;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

constexpr const char* kHead = R"(module random
import std.approval
import std.quota
approver boss
enum Kind { "a", "b" }
record Order { total: money in "USD", units: int }

constraint guarded(most: int narrows <=, per: key = subject) {
  consume 1 of quota(most, every: "day") per per
}

action pay { order: string max 16, amount: money in "USD", units: int, kind: Kind
  fact info: Order for order by shop within 1h }
action note { order: string max 16, units: int, kind: Kind }
action close { order: string max 16 }
action debit of "both" { order: string max 16, units: int, kind: Kind }
action log of "both" when units > 1 { order: string max 16, units: int, kind: Kind }

)";

/// A word of the policy and what it means.
using Words = std::vector<std::pair<std::string, int64_t>>;

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  PolicyModel Run() {
    std::string& text = model_.text = kHead;
    text += "policy p {\n";
    if (Chance(25)) Breaker();
    const size_t pays = 1 + random_() % 3;
    for (size_t i = 0; i < pays; ++i) Capability(fmt::format("pay{}", i), "pay");
    const size_t notes = 1 + random_() % 2;
    for (size_t i = 0; i < notes; ++i) Capability(fmt::format("note{}", i), "note");
    Capability("debit0", "debit");
    const size_t logs = 1 + random_() % 2;
    for (size_t i = 0; i < logs; ++i) Capability(fmt::format("log{}", i), "log");
    text += "  capability close\n";
    model_.capabilities.push_back({.name = "close", .action = "close", .kind = {}, .most = {},
                                   .ask_above = {}, .statements = {}});
    if (Chance(15)) {
      model_.forbidden_above = 2;
      text += "  forbid note when units > 2\n";
    }
    if (Chance(40)) Shared("both", {"pay", "note"}, "p");
    if (Chance(20)) Shared("paid", {"pay"}, "p");
    if (Chance(40)) Shared("booked", {"debit", "log"}, "p");
    text += "}\n";
    if (Chance(20)) {
      Shared("everywhere", Chance(50) ? Names{"pay"} : Names{"note", "debit", "log"}, "");
    }
    return std::move(model_);
  }

 private:
  using Names = std::vector<std::string>;

  bool Chance(uint64_t percent) { return sequences::Chance(random_, percent); }
  std::string Any(const Names& from) { return Pick(random_, from); }
  const std::pair<std::string, int64_t>& Any(const Words& from) { return Pick(random_, from); }

  void Breaker() {
    const auto [window, window_us] =
        Any(Words{{"10s", 10 * kSecond}, {"1m", kMinute}, {"1h", kHour}});
    const auto [suspend, suspend_us] =
        Any(Words{{"30s", 30 * kSecond}, {"10m", 10 * kMinute}, {"1d", kDay}});
    model_.breaker = {static_cast<int64_t>(1 + random_() % 4), window_us, suspend_us};
    model_.text += fmt::format(
        "  circuit_breaker {{ maxViolations({}) window({}) suspendDuration({}) }}\n",
        model_.breaker.most, window, suspend);
  }

  std::string Key(bool always, Statement& made) {
    if (!always && Chance(45)) return "";
    static const std::vector<Names> kKeys = {
        {"order"}, {"kind"}, {"order", "kind"}, {"kind", "units"}, {"subject", "order"}};
    made.keys = Pick(random_, kKeys);
    std::string list;
    for (const std::string& key : made.keys) list += (list.empty() ? "" : ", ") + key;
    return made.keys.size() == 1 && Chance(70) ? " per " + list : " per [" + list + "]";
  }

  std::string Options() {
    std::string text;
    if (Chance(8)) text += R"(, reset: "2026-11")";
    if (Chance(8)) text += R"(, on_store_error: "permit")";
    return text;
  }

  std::string Zone() {
    return Any(Names{"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Havana",
                     "Australia/Lord_Howe"});
  }

  std::string Period(Statement& made) {
    const auto [period, number] =
        Any(Words{{"hour", 0}, {"day", 1}, {"day", 1}, {"week", 2}, {"month", 3}, {"total", 4}});
    made.every = static_cast<Every>(number);
    std::string text = fmt::format("every: \"{}\"", period);
    if (made.every == Every::kTotal) {
      const auto [retain, retain_us] = Any(Words{{"1d", kDay}, {"400d", 400 * kDay}});
      made.span_us = retain_us;
      return text + ", retain: " + retain;
    }
    if (made.every != Every::kHour && Chance(60)) {
      made.zone = Zone();
      text += ", zone: \"" + made.zone + "\"";
    }
    return text;
  }

  std::string Money(Statement& made) {
    made.money = true;
    if (Chance(20)) {
      made.limit.from = From::kFactTotal;
      return "info.total";
    }
    const auto [text, cents] = Any(Words{{"50.00 USD", 5000}, {"100.00 USD", 10000},
                                         {"250.50 USD", 25050}, {"90000.00 USD", 9000000}});
    made.limit.number = cents;
    return text;
  }

  std::string Count(Statement& made) {
    const auto [text, number] = Any(Words{{"1", 1}, {"1", 1}, {"units", 0}, {"2", 2}});
    made.amount = {number == 0 ? From::kUnits : From::kPolicy, number};
    return text;
  }

  std::string Number(const Words& from, Quantity& made) {
    const auto [text, number] = Any(from);
    made.number = number;
    return text;
  }

  void Quota(const std::string& action, bool keyed, Statement& made) {
    std::string amount, limit;
    if (action == "pay" && Chance(50)) {
      limit = Money(made);
      const bool asked = Chance(80);
      made.amount = {asked ? From::kAmount : From::kPolicy, 1000};
      amount = asked ? "amount" : "10.00 USD";
    } else {
      Words limits = {{"1", 1}, {"2", 2}, {"3", 3}, {"7", 7}, {"5000", 5000}};
      if (action == "pay") limits.emplace_back("info.units", 0);
      amount = Count(made);
      limit = Number(limits, made.limit);
      if (made.limit.number == 0) made.limit.from = From::kFactUnits;
    }
    const std::string period = Period(made);
    made.text = fmt::format("consume {} of quota({}, {}{})", amount, limit, period, Options());
    made.text += Key(keyed, made);
  }

  void Rate(bool keyed, Statement& made) {
    made.form = Form::kRate;
    const bool whole = Chance(50);
    const std::string amount = whole ? Count(made) : (made.amount = {From::kUnits, 0}, "units");
    const auto [count_text, count] = Any(Words{{"1", 1}, {"2", 2}, {"7", 7}, {"60", 60}});
    const auto [unit, unit_us] =
        Any(Words{{"second", kSecond}, {"minute", kMinute}, {"hour", kHour}, {"day", kDay}});
    // In whole microseconds, rounded up: no more than what is written.
    made.span_us = (unit_us + count - 1) / count;
    if (whole) {
      made.limit.number = static_cast<int64_t>(1 + random_() % 4);
      made.text = fmt::format("consume {} of rate({}/{}, burst: {}{})", amount, count_text, unit,
                              made.limit.number, Options());
    } else {
      made.text = fmt::format("consume {} of {}/{}", amount, count_text, unit);
    }
    made.text += Key(keyed, made);
  }

  void Spacing(bool keyed, Statement& made) {
    made.form = Form::kRate;
    const auto [text, span_us] = Any(Words{{"10s", 10 * kSecond}, {"30s", 30 * kSecond}});
    made.span_us = span_us;
    made.text = fmt::format("consume 1 of spacing({})", text) + Key(keyed, made);
  }

  void Recent(bool keyed, Statement& made) {
    made.form = Form::kRecent;
    const std::string amount = Count(made);
    const std::string limit = Number({{"1", 1}, {"2", 2}, {"3", 3}, {"10", 10}}, made.limit);
    const auto [within, span_us] =
        Any(Words{{"10s", 10 * kSecond}, {"1m", kMinute}, {"1h", kHour}, {"1d", kDay}});
    made.span_us = span_us;
    made.text = fmt::format("consume {} of recent({}, within: {}{})", amount, limit, within,
                            Options());
    made.text += Key(keyed, made);
  }

  void Gauge(bool keyed, Statement& made) {
    made.form = Form::kGauge;
    made.constraint = "hold";
    const auto [amount, number] = Any(Words{{"1", 1}, {"1", 1}, {"units", 0}});
    made.amount = {number == 0 ? From::kUnits : From::kPolicy, number};
    made.limit.number = static_cast<int64_t>(1 + random_() % 3);
    const auto [expires, span_us] =
        Any(Words{{"10s", 10 * kSecond}, {"10m", 10 * kMinute}, {"6h", 6 * kHour}});
    made.span_us = span_us;
    made.text = fmt::format("hold {} of gauge({}, expires: {}{})", amount, made.limit.number,
                            expires, Options());
    made.text += Key(keyed, made);
  }

  void History(Statement& made) {
    const bool after = Chance(50);
    made.form = after ? Form::kAfter : Form::kNotAfter;
    made.constraint = "after";
    const auto [within, span_us] = Any(Words{{"10s", 10 * kSecond}, {"1h", kHour}, {"1d", kDay}});
    made.span_us = span_us;
    made.text = fmt::format("require {}after close(order: order) within {}", after ? "" : "not ",
                            within);
  }

  /// The same things by their names in the standard library.
  void Named(const std::string& action, bool keyed, Statement& made) {
    const std::string per = keyed || Chance(40) ? ", per: order" : "";
    if (!per.empty()) made.keys = {"order"};
    const std::string limit = Number({{"1", 1}, {"2", 2}, {"3", 3}}, made.limit);
    const uint64_t which = random_() % (action == "pay" ? 6 : 5);
    static const Names kNames = {"maxPerDay", "maxPerWeek", "maxPerHour", "maxQueries", "maxOpen",
                                 "budget"};
    made.constraint = kNames[which];
    std::string more;
    if (which < 2) {
      made.every = which == 0 ? Every::kDay : Every::kWeek;
      made.zone = Zone();
      more = ", zone: \"" + made.zone + "\"";
    } else if (which == 2) {
      made.form = Form::kRecent;
      made.span_us = kHour;
    } else if (which == 3) {
      made.every = Every::kTotal;
      made.span_us = 400 * kDay;
    } else if (which == 4) {
      made.form = Form::kGauge;
      made.span_us = kHour;
      more = ", expires: 1h";
    } else {
      made.amount.from = From::kAmount;
      const std::string most = Money(made);
      made.text = fmt::format("budget({}, {}{}) of amount", most, Period(made), per);
      return;
    }
    made.text = fmt::format("{}({}{}{})", made.constraint, limit, more, per);
  }

  Statement Any(const std::string& action, bool keyed) {
    Statement made;
    made.constraint = "consume";
    const auto form = random_() % 13;
    if (form < 4) {
      Quota(action, keyed, made);
    } else if (form < 6) {
      Rate(keyed, made);
    } else if (form == 6) {
      Recent(keyed, made);
    } else if (form == 7) {
      Gauge(keyed, made);
    } else if (form == 8) {
      Spacing(keyed, made);
    } else if (form == 9) {
      History(made);
    } else {
      Named(action, keyed, made);
    }
    return made;
  }

  Statement Guarded() {
    Statement made;
    made.constraint = "guarded";
    const std::string most = Number({{"1", 1}, {"2", 2}}, made.limit);
    const std::string per = Any(Names{"", ", per: order"});
    if (!per.empty()) made.keys = {"order"};
    made.above = static_cast<int64_t>(random_() % 3);
    made.text = fmt::format("guarded({}{}) when units > {}", most, per, *made.above);
    return made;
  }

  /// A second counter of the same name has a number.
  static void Take(Statement made, std::string& text, CapabilityModel& capability) {
    const auto same = std::ranges::count(capability.statements, made.constraint,
                                         &Statement::constraint);
    made.name = made.constraint;
    if (same > 0) made.name += fmt::format("#{}", same + 1);
    text += "    " + made.text + "\n";
    capability.statements.push_back(std::move(made));
  }

  void Capability(const std::string& name, const std::string& action) {
    CapabilityModel capability{.name = name, .action = action, .kind = {}, .most = {},
                               .ask_above = {}, .statements = {}};
    std::string text = fmt::format("  capability {}: {} {{\n", name, action);
    if (Chance(30)) {
      capability.kind = Any(Names{"a", "b"});
      text += fmt::format("    require kind == \"{}\"\n", capability.kind);
    }
    if (action == "pay" && Chance(30)) {
      capability.most = Chance(50) ? 5000 : 10000;
      text += fmt::format("    require amount <= {}.00 USD\n", *capability.most / 100);
    }
    const size_t count = random_() % 3;
    for (size_t i = 0; i < count; ++i) Take(Any(action, false), text, capability);
    if (Chance(20)) Take(Guarded(), text, capability);
    if (Chance(20)) {
      capability.ask_above = static_cast<int64_t>(random_() % 3);
      text += fmt::format("    requireApproval(by: boss) when units > {}\n", *capability.ask_above);
    }
    model_.text += text + "  }\n";
    model_.capabilities.push_back(std::move(capability));
  }

  void Shared(const std::string& name, const Names& actions, const std::string& policy) {
    std::string list;
    for (const std::string& action : actions) list += (list.empty() ? "" : ", ") + action;
    // What several actions share is made of what all of them have.
    const std::string kind = actions.size() == 1 ? actions.front() : "note";
    SharedModel shared{.name = name, .actions = actions, .policy = policy,
                       .statement = Any(kind, policy.empty())};
    shared.statement.name = shared.statement.constraint;
    model_.text += fmt::format("{}limit {} on {} {{ {} }}\n", policy.empty() ? "" : "  ", name,
                               list, shared.statement.text);
    model_.shared.push_back(std::move(shared));
  }

  Random& random_;
  PolicyModel model_;
};

}  // namespace

PolicyModel RandomPolicy(Random& random) { return Writer(random).Run(); }

}  // namespace cap::sequences
