#include "compiler/policytest/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "compiler/policytest/delegation_json.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/policytest/operation_name.h"
#include "runtime/frame/request_json.h"
#include "runtime/value/money.h"

namespace cap::policytest {

namespace {

constexpr int64_t kHourUs = 3'600'000'000;

/// All of a report but its id, which is random.
std::string Comparable(DecisionReport report) {
  report.id.clear();
  return ToJson(report);
}

/// Of what is counted, not of what stores keep beside it. A line a counter, in order. Where a store
/// is not `exact` it is without those that say nothing, which it may have and others not.
std::string CountersText(std::vector<state::CounterView> counters, bool exact, int64_t now_us) {
  std::vector<std::string> lines;
  for (state::CounterView& counter : counters) {
    const bool over = counter.kind == state::CounterKind::kQuota && counter.end_us <= now_us;
    if (!exact && (counter.used == 0 || over)) continue;
    if (!exact && counter.kind == state::CounterKind::kTotal) counter.begin_us = 0;
    lines.push_back(fmt::format("{:016x}{:016x} kind {} unit {} used {} of {} [{}, {})\n",
                                counter.id.high, counter.id.low, static_cast<int>(counter.kind),
                                counter.unit, counter.used, counter.limit_value, counter.begin_us,
                                counter.end_us));
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace

Result<Session> Session::Open(std::shared_ptr<const Program> program, const GrantSpec& grant,
                              int64_t now_us, const std::vector<EngineUnderTest>& engines,
                              const std::vector<StoreUnderTest>& stores,
                              const StoreUnderTest& own) {
  Session session;
  session.program_ = program;
  session.root_ = grant;
  session.minted_us_ = now_us;
  NativeCode first;
  for (const EngineUnderTest& under_test : engines) {
    Result<NativeCode> native = under_test.compile(program);
    if (!native.has_value()) return std::unexpected(native.error());
    if (session.running_.empty()) first = *native;
    const Result<void> started = session.Start(under_test, own, *native);
    if (!started.has_value()) return std::unexpected(started.error());
  }
  // What no store is asked about is the same with every store.
  for (const StoreUnderTest& store : stores) {
    if (!Counts(*program)) break;
    const Result<void> started = session.Start(engines.front(), store, first);
    if (!started.has_value()) return std::unexpected(started.error());
  }
  const Result<void> renewed = session.Renew();
  if (!renewed.has_value()) return std::unexpected(renewed.error());
  return session;
}

Result<void> Session::Start(const EngineUnderTest& engine, const StoreUnderTest& store,
                            const NativeCode& native) {
  Running running;
  running.name = engine.name;
  if (store.name != MemoryUnderTest().name) running.name += " with " + store.name;
  running.store = std::make_shared<FreshStore>(store);
  const Result<void> renewed = running.store->Renew();
  if (!renewed.has_value()) return renewed;
  Result<std::unique_ptr<Engine>> made =
      Engine::Create({.hash_seed = {},
                      .obligations = ObligationNames(*program_),
                      .store = running.store});
  if (!made.has_value()) return std::unexpected(made.error());
  running.engine = std::move(*made);
  const Result<LoadReport> loaded = running.engine->Load(program_, native);
  if (!loaded.has_value()) return std::unexpected(loaded.error());
  running.reader = std::make_unique<Reader>(running.engine->NewReader());
  running_.push_back(std::move(running));
  return {};
}

Result<void> Session::Renew() {
  for (Running& running : running_) {
    const Result<void> renewed = running.store->Renew();
    if (!renewed.has_value()) return renewed;
    for (const auto& [name, holder] : running.grants) running.engine->Revoke(holder.grant);
    running.grants.clear();
    running.calls.clear();
    const Result<GrantId> minted = running.engine->Mint(root_, minted_us_);
    if (!minted.has_value()) return std::unexpected(minted.error());
    running.grants["root"] = {*minted, root_.subject};
  }
  return {};
}

std::string Session::SubjectOf(const std::string& grant) const {
  const auto found = running_.front().grants.find(grant);
  return found == running_.front().grants.end() ? "" : found->second.subject;
}

Outcome Session::Decide(std::string_view request, int64_t now_us, const CallNames& names) {
  const Frame frame = ParseRequest(*program_, request, SubjectOf(names.grant), now_us);
  AuthorizeOptions options;
  if (!names.operation.empty()) {
    options.operation = OperationNamed(names.operation);
  }
  Outcome outcome;
  std::string first;
  running_.front().store->Forget();
  for (Running& running : running_) {
    const GrantId grant = running.grants[names.grant].grant;
    const Decision decision = names.peek ? running.reader->Peek(grant, frame)
                                         : running.reader->Authorize(grant, frame, options);
    if (!names.operation.empty()) running.calls[names.operation] = decision;
    DecisionReport report = running.reader->Report(decision, grant, frame);
    std::string comparable = Comparable(report);
    if (first.empty()) {
      first = std::move(comparable);
      report.id.clear();
      outcome.decision = decision;
      outcome.decisive = running.store->decisive();
      outcome.text = ToText(report);
      outcome.report = std::move(report);
    } else if (comparable != first && outcome.disagrees.empty()) {
      outcome.disagrees = fmt::format("{} and {} disagree:\n  {}\n  {}", running_.front().name,
                                      running.name, first, comparable);
    }
  }
  return outcome;
}

StepOutcome Session::Settle(const std::string& operation, int64_t now_us,
                            std::optional<state::Actual> actual, bool commits) {
  StepOutcome outcome;
  for (Running& running : running_) {
    const Decision& decision = running.calls[operation];
    const state::SettleStatus status = commits
                                           ? running.reader->Commit(decision, now_us, actual)
                                           : running.reader->Release(decision, now_us);
    const std::string name(NameOf(status));
    if (outcome.status.empty()) outcome.status = name;
    if (name != outcome.status && outcome.disagrees.empty()) {
      outcome.disagrees = fmt::format("{} says {}, {} says {}", running_.front().name,
                                      outcome.status, running.name, name);
    }
  }
  return outcome;
}

StepOutcome Session::Commit(const std::string& operation, std::optional<state::Actual> actual,
                            int64_t now_us) {
  return Settle(operation, now_us, actual, true);
}

StepOutcome Session::Release(const std::string& operation, int64_t now_us) {
  return Settle(operation, now_us, std::nullopt, false);
}

Result<GrantId> Session::GrantOn(Running& running, const std::string& parent,
                                 std::string_view json, int64_t now_us, std::string& subject) {
  if (parent.empty()) {
    Result<GrantSpec> spec = json.empty() ? root_ : GrantFromJson(*program_, json);
    if (!spec.has_value()) return std::unexpected(spec.error());
    if (!spec->ttl_us.has_value()) spec->ttl_us = DefaultTtl(*program_, spec->policy);
    subject = spec->subject;
    return running.engine->Mint(*spec, now_us);
  }
  const auto from = running.grants.find(parent);
  if (from == running.grants.end()) {
    return Fail("no-grant", fmt::format("no grant is called `{}`", parent));
  }
  Result<DelegationSpec> spec = DelegationFromJson(*program_, json);
  if (!spec.has_value()) return std::unexpected(spec.error());
  subject = spec->subject;
  return running.engine->Delegate(from->second.grant, *spec, now_us);
}

StepOutcome Session::Grant(const std::string& name, const std::string& parent,
                           std::string_view json, int64_t now_us) {
  StepOutcome outcome;
  for (Running& running : running_) {
    std::string subject;
    const Result<GrantId> grant = GrantOn(running, parent, json, now_us, subject);
    const std::string status = grant.has_value() ? "" : grant.error().code;
    if (&running == &running_.front()) {
      outcome.status = status;
      if (!grant.has_value()) outcome.message = grant.error().message;
    } else if (status != outcome.status && outcome.disagrees.empty()) {
      outcome.disagrees = fmt::format("{} says `{}`, {} says `{}`", running_.front().name,
                                      outcome.status, running.name, status);
    }
    if (grant.has_value()) running.grants[name] = {*grant, subject};
  }
  return outcome;
}

bool Session::Revoke(const std::string& name) {
  bool all = true;
  for (Running& running : running_) {
    const auto found = running.grants.find(name);
    all = found != running.grants.end() && running.engine->Revoke(found->second.grant) && all;
  }
  return all;
}

std::string Session::CountersDisagree(int64_t now_us) {
  std::vector<state::CounterView> truth;
  for (Running& running : running_) {
    Result<std::vector<state::CounterView>> counters = running.store->Counters();
    if (!counters.has_value()) return running.name + ": " + counters.error().message;
    if (&running == &running_.front()) {
      truth = std::move(*counters);
      continue;
    }
    const bool exact = running.store->exact();
    const std::string first = CountersText(truth, exact, now_us);
    const std::string text = CountersText(std::move(*counters), exact, now_us);
    if (text != first) {
      return fmt::format("counters of {} and {} disagree:\n{}\n{}", running_.front().name,
                         running.name, first, text);
    }
  }
  return {};
}

CallExplanation Session::Explain(std::string_view request, int64_t now_us,
                                 const std::string& grant) {
  const Frame frame = ParseRequest(*program_, request, SubjectOf(grant), now_us);
  return running_.front().reader->Explain(running_.front().grants[grant].grant, frame);
}

std::string Session::DigestOf(std::string_view request, int64_t now_us,
                              const std::string& grant) const {
  const Frame frame = ParseRequest(*program_, request, SubjectOf(grant), now_us);
  if (frame.header() == nullptr) return {};
  std::string hex;
  for (const uint8_t byte : frame.digest()) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string_view NameOf(state::SettleStatus status) {
  switch (status) {
    case state::SettleStatus::kSettled:
      return "settled";
    case state::SettleStatus::kAlready:
      return "already";
    case state::SettleStatus::kConflict:
      return "conflict";
    case state::SettleStatus::kUnknown:
      return "unknown";
    case state::SettleStatus::kBadRequest:
      return "bad_request";
    case state::SettleStatus::kUnavailable:
      return "unavailable";
  }
  return "unavailable";
}

Result<state::Actual> ParseActual(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    int64_t amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error == std::errc() && end == text.data() + text.size()) return state::Actual{0, amount};
  } else if (const Currency* currency = FindCurrency(text.substr(space + 1))) {
    const Result<int64_t> amount = ParseMoney(text.substr(0, space), currency->id);
    if (amount.has_value()) {
      return state::Actual{static_cast<uint16_t>(currency->id), *amount};
    }
  }
  return Fail("bad-actual", "what a call took is a whole number or an amount: `3`, `30.00 USD`");
}

bool Counts(const Program& program) {
  return !program.limits.empty() || !program.histories.empty() ||
         std::ranges::any_of(program.capabilities,
                             [](const Capability& c) { return !c.terms.empty(); }) ||
         std::ranges::any_of(program.policies,
                             [](const Policy& p) { return p.breaker.max_violations != 0; });
}

std::vector<std::string> ObligationNames(const Program& program) {
  std::vector<std::string> names;
  for (const ObligationType& type : program.obligations) {
    names.push_back(fmt::format("{}@{}", type.name, type.version));
  }
  return names;
}

int64_t DefaultTtl(const Program& program, const std::string& policy) {
  for (const Policy& p : program.policies) {
    if (p.name == policy && p.max_ttl_us != 0) return p.max_ttl_us;
  }
  return kHourUs;
}

Result<GrantSpec> DefaultGrant(const Program& program) {
  if (program.policies.size() != 1) {
    return Fail("no-grant", "the module has several policies; say which in `--- grant`");
  }
  const Policy& policy = program.policies.front();
  GrantSpec spec;
  spec.policy = policy.name;
  spec.subject = "test";
  if (!policy.purposes.empty()) spec.purpose = program.purposes[policy.purposes.front()].name;
  spec.ttl_us = DefaultTtl(program, policy.name);
  return spec;
}

}  // namespace cap::policytest
