// The oracle's second half: which counters a call takes from, and what settles it.
#include "tests/sequences/settling.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "tests/sequences/oracle.h"

namespace cap::sequences {

std::string QuantityText(int64_t amount, uint16_t unit) {
  if (unit == 0) return fmt::format("{}", amount);
  return fmt::format("{}.{:02} USD", amount / 100, amount % 100);
}

std::string LimitText(const std::string& name, const std::string& remains,
                      int64_t retry_after_us) {
  return fmt::format("{}: {} left, again in {}", name, remains, retry_after_us);
}

namespace {

/// What stands behind `"name": `, without quotation marks.
std::string Member(const std::string& json, const std::string& name) {
  const std::string wanted = "\"" + name + "\": ";
  const size_t at = json.find(wanted);
  if (at == std::string::npos) return "";
  const size_t begin = at + wanted.size();
  std::string text = json.substr(begin, json.find_first_of(",}", begin) - begin);
  std::erase(text, '"');
  return text;
}

/// "49.99" is 4999: both have two decimals, or none.
int64_t Number(std::string text) {
  std::erase(text, '.');
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// What stands after an alternative that is charged nothing is never taken.
template <typename Alternatives>
void EndAtFree(Alternatives& all) {
  const auto free = std::ranges::find_if(all, [](const auto& each) {
    return each.charges.empty();
  });
  if (free != all.end()) all.erase(free + 1, all.end());
}

}  // namespace

CallValues ValuesOf(const policytest::Test& call) {
  CallValues values;
  values.tool = call.tool;
  values.order = Member(call.arguments, "order");
  values.kind = Member(call.arguments, "kind");
  values.units = Number(Member(call.arguments, "units"));
  values.amount = Number(Member(call.arguments, "amount"));
  values.approved = !call.approvals.empty();
  for (const policytest::FactLine& fact : call.facts) {
    values.fact_units = Number(Member(fact.value, "units"));
    values.fact_total = Number(Member(fact.value, "total"));
  }
  return values;
}

/// Of which alternative all charges fit beside what was taken; it is taken then. Nothing: none;
/// `nearest` is what is named of the one that fits first again.
std::optional<size_t> Oracle::FirstThatFits(const std::vector<Alternative>& alternatives,
                                            std::map<std::string, int64_t>& taken,
                                            int64_t now_us, Nearest& nearest) const {
  for (size_t i = 0; i < alternatives.size(); ++i) {
    const std::vector<Charge>& charges = alternatives[i].charges;
    std::map<std::string, int64_t> with = taken;
    Nearest last;
    for (const Charge& charge : charges) {
      const Fit fit = ledger_.Check(charge, with[charge.counter], now_us);
      if (fit.fits) {
        with[charge.counter] += charge.amount;
      } else if (last.charge == nullptr || fit.retry_after_us > last.fit.retry_after_us) {
        last = {&charge, fit, &charges};
      }
    }
    if (last.charge == nullptr) {
      taken = std::move(with);
      return i;
    }
    const bool first = nearest.charge == nullptr;
    if (first || last.fit.retry_after_us < nearest.fit.retry_after_us) nearest = last;
  }
  return std::nullopt;
}

/// What belongs to every alternative comes first, then the groups in their order, each beside what
/// was taken before. Named is what is the last to fit again.
Oracle::Choice Oracle::Choose(const Request& request, int64_t now_us) const {
  Choice choice;
  std::map<std::string, int64_t> taken;
  const auto fail = [&](const Nearest& found) {
    const bool first = choice.failed == nullptr;
    if (!first && found.fit.retry_after_us <= choice.fit.retry_after_us) return;
    choice.failed = found.charge;
    choice.fit = found.fit;
    choice.shown = found.of;
  };
  const auto common = [&](const std::vector<Charge>& charges) {
    for (const Charge& charge : charges) {
      const Fit fit = ledger_.Check(charge, taken[charge.counter], now_us);
      if (fit.fits) {
        taken[charge.counter] += charge.amount;
      } else {
        fail({&charge, fit, nullptr});
      }
    }
  };
  common(request.breaker);
  for (const Group& group : request.groups) common(group.common);
  for (const Group& group : request.groups) {
    Nearest nearest;
    const auto found = FirstThatFits(group.alternatives, taken, now_us, nearest);
    if (found) {
      choice.taken.push_back(*found);
    } else {
      fail(nearest);
    }
  }
  return choice;
}

/// Where nobody who permits an action has room, who asks for an approval may have: a step-up is
/// kinder than a denial. It takes nothing yet.
std::optional<Oracle::Expected> Oracle::StepUpInstead(const Request& request,
                                                      int64_t now_us) const {
  Request asked = request;
  const bool asks = request.asks();
  std::map<std::string, int64_t> taken;
  for (const Group& group : request.groups) {
    for (const Charge& charge : group.common) taken[charge.counter] += charge.amount;
  }
  for (Group& group : asked.groups) {
    Nearest nearest;
    if (FirstThatFits(group.alternatives, taken, now_us, nearest)) continue;
    if (group.otherwise.empty()) return std::nullopt;
    group.alternatives = group.otherwise;
    group.asks = !asks;  // who asked from the beginning is named before those that ask instead
    if (!FirstThatFits(group.alternatives, taken, now_us, nearest)) return std::nullopt;
  }
  const Choice choice = Choose(asked, now_us);
  if (choice.failed != nullptr) return std::nullopt;
  Expected expected;
  expected.verdict = "step-up";
  expected.capability = Named(asked, choice.taken);
  expected.limits = LimitsOf(asked, choice, now_us);
  return expected;
}

/// What a decision shows of limits: all that every alternative takes, and those of the alternative
/// that was taken, or that was the nearest.
std::set<std::string> Oracle::LimitsOf(const Request& request, const Choice& choice,
                                       int64_t now_us) const {
  std::set<std::string> texts, names;
  const auto show = [&](const Charge& charge) {
    Fit fit;
    if (choice.failed == &charge) {
      fit = choice.fit;
    } else if (choice.failed != nullptr) {
      fit = ledger_.Check(charge, 0, now_us);
    }
    if (!TakesSomething(charge.kind) && (charge.kind != Kind::kBreaker || fit.fits)) return;
    std::string name = charge.name;
    for (int nth = 2; names.contains(name); ++nth) name = fmt::format("{}#{}", charge.name, nth);
    names.insert(name);
    const std::string remains =
        TakesSomething(charge.kind)
            ? QuantityText(ledger_.Remains(charge, now_us), charge.unit)
            : "";
    texts.insert(LimitText(name, remains, fit.retry_after_us));
  };
  for (const Charge& charge : request.breaker) show(charge);
  for (size_t i = 0; i < request.groups.size(); ++i) {
    const Group& group = request.groups[i];
    for (const Charge& charge : group.common) show(charge);
    for (const Alternative& alternative : group.alternatives) {
      const bool taken = choice.failed == nullptr &&
                         &alternative == &group.alternatives[choice.taken[i]];
      if (!taken && choice.shown != &alternative.charges) continue;
      for (const Charge& charge : alternative.charges) show(charge);
    }
  }
  return texts;
}

/// The capability that a decision names: of the first action that asks, or the first one.
std::string Oracle::Named(const Request& request, const std::vector<size_t>& taken) {
  size_t at = 0;
  for (size_t i = request.groups.size(); i-- > 0;) {
    if (request.groups[i].asks) at = i;
  }
  return request.groups[at].alternatives[taken[at]].capability;
}

Oracle::Expected Oracle::Denied(const Choice& choice, std::set<std::string> limits) {
  const Charge& failed = *choice.failed;
  std::string code = "limit_exceeded";
  if (failed.kind == Kind::kBreaker) code = "circuit_open";
  // A history is no limit that is spent: it says no time.
  const bool history = failed.kind == Kind::kAfter || failed.kind == Kind::kNotAfter;
  if (history) code = "constraint_failed";
  return {.verdict = "deny",
          .refusals = {{code, failed.clause}},
          .capability = failed.capability,
          .limits = std::move(limits),
          .retry_after_us = history ? 0 : choice.fit.retry_after_us};
}

/// `operation`: what the call is asked for again and settled by; empty: by nothing.
Oracle::Expected Oracle::Ask(const policytest::Step& step, const std::string& operation,
                             Request request, int64_t now_us) {
  Expected expected;
  const bool asks = request.asks();
  expected.verdict = asks ? "step-up" : "permit";
  const bool charges = !asks && !step.peek;
  for (Group& group : request.groups) {
    EndAtFree(group.alternatives);
    EndAtFree(group.otherwise);
  }
  if (request.empty()) {
    expected.capability = Named(request, std::vector<size_t>(request.groups.size(), 0));
    if (charges && !step.name.empty()) calls_[step.name] = {.permitted = true, .operation = ""};
    return expected;
  }
  const auto known = operations_.find(operation);
  const bool again = charges && !operation.empty() && known != operations_.end();
  if (again && (known->second.ended == "release" || known->second.request != request)) {
    return {.verdict = "deny", .refusals = {{"operation_conflict", ""}}, .capability = {},
            .limits = {}};
  }
  Operation made;
  made.choice = again ? known->second.choice : Choose(request, now_us);
  made.request = std::move(request);
  const Choice& choice = made.choice;
  if (choice.failed != nullptr) {
    const auto instead = StepUpInstead(made.request, now_us);
    return instead ? *instead : Denied(choice, LimitsOf(made.request, choice, now_us));
  }
  if (charges && !again) Take(made, now_us);
  expected.limits = LimitsOf(made.request, choice, now_us);
  expected.capability = Named(made.request, choice.taken);
  if (charges && !step.name.empty()) {
    calls_[step.name] = {.permitted = true, .operation = operation};
    operations_.insert({operation, std::move(made)});
  }
  return expected;
}

void Oracle::Take(Operation& operation, int64_t now_us) {
  const auto take = [&](const std::vector<Charge>& charges) {
    for (const Charge& charge : charges) {
      if (!TakesSomething(charge.kind)) continue;
      operation.charges.push_back({charge, ledger_.Take(charge, now_us)});
    }
  };
  for (size_t i = 0; i < operation.request.groups.size(); ++i) {
    const Group& group = operation.request.groups[i];
    take(group.common);
    take(group.alternatives[operation.choice.taken[i]].charges);
  }
}

std::string Oracle::Settle(const policytest::Step& step, int64_t now_us, const std::string& seen) {
  const auto settle = [&]() -> std::string {
    const NamedCall& call = calls_[step.name];
    if (!call.permitted) return "bad_request";
    if (call.operation.empty()) return "settled";
    Operation& operation = operations_.at(call.operation);
    const bool commits = step.kind == policytest::Step::Kind::kCommit;
    const std::string how = commits ? "commit" : "release";
    if (!operation.ended.empty()) {
      return operation.ended == how && operation.actual == step.actual ? "already" : "conflict";
    }
    const size_t space = step.actual.find(' ');
    const uint16_t unit = space == std::string::npos ? 0 : kUsd;
    const auto settles = [&](const Charge& charge) {
      const bool counts = charge.kind == Kind::kQuota || charge.kind == Kind::kTotal;
      return counts && !charge.of_policy && charge.unit == unit;
    };
    if (!step.actual.empty() && std::ranges::none_of(operation.charges, settles, &Taken::charge)) {
      return "bad_request";
    }
    for (const auto& [charge, event] : operation.charges) {
      if (charge.kind == Kind::kGauge) ledger_.End(charge, event);
      if (charge.kind != Kind::kQuota && charge.kind != Kind::kTotal) continue;
      if (!commits) ledger_.Change(charge, event, 0);
      const bool actual = commits && !step.actual.empty() && settles(charge);
      if (actual) ledger_.Change(charge, event, Number(step.actual.substr(0, space)));
    }
    if (commits) {
      for (const std::string& stamp : operation.request.stamps) ledger_.Stamp(stamp, now_us);
    }
    operation.ended = how;
    operation.actual = step.actual;
    return "settled";
  };
  const std::string expected = settle();
  return expected == seen ? "" : fmt::format("the oracle says {}, the engine {}", expected, seen);
}

std::string Oracle::Counters(const std::vector<state::CounterView>& seen) const {
  const std::vector<std::string> expected = ledger_.Lines();
  const std::vector<std::string> told = Ledger::Lines(seen);
  if (expected == told) return "";
  std::string text = "the oracle counts";
  for (const std::string& line : expected) text += "\n  " + line;
  text += "\nthe engine";
  for (const std::string& line : told) text += "\n  " + line;
  return text;
}

}  // namespace cap::sequences
