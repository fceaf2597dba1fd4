#include "runtime/redis/redis_store.h"

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.h"
#include "runtime/redis/redis_store_impl.h"

namespace cap::redis {

using state::ReserveResult;
using state::ReserveStatus;
using state::SettleStatus;

namespace {

/// A text of the server, as the answer to a settlement.
SettleStatus StatusOf(const std::string& word) {
  if (word == "settled") return SettleStatus::kSettled;
  if (word == "already") return SettleStatus::kAlready;
  if (word == "conflict") return SettleStatus::kConflict;
  if (word == "unknown") return SettleStatus::kUnknown;
  if (word == "bad") return SettleStatus::kBadRequest;
  return SettleStatus::kUnavailable;
}

/// Reads what reserve.lua answered: which charges were taken, and the counters as they are.
class Answered {
 public:
  bool Read(const Reply& reply, const state::ReserveRequest& request, const Numbered& numbered) {
    constexpr size_t kHead = 4;
    if (reply.list.size() != kHead + numbered.first.size()) return false;
    const auto floor = ParseInt(reply.list[2].text);
    if (!floor || !ReadTaken(reply.list[3].text, request.charges.size())) return false;
    now_us_ = std::max(request.now_us, *floor);
    counters_.resize(numbered.first.size());
    for (size_t i = 0; i < counters_.size(); ++i) {
      const std::string& text = reply.list[kHead + i].text;
      if (text.empty()) continue;
      auto named = ParseCounter(text);
      if (!named) return false;
      counters_[i] = std::move(named->counter);
    }
    for (size_t i = 0; i < request.charges.size(); ++i) {
      const uint16_t number = numbered.number[i];
      charged_.first[i] = numbered.first[number];
      charged_.counter[i] = reply.list[kHead + number].text.empty() ? nullptr : &counters_[number];
    }
    return true;
  }

  /// Of a request that was reserved, or would be.
  void Tell(const state::ReserveRequest& request, std::span<state::ChargeState> states) const {
    state::TellStates(request, charged_, choice_, now_us_, states);
  }
  /// Of one that was not: the same arithmetic says here why.
  uint16_t TellSpent(const state::ReserveRequest& request, std::span<state::ChargeState> states) {
    choice_ = state::Choose(request, charged_, now_us_);
    Tell(request, states);
    return choice_.failed;
  }

