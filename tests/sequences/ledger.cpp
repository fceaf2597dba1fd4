#include "tests/sequences/ledger.h"

#include <fmt/core.h>

#include <algorithm>

#include "tests/sequences/calendar.h"

namespace cap::sequences {
namespace {

using Wide = __int128;

/// A line of Lines(): histories and breakers are called nothing there, since a store hears their
/// names only when it is asked about them.
std::string LineOf(const std::string& names, std::string_view kind, int64_t used, int64_t limit,
                   int64_t begin_us, int64_t end_us) {
  return fmt::format("{} {}: used {} of {}, from {} to {}", names, kind, used, limit, begin_us,
                     end_us);
}

std::string NamesOf(const std::string& policy, const std::string& owner, const std::string& term,
                    const std::string& key) {
  return fmt::format("{}|{}|{}|{}", policy, owner, term, key);
}

}  // namespace

bool TakesSomething(Kind kind) {
  return kind != Kind::kAfter && kind != Kind::kNotAfter && kind != Kind::kBreaker;
}

bool IsGivenBack(Kind kind) {
  return kind == Kind::kQuota || kind == Kind::kTotal || kind == Kind::kGauge;
}

const Ledger::Account& Ledger::Find(const std::string& counter) const {
  static const Account kNothing;
  const auto found = accounts_.find(counter);
  return found == accounts_.end() ? kNothing : found->second;
}

/// Time does not run backwards for a counter.
int64_t Ledger::Later(const Account& account, int64_t now_us) {
  return account.events.empty() ? now_us : std::max(now_us, account.events.back().at_us);
}

/// What a rate would let through at once, in units of which `span_us` are one: it begins full, and
/// one is added each microsecond until it is full again.
Wide Ledger::Credit(const Account& account, const Charge& charge, int64_t at_us) {
  const Wide full = Wide{charge.limit} * charge.span_us;
  Wide credit = full;
  int64_t from_us = 0;
  for (const Event& event : account.events) {
    credit = std::min(full, credit + (event.at_us - from_us));
    credit -= Wide{event.amount} * charge.span_us;
    from_us = event.at_us;
  }
  return std::min(full, credit + (at_us - from_us));
}

/// The first event of the total that counts at that time: an untouched one is forgotten.
size_t Ledger::BeginOfTotal(const Account& account, int64_t span_us, int64_t at_us) {
  const std::vector<Event>& events = account.events;
  if (events.empty() || at_us - events.back().at_us >= span_us) return events.size();
  size_t first = events.size() - 1;
  while (first > 0 && events[first].at_us - events[first - 1].at_us < span_us) --first;
  return first;
}

/// What counts at that time, of all kinds but a rate.
int64_t Ledger::Used(const Account& account, const Charge& charge, int64_t at_us) {
  const std::vector<Event>& events = account.events;
  int64_t used = 0;
  switch (charge.kind) {
    case Kind::kRecent:
    case Kind::kGauge:
      for (const Event& event : events) {
        if (!event.ended && at_us < event.at_us + charge.span_us) used += event.amount;
      }
      return used;
    case Kind::kQuota: {
      const PeriodOf period = PeriodAt(charge.every, charge.zone, at_us);
      for (const Event& event : events) {
        const bool within = period.begin_us <= event.at_us && event.at_us < period.end_us;
        if (within) used += event.amount;
      }
      return used;
    }
    case Kind::kTotal:
      for (size_t i = BeginOfTotal(account, charge.span_us, at_us); i < events.size(); ++i) {
        used += events[i].amount;
      }
      return used;
    case Kind::kRate:
    case Kind::kAfter:
    case Kind::kNotAfter:
    case Kind::kBreaker: return 0;
  }
  return 0;
}

Fit Ledger::Check(const Charge& charge, int64_t before, int64_t now_us) const {
  const Account& account = Find(charge.counter);
  const int64_t at_us = Later(account, now_us);
  const int64_t wanted = before + charge.amount;
  if (TakesSomething(charge.kind) && wanted > charge.limit) return {false, state::kNever};
  switch (charge.kind) {
    case Kind::kRate: {
      const Wide lacks = Wide{wanted} * charge.span_us - Credit(account, charge, at_us);
      if (lacks <= 0) return {};
      return {false, static_cast<int64_t>(lacks) + at_us - now_us};
    }
    case Kind::kRecent:
    case Kind::kGauge: return CheckHeld(account, charge, wanted, now_us);
    case Kind::kQuota:
      if (Used(account, charge, at_us) + wanted <= charge.limit) return {};
      return {false, PeriodAt(charge.every, charge.zone, at_us).end_us - now_us};
    case Kind::kTotal:
      if (Used(account, charge, at_us) + wanted <= charge.limit) return {};
      return {false, state::kNever};
    case Kind::kAfter:
    case Kind::kNotAfter: {
      // A stamp that lies further ahead than the span proves nothing, and denies both.
      const bool stamped = !account.events.empty();
      const int64_t age_us = stamped ? now_us - account.events.back().at_us : 0;
      const bool within = stamped && age_us <= charge.span_us;
      if (charge.kind == Kind::kNotAfter) {
        return within ? Fit{false, charge.span_us - age_us + 1} : Fit{};
      }
      const bool holds = within && -age_us <= charge.span_us;
      return holds ? Fit{} : Fit{false, state::kNever};
    }
    case Kind::kBreaker: {
      const int64_t until_us = StateOf(account).open_until_us;
      return at_us < until_us ? Fit{false, until_us - now_us} : Fit{};
    }
  }
  return {false, 0};
}

/// The first time, of now and the ends of what is held, at which it fits.
Fit Ledger::CheckHeld(const Account& account, const Charge& charge, int64_t wanted,
                      int64_t now_us) const {
  const int64_t at_us = Later(account, now_us);
  std::vector<int64_t> times = {at_us};
  for (const Event& event : account.events) times.push_back(event.at_us + charge.span_us);
  std::ranges::sort(times);
  for (const int64_t time : times) {
    if (time < at_us || Used(account, charge, time) + wanted > charge.limit) continue;
    return time == at_us ? Fit{} : Fit{false, time - now_us};
  }
  return {false, state::kNever};
}

int64_t Ledger::Remains(const Charge& charge, int64_t now_us) const {
  const Account& account = Find(charge.counter);
  const int64_t at_us = Later(account, now_us);
  if (charge.kind == Kind::kRate) {
    const Wide credit = Credit(account, charge, at_us);
    return credit <= 0 ? 0 : static_cast<int64_t>(credit / charge.span_us);
  }
  return std::max<int64_t>(0, charge.limit - Used(account, charge, at_us));
}

size_t Ledger::Take(const Charge& charge, int64_t now_us) {
  Account& account = accounts_[charge.counter];
  account.charge = charge;
  account.events.push_back({.at_us = Later(account, now_us),
                            .amount = charge.amount,
                            .limit = charge.limit});
  return account.events.size() - 1;
}

void Ledger::Change(const Charge& charge, size_t event, int64_t amount) {
  accounts_[charge.counter].events[event].amount = amount;
}

void Ledger::End(const Charge& charge, size_t event) {
  accounts_[charge.counter].events[event].ended = true;
}

void Ledger::Stamp(const std::string& counter, int64_t now_us) {
  Account& account = accounts_[counter];
  account.charge.kind = Kind::kAfter;
  account.events.push_back({.at_us = Later(account, now_us)});
}

void Ledger::Violate(const Charge& breaker, const BreakerModel& rule, int64_t now_us) {
  Account& account = accounts_[breaker.counter];
  account.charge = breaker;
  account.rule = rule;
  const int64_t at_us = Later(account, now_us);
  if (at_us < StateOf(account).open_until_us) return;  // what is open counts nothing
  account.events.push_back({.at_us = at_us});
}

Ledger::BreakerState Ledger::StateOf(const Account& account) {
  BreakerState state;
  for (const Event& event : account.events) {
    std::erase_if(state.counted, [&](int64_t at_us) {
      return event.at_us >= at_us + account.rule.window_us;
    });
    state.counted.push_back(event.at_us);
    if (static_cast<int64_t>(state.counted.size()) < account.rule.most) continue;
    state = {.open_until_us = event.at_us + account.rule.suspend_us, .counted = {}};
  }
  return state;
}

std::string Ledger::Line(const Account& account) {
  const Charge& charge = account.charge;
  const Event& latest = account.events.back();
  const std::string names = NamesOf(charge.policy, charge.owner, charge.term, charge.key);
  const int64_t used = Used(account, charge, latest.at_us);
  switch (charge.kind) {
    case Kind::kRate: {
      const Wide owed = Wide{charge.limit} * charge.span_us - Credit(account, charge, latest.at_us);
      const Wide whole = (owed + charge.span_us - 1) / charge.span_us;
      return LineOf(names, "rate", static_cast<int64_t>(whole), latest.limit, 0, 0);
    }
    case Kind::kRecent: return LineOf(names, "recent", used, latest.limit, 0, 0);
    case Kind::kGauge: return LineOf(names, "gauge", used, latest.limit, 0, 0);
    case Kind::kQuota: {
      const PeriodOf period = PeriodAt(charge.every, charge.zone, latest.at_us);
      return LineOf(names, "quota", used, latest.limit, period.begin_us, period.end_us);
    }
    case Kind::kTotal: {
      const size_t first = BeginOfTotal(account, charge.span_us, latest.at_us);
      return LineOf(names, "total", used, latest.limit, account.events[first].at_us, 0);
    }
    case Kind::kAfter:
    case Kind::kNotAfter: return LineOf("", "history", 0, 0, latest.at_us, 0);
    case Kind::kBreaker: {
      const BreakerState state = StateOf(account);
      return LineOf("", "breaker", static_cast<int64_t>(state.counted.size()), account.rule.most,
                    0, state.open_until_us);
    }
  }
  return {};
}

std::vector<std::string> Ledger::Lines() const {
  std::vector<std::string> lines;
  for (const auto& [counter, account] : accounts_) lines.push_back(Line(account));
  std::ranges::sort(lines);
  return lines;
}

namespace {

std::string LineOfView(const state::CounterView& view) {
  const std::string names = NamesOf(view.policy, view.limit, view.constraint, view.key);
  switch (view.kind) {
    case state::CounterKind::kRate:
      return LineOf(names, "rate", view.used, view.limit_value, 0, 0);
    case state::CounterKind::kRecent:
      return LineOf(names, "recent", view.used, view.limit_value, 0, 0);
    case state::CounterKind::kGauge:
      return LineOf(names, "gauge", view.used, view.limit_value, 0, 0);
    case state::CounterKind::kQuota:
      return LineOf(names, "quota", view.used, view.limit_value, view.begin_us, view.end_us);
    case state::CounterKind::kTotal:
      return LineOf(names, "total", view.used, view.limit_value, view.begin_us, 0);
    case state::CounterKind::kAfter:
    case state::CounterKind::kNotAfter: return LineOf("", "history", 0, 0, view.last_us, 0);
    case state::CounterKind::kBreaker:
      return LineOf("", "breaker", view.used, view.limit_value, 0, view.end_us);
  }
  return {};
}

}  // namespace

std::vector<std::string> Ledger::Lines(const std::vector<state::CounterView>& counters) {
  std::vector<std::string> lines;
  for (const state::CounterView& counter : counters) lines.push_back(LineOfView(counter));
  std::ranges::sort(lines);
  return lines;
}

}  // namespace cap::sequences
