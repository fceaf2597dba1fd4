#include "tests/sequences/oracle.h"

#include <fmt/core.h>

#include <algorithm>

#include "tests/sequences/settling.h"

namespace cap::sequences {
namespace {

using From = Quantity::From;

constexpr int64_t kLongUs = int64_t{4000} * 86'400'000'000;  // what the traces mint

std::optional<int64_t> ValueOf(const Quantity& quantity, const CallValues& call) {
  switch (quantity.from) {
    case From::kPolicy: return quantity.number;
    case From::kUnits: return call.units;
    case From::kAmount: return call.amount;
    case From::kFactUnits: return call.fact_units;
    case From::kFactTotal: return call.fact_total;
  }
  return std::nullopt;
}

bool Acts(const Statement& statement, const CallValues& call) {
  return !statement.above || call.units > *statement.above;
}

bool AsksHistory(const Statement& statement) {
  return statement.form == Form::kAfter || statement.form == Form::kNotAfter;
}

std::string KeyOf(const std::string& key, const CallValues& call, const std::string& subject) {
  if (key == "units") return fmt::format("{}", call.units);
  return "\"" + (key == "order" ? call.order : key == "kind" ? call.kind : subject) + "\"";
}

Kind KindOf(const Statement& statement) {
  switch (statement.form) {
    case Form::kRate: return Kind::kRate;
    case Form::kRecent: return Kind::kRecent;
    case Form::kGauge: return Kind::kGauge;
    case Form::kAfter: return Kind::kAfter;
    case Form::kNotAfter: return Kind::kNotAfter;
    case Form::kQuota: break;
  }
  return statement.every == Every::kTotal ? Kind::kTotal : Kind::kQuota;
}

std::string HistoryOf(const std::string& subject, const CallValues& call) {
  return "close by " + subject + " of " + call.order;
}

}  // namespace

bool Oracle::Request::asks() const {
  return std::ranges::any_of(groups, &Group::asks);
}

bool Oracle::Request::empty() const {
  if (!breaker.empty() || !stamps.empty()) return false;
  return std::ranges::all_of(groups, [](const Group& group) {
    return group.common.empty() &&
           std::ranges::all_of(group.alternatives,
                               [](const Alternative& each) { return each.charges.empty(); });
  });
}

Oracle::Oracle(const PolicyModel& policy, const std::string& subject, int64_t minted_us,
               int64_t ttl_us)
    : policy_(policy) {
  for (const CapabilityModel& capability : policy.capabilities) {
    all_.insert(capability.name);
    for (const Statement& each : capability.statements) has_history_ |= AsksHistory(each);
  }
  for (const SharedModel& shared : policy.shared) has_history_ |= AsksHistory(shared.statement);
  grants_["root"] = std::make_shared<Holder>(Holder{.subject = subject,
                                                    .parent = nullptr,
                                                    .expires_us = minted_us + ttl_us,
                                                    .capabilities = all_});
}

// --- grants ---

Oracle::HolderPtr Oracle::Find(const std::string& name) const {
  const auto found = grants_.find(name);
  return found == grants_.end() ? nullptr : found->second;
}

/// Of it, then of those above it.
std::string Oracle::WhyGone(const Holder& holder, int64_t now_us) {
  if (holder.revoked) return "grant_revoked";
  if (holder.expires_us <= now_us) return "grant_expired";
  return holder.parent == nullptr ? "" : WhyGone(*holder.parent, now_us);
}

/// What the parameter of pay0 is under the grant; 0: it has none of that name.
/// Whether a delegation names a constant of the statement.
bool Oracle::IsNarrowed(const Statement& statement, const Link& link) {
  if (link.limit.empty()) {
    return link.parameter == statement.name + ".limit" ||
           link.parameter == statement.name + ".most";
  }
  // The words of the forms: of a rate there is no `limit`, nor of what is asked of the past.
  const bool form = statement.form == Form::kQuota || statement.form == Form::kRecent ||
                    statement.form == Form::kGauge;
  return form && statement.limit.from == From::kPolicy &&
         link.parameter == statement.name + ".limit";
}

/// The statement that a delegation narrows; null: there is none.
const Statement* Oracle::Narrowed(const Link& link) const {
  if (!link.limit.empty()) {
    for (const SharedModel& shared : policy_.shared) {
      if (shared.name == link.limit && IsNarrowed(shared.statement, link)) {
        return &shared.statement;
      }
    }
    return nullptr;
  }
  for (const Statement& each : policy_.capabilities.front().statements) {
    if (IsNarrowed(each, link)) return &each;
  }
  return nullptr;
}

/// What the links above left of what the link names.
int64_t Oracle::LimitAbove(const Holder& holder, const Link& link) const {
  for (const Holder* at = &holder; at != nullptr; at = at->parent.get()) {
    if (at->link != nullptr && at->link->limit == link.limit &&
        at->link->parameter == link.parameter) {
      return at->link->value;
    }
  }
  return Narrowed(link)->limit.number;
}

std::string Oracle::Give(const policytest::Step& step, int64_t now_us) {
  if (step.by.empty()) {
    const bool other = step.json.find("other") != std::string::npos;
    grants_[step.name] = std::make_shared<Holder>(Holder{.subject = other ? "other" : "test",
                                                         .parent = nullptr,
                                                         .expires_us = now_us + kLongUs,
                                                         .capabilities = all_});
    return "";
  }
  const HolderPtr parent = Find(step.by);
  if (parent == nullptr || !WhyGone(*parent, now_us).empty()) return "gone";
  const Link& link = *std::ranges::find(Links(), step.json, &Link::json);
  for (const std::string& capability : link.capabilities) {
    if (!parent->capabilities.contains(capability)) return "unknown-capability";
  }
  if (!link.parameter.empty()) {
    const Statement* statement = Narrowed(link);
    if (statement == nullptr) return "unknown-parameter";
    if (statement->money) return "delegation-json";
    if (link.value > LimitAbove(*parent, link)) return "widening";
  }
  const int64_t expires_us = link.ttl_us == 0 ? parent->expires_us
                                              : std::min(parent->expires_us, now_us + link.ttl_us);
  grants_[step.name] = std::make_shared<Holder>(
      Holder{.subject = link.subject,
             .parent = parent,
             .expires_us = expires_us,
             .capabilities = {link.capabilities.begin(), link.capabilities.end()},
             .link = &link});
  return "";
}

std::string Oracle::Grant(const policytest::Step& step, int64_t now_us, const std::string& seen) {
  const std::string expected = Give(step, now_us);
  const std::string told = seen == "no-grant" || seen == "grant-gone" ? "gone" : seen;
  return told == expected ? "" : fmt::format("grant: `{}` instead of `{}`", seen, expected);
}

void Oracle::Revoke(const std::string& name) {
  if (const HolderPtr holder = Find(name)) holder->revoked = true;
}

/// Inside of what every link confines the call to.
bool Oracle::IsWithin(const Holder& holder, const CallValues& call) {
  for (const Holder* at = &holder; at != nullptr; at = at->parent.get()) {
    if (at->link == nullptr || call.tool != "pay") continue;
    if (!at->link->order.empty() && call.order != at->link->order) return false;
    if (at->link->units_to && call.units > *at->link->units_to) return false;
  }
  return true;
}

// --- what a call is charged ---

/// Whether an operand is of no use: nobody asks a counter then.
Oracle::Refusals Oracle::Refused(const Statement& statement, const std::string& clause,
                                 const CallValues& call) {
  if (AsksHistory(statement) || !Acts(statement, call)) return {};
  const std::optional<int64_t> amount = ValueOf(statement.amount, call);
  const std::optional<int64_t> limit = ValueOf(statement.limit, call);
  if (!amount || !limit) return {{"constraint_fault", clause}};
  if (*amount <= 0 || *limit < 0) return {{"constraint_failed", clause}};
  return {};
}

Charge Oracle::ChargeOf(const Statement& statement, const CallValues& call,
                        const Holder& holder) {
  Charge charge;
  charge.kind = KindOf(statement);
  charge.span_us = statement.span_us;
  charge.clause = statement.constraint;
  if (AsksHistory(statement)) {
    charge.counter = HistoryOf(holder.root(), call);
    return charge;
  }
  charge.term = charge.name = statement.name;
  charge.amount = ValueOf(statement.amount, call).value_or(0);
  charge.limit = ValueOf(statement.limit, call).value_or(0);
  charge.every = statement.every;
  charge.zone = statement.zone;
  charge.unit = statement.money ? kUsd : 0;
  charge.of_policy = statement.amount.from == From::kPolicy;
  for (const std::string& key : statement.keys) {
    charge.key += (charge.key.empty() ? "" : ", ") + KeyOf(key, call, holder.root());
  }
  if (statement.keys.empty()) charge.key = "\"" + holder.root() + "\"";
  return charge;
}

/// Of the mint, and of each link that narrows a limit, under what it left.
std::vector<Charge> Oracle::ChargesOf(const CapabilityModel& capability, const CallValues& call,
                                      const Holder& holder) {
  std::vector<const Holder*> chain;
  for (const Holder* at = &holder; at != nullptr; at = at->parent.get()) {
    chain.insert(chain.begin(), at);
  }
  std::vector<Charge> charges;
  std::string links;
  std::map<std::string, int64_t> limits;  // by statement, as the links so far left them
  for (size_t block = 0; block < chain.size(); ++block) {
    const Link* link = chain[block]->link;
    if (link != nullptr) links += " under " + link->json;
    for (const Statement& statement : capability.statements) {
      if (!Acts(statement, call)) continue;
      Charge charge = ChargeOf(statement, call, holder);
      charge.capability = capability.name;
      if (!AsksHistory(statement)) {
        charge.policy = "p";
        charge.owner = capability.name;
        charge.counter = fmt::format("p {} {} per {}{}", capability.name, statement.name,
                                     charge.key, links);
      }
      if (block > 0) {
        const bool named = link->limit.empty() && IsNarrowed(statement, *link);
        const int64_t above =
            limits.contains(statement.name) ? limits[statement.name] : charge.limit;
        if (!named || capability.name != "pay0" || link->value == above) continue;
        charge.limit = limits[statement.name] = link->value;
        charge.name += " (delegated)";
        charge.key += fmt::format(", delegated {} deep", block);
      }
      charges.push_back(std::move(charge));
    }
  }
  return charges;
}

/// Of the mint, and of each link that narrows the limit, under what it left.
void Oracle::ChargesOf(const SharedModel& shared, const Charge& whole, const Holder& holder,
                       Group& group) {
  std::vector<const Link*> chain;
  for (const Holder* at = &holder; at != nullptr; at = at->parent.get()) {
    chain.insert(chain.begin(), at->link);
  }
  std::string links;
  int64_t above = whole.limit;
  for (size_t block = 0; block < chain.size(); ++block) {
    Charge charge = whole;
    if (block > 0) {
      const Link& link = *chain[block];
      links += " under " + link.json;
      const bool named = link.limit == shared.name && IsNarrowed(shared.statement, link);
      if (!named || link.value == above) continue;
      charge.limit = above = link.value;
      charge.counter += links;
      charge.name += " (delegated)";
      charge.key += fmt::format(", delegated {} deep", block);
    }
    group.common.push_back(std::move(charge));
  }
}

/// What is shared by all permits of the action; or why nothing of it can be said.
Oracle::Refusals Oracle::Share(const std::string& action, const Holder& holder,
                               const CallValues& call, Group& group) const {
  Refusals refusals;
  for (const SharedModel& shared : policy_.shared) {
    if (std::ranges::find(shared.actions, action) == shared.actions.end()) continue;
    const Statement& statement = shared.statement;
    const std::string clause = shared.name + "." + statement.constraint;
    refusals.merge(Refused(statement, clause, call));
    Charge charge = ChargeOf(statement, call, holder);
    charge.clause = clause;
    if (!AsksHistory(statement)) {
      charge.policy = shared.policy;
      charge.owner = shared.name;
      charge.name = shared.name + "." + statement.name;
      charge.counter = fmt::format("{} limit {} per {}", shared.policy, shared.name, charge.key);
    }
    ChargesOf(shared, charge, holder, group);
  }
  return refusals;
}

Charge Oracle::BreakerOf(const Holder& holder) const {
  Charge charge;
  charge.counter = "breaker of " + holder.root();
  charge.kind = Kind::kBreaker;
  charge.name = "circuit_breaker";
  return charge;
}

// --- what a call comes to ---

std::vector<std::string> Oracle::ActionsOf(const CallValues& call) {
  if (call.tool != "both") return {call.tool};
  if (call.units > 1) return {"debit", "log"};
  return {"debit"};
}

/// One action: why it is refused, or its alternatives: those that permit, and where there are none
/// those that ask for an approval.
Oracle::Refusals Oracle::Judge(const std::string& action, const Holder& holder,
                               const CallValues& call, Group& group) const {
  if (action == "note" && policy_.forbidden_above && call.units > *policy_.forbidden_above) {
    return {{"forbidden", "forbid"}};
  }
  if (!IsWithin(holder, call)) return {{"not_delegated", "only"}};
  std::vector<Alternative> permit, ask;
  Refusals refusals;
  for (const CapabilityModel& capability : policy_.capabilities) {
    if (capability.action != action || !holder.capabilities.contains(capability.name)) continue;
    Refusals own;
    if (!capability.kind.empty() && call.kind != capability.kind) {
      own.insert({"constraint_failed", "require"});
    }
    if (capability.most && call.amount > *capability.most) {
      own.insert({"constraint_failed", "require"});
    }
    for (const Statement& each : capability.statements) {
      own.merge(Refused(each, each.constraint, call));
    }
    const bool waits = capability.ask_above && call.units > *capability.ask_above &&
                       !call.approved;
    if (own.empty()) {
      (waits ? ask : permit).push_back({capability.name, ChargesOf(capability, call, holder)});
      continue;
    }
    // What is false is told before what is not known.
    const bool fails = std::ranges::any_of(
        own, [](const auto& each) { return each.first == "constraint_failed"; });
    if (fails) std::erase_if(own, [](const auto& e) { return e.first == "constraint_fault"; });
    refusals.merge(own);
  }
  if (permit.empty() && ask.empty()) {
    if (refusals.empty()) refusals.insert({"no_capability", ""});
    return refusals;
  }
  group.asks = permit.empty();
  group.alternatives = group.asks ? std::move(ask) : std::move(permit);
  if (!group.asks) group.otherwise = std::move(ask);
  return {};
}

Oracle::Expected Oracle::Decide(const policytest::Step& step, int64_t now_us) {
  Expected expected;
  const CallValues call = ValuesOf(step.call);
  const HolderPtr holder = Find(step.by.empty() ? "root" : step.by);
  const std::string gone = holder == nullptr ? "unknown_grant" : WhyGone(*holder, now_us);
  if (!gone.empty()) {
    expected.refusals = {{gone, ""}};
    return expected;
  }
  Request request;
  for (const std::string& action : ActionsOf(call)) {
    request.groups.emplace_back();
    expected.refusals.merge(Judge(action, *holder, call, request.groups.back()));
  }
  if (!expected.refusals.empty()) return expected;
  if (policy_.breaker.most != 0) request.breaker.push_back(BreakerOf(*holder));
  const std::vector<std::string> actions = ActionsOf(call);
  for (size_t i = 0; i < actions.size(); ++i) {
    expected.refusals.merge(Share(actions[i], *holder, call, request.groups[i]));
  }
  if (!expected.refusals.empty()) return expected;
  if (has_history_ && call.tool == "close") {
    request.stamps.push_back(HistoryOf(holder->root(), call));
  }
  // The name is bound to who asks, and to the call; a trace uses a name for one call alone.
  const std::string operation = step.name.empty() ? "" : step.name + " by " + holder->subject;
  return Ask(step, operation, std::move(request), now_us);
}

std::string Oracle::Call(const policytest::Step& step, int64_t now_us,
                         const DecisionReport& seen) {
  if (!step.name.empty()) calls_[step.name] = {};
  const Expected expected = Decide(step, now_us);
  const std::string code(NameOf(seen.code));
  const HolderPtr holder = Find(step.by.empty() ? "root" : step.by);
  const bool violates =
      code == "forbidden" || code == "constraint_failed" || code == "limit_exceeded";
  if (seen.verdict == Verdict::kDeny && violates && !step.peek && policy_.breaker.most != 0) {
    ledger_.Violate(BreakerOf(*holder), policy_.breaker, now_us);
  }
  std::set<std::string> limits;
  for (const LimitReport& limit : seen.limits) {
    limits.insert(LimitText(limit.name, limit.remains, limit.retry_after_us));
  }
  const bool refused = expected.verdict != "deny" ||
                       expected.refusals.contains({code, seen.clause});
  const bool same_capability =
      expected.capability.empty() || expected.capability == seen.capability;
  if (NameOf(seen.verdict) == expected.verdict && refused && same_capability &&
      limits == expected.limits && seen.retry_after_us == expected.retry_after_us) {
    return "";
  }
  std::string text = fmt::format("the oracle says {} {}", expected.verdict, expected.capability);
  for (const auto& [each, clause] : expected.refusals) text += fmt::format(" {} {};", each, clause);
  text += fmt::format(" retry {}", expected.retry_after_us);
  for (const std::string& limit : expected.limits) text += "\n    " + limit;
  text += fmt::format("\n  the engine {} {} {} {} retry {}", NameOf(seen.verdict), seen.capability,
                      code, seen.clause, seen.retry_after_us);
  for (const std::string& limit : limits) text += "\n    " + limit;
  return text;
}

}  // namespace cap::sequences