 private:
  bool ReadTaken(std::string_view list, size_t charges) {
    while (!list.empty()) {
      const size_t comma = std::min(list.find(','), list.size());
      const auto number = ParseInt(list.substr(0, comma));
      if (!number || *number < 0 || static_cast<size_t>(*number) >= charges) return false;
      choice_.taken.set(static_cast<size_t>(*number));
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return true;
  }

  std::vector<state::Counter> counters_;
  state::ChargedCounters charged_;
  state::Choice choice_;
  int64_t now_us_ = 0;
};

}  // namespace

ReserveResult RedisStoreImpl::Reserve(const state::ReserveRequest& request,
                                      std::span<state::ChargeState> states) {
  return ReserveAs(request, request.peek ? "peek" : "", states);
}

ReserveResult RedisStoreImpl::ReserveAs(const state::ReserveRequest& request, std::string_view mode,
                                        std::span<state::ChargeState> states) {
  const bool kept = !request.peek && !(request.operation == state::kNoOperation);
  if (!state::IsSound(request) || (!kept && !request.peek && state::HasSequel(request))) {
    return {ReserveStatus::kBadRequest};
  }
  const Numbered numbered = NumberCounters(request.charges);
  Order order{.script = kReserve,
              .keys = {},
              .rest = {},
              .again = kept || request.peek,
              .writes = !request.peek};
  order.keys.Add(keys_.history);
  order.keys.Add(KeyOf(request.operation));
  for (const uint16_t i : numbered.first) order.keys.Add(KeyOf(request.charges[i].id));
  order.rest = ReserveArguments(request, numbered, mode, options_.names);

  Reply reply;
  if (Run(order, reply) != Answer::kDone) {
    return {rewound_ ? ReserveStatus::kRewound : ReserveStatus::kUnavailable};
  }
  const std::string& word = reply.list[0].text;
  Answered answered;
  if (!answered.Read(reply, request, numbered)) return {};
  if (word == "bad") return {ReserveStatus::kBadRequest};
  if (word == "spent") {
    return {ReserveStatus::kSpent, false, answered.TellSpent(request, states)};
  }
  if (word != "reserved" && word != "repeated") return {};
  answered.Tell(request, states);
  return {ReserveStatus::kReserved, word == "repeated"};
}

SettleStatus RedisStoreImpl::Commit(state::OperationId operation,
                                    std::optional<state::Actual> actual, int64_t now_us) {
  return Settle(operation, "C", actual, now_us);
}

SettleStatus RedisStoreImpl::Release(state::OperationId operation, int64_t now_us) {
  return Settle(operation, "X", std::nullopt, now_us);
}

SettleStatus RedisStoreImpl::Settle(state::OperationId operation, std::string_view as,
                                    std::optional<state::Actual> actual, int64_t now_us) {
  if (now_us < 0 || now_us > limits::kTimeUs) return SettleStatus::kBadRequest;
  if (actual && (actual->amount < 0 || actual->amount > limits::kQuantity)) {
    return SettleStatus::kBadRequest;
  }
  const int64_t grace_ms = limits::kSweepGraceUs / 1000;
  Order order{.script = kSettle, .keys = {}, .rest = {}, .again = true, .writes = true};
  order.keys.Add(keys_.history);
  order.keys.Add(KeyOf(operation));
  order.rest.Add(now_us);
  order.rest.Add(as);
  order.rest.Add(actual ? std::to_string(actual->amount) : "");
  order.rest.Add(actual ? std::to_string(actual->unit) : "");
  order.rest.Add(grace_ms);
  order.rest.Add(limits::kOperationKeepUs / 1000 + grace_ms);
  order.rest.Add(counter_prefix_);
  Reply reply;
  if (Run(order, reply) != Answer::kDone) return SettleStatus::kUnavailable;
  return StatusOf(reply.list[0].text);
}

SettleStatus RedisStoreImpl::CountViolation(state::CounterId id, int64_t limit, int64_t window_us,
                                            int64_t suspend_us, int64_t now_us) {
  if (!state::IsSoundBreaker(limit, window_us, suspend_us, now_us)) {
    return SettleStatus::kBadRequest;
  }
  Order order{.script = kViolate, .keys = {}, .rest = {}, .again = false, .writes = true};
  order.keys.Add(keys_.history);
  order.keys.Add(KeyOf(id));
  for (const int64_t number :
       {now_us, limit, window_us, suspend_us, limits::kSweepGraceUs / 1000}) {
    order.rest.Add(number);
  }
  Reply reply;
  if (Run(order, reply) != Answer::kDone) return SettleStatus::kUnavailable;
  return StatusOf(reply.list[0].text);
}

ReserveResult RedisStoreImpl::Replay(const state::ReserveRequest& request) {
  if (request.peek || request.operation == state::kNoOperation || !state::IsSound(request)) {
    return {ReserveStatus::kBadRequest};
  }
  // Not by the pool, which has no connection to a server that is to be acknowledged.
  const int64_t deadline_us = SteadyUs() + options_.timeout_us;
  std::string why;
  const auto connection = Connection::Open(address_, deadline_us, why);
  if (connection == nullptr) return {};
  const Numbered numbered = NumberCounters(request.charges);
  Words keys, all;
  keys.Add(keys_.history);
  keys.Add(KeyOf(request.operation));
  for (const uint16_t i : numbered.first) keys.Add(KeyOf(request.charges[i].id));
  const Words rest = ReserveArguments(request, numbered, "replay", options_.names);
  const Standing at = known();
  all.Add("EVAL");
  all.Add(kReserve.text);
  all.Add(int64_t{keys.count});
  all.bytes += keys.bytes;
  all.Add(at.branch);
  all.Add(at.place);
  all.bytes += rest.bytes;
  connection->Append(all.bytes, all.count + keys.count + rest.count);
  if (!connection->Send(deadline_us)) return {};
  const auto reply = connection->Receive(deadline_us);
  if (!reply || reply->list.empty()) return {};
  const std::string& word = reply->list[0].text;
  if (word == "bad") return {ReserveStatus::kBadRequest};
  if (word != "reserved" && word != "repeated") return {ReserveStatus::kRewound};
  return {ReserveStatus::kReserved, word == "repeated"};
}

Result<std::unique_ptr<RedisStore>> NewRedisStore(std::string_view url,
                                                  const RedisOptions& options) {
  auto address = ParseAddress(url);
  if (!address) return std::unexpected(address.error());
  const bool plain = !options.tenant.empty() && options.tenant.size() <= limits::kTenantBytes &&
                     std::ranges::all_of(options.tenant, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
                     });
  if (!plain) {
    return Fail("redis-url", "a tenant's name is made of 1 to " +
                                 std::to_string(limits::kTenantBytes) +
                                 " letters, digits, \"_\", \"-\" and \".\"");
  }
  auto position = ParseStanding(options.position);
  if (!position) return Fail("redis-url", "the position is none that Position() gave");
  auto store = std::make_unique<RedisStoreImpl>(std::move(*address), options, *position);
  if (auto begun = store->Begin(); !begun) return std::unexpected(begun.error());
  return store;
}

}  // namespace cap::redis
