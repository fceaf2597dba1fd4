#include "runtime/redis/redis_store.h"

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.h"
#include "runtime/redis/redis_store_impl.h"
#include "runtime/redis/tls.h"
#include "runtime/state/choose.h"

namespace cap::redis {

using state::ReserveResult;
using state::ReserveStatus;
using state::SettleStatus;

namespace {

/// What settle.lua and violate.lua answer.
SettleStatus StatusOf(char word) {
  switch (word) {
    case 'E':
      return SettleStatus::kSettled;
    case 'A':
      return SettleStatus::kAlready;
    case 'C':
      return SettleStatus::kConflict;
    case 'U':
      return SettleStatus::kUnknown;
    case 'B':
      return SettleStatus::kBadRequest;
    default:
      return SettleStatus::kUnavailable;
  }
}

/// Reads what was answered: which charges were taken, and the counters as they are.
class Answered {
 public:
  bool Read(std::string_view reply, const state::ReserveRequest& request,
            const Numbered& numbered) {
    Unpacked from(reply.substr(1));
    from.Long();  // the place
    now_us_ = std::max(request.now_us, from.Long());
    counters_.resize(numbered.count);
    const bool plain = reply[0] == 'h' || reply[0] == 's';
    if (!(plain ? ReadPlain(from, reply[0] == 'h', request) : ReadAny(from, request))) return false;
    for (size_t i = 0; i < request.charges.size(); ++i) {
      const uint16_t number = numbered.number[i];
      const bool known = counters_[number].of() != state::CounterClass::kNone;
      charged_.first[i] = numbered.first[number];
      charged_.counter[i] = known ? &counters_[number] : nullptr;
    }
    return !from.failed();
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
  /// What plain.lua answers: each counter is that of one charge, and holds no entries.
  bool ReadPlain(Unpacked& from, bool taken, const state::ReserveRequest& request) {
    if (counters_.size() != request.charges.size()) return false;
    from.Bytes(18);  // the rest of how far the history has come
    for (size_t i = 0; i < counters_.size(); ++i) {
      from.Bytes(kFieldSize);
      const std::string_view text = from.Bytes(kCounterSize);
      choice_.taken.set(i, taken);
      if (std::ranges::all_of(text, [](char c) { return c == '\0'; })) continue;
      auto counter = ParseCounter(text);
      if (!counter) return false;
      counters_[i] = std::move(*counter);
    }
    return true;
  }
  bool ReadAny(Unpacked& from, const state::ReserveRequest& request) {
    for (uint64_t left = from.Short(); left > 0; --left) {
      const uint64_t charge = from.Short();
      if (from.failed() || charge >= request.charges.size()) return false;
      choice_.taken.set(charge);
    }
    for (state::Counter& counter : counters_) {
      const std::string_view text = from.Bytes(from.Word());
      if (text.empty()) continue;
      auto parsed = ParseCounter(text);
      if (!parsed) return false;
      counter = std::move(*parsed);
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
  const bool kept = !request.peek && !(request.operation == state::kNoOperation);
  if (!state::IsSound(request) || (!kept && !request.peek && state::HasSequel(request))) {
    return {ReserveStatus::kBadRequest};
  }
  Numbered numbered;
  if (!NumberCounters(request.charges, numbered)) return {ReserveStatus::kBadRequest};
  const Mode mode = request.peek ? Mode::kPeek : Mode::kCharge;
  Order order{.script = kReserve,
              .arguments = ReserveArguments(request, numbered, mode, options_.names),
              .again = kept || request.peek,
              .writes = !request.peek};
  std::string reply;
  if (Run(order, reply) != Answer::kDone) {
    return {rewound_ ? ReserveStatus::kRewound : ReserveStatus::kUnavailable};
  }
  Answered answered;
  if (!answered.Read(reply, request, numbered)) return {};
  switch (reply[0]) {
    case 'B':
      return {ReserveStatus::kBadRequest};
    case 'S':
    case 's':
      return {ReserveStatus::kSpent, false, answered.TellSpent(request, states)};
    case 'R':
    case 'h':
    case 'T':
      answered.Tell(request, states);
      return {ReserveStatus::kReserved, reply[0] == 'T'};
    default:
      return {};
  }
}

SettleStatus RedisStoreImpl::Commit(state::OperationId operation,
                                    std::optional<state::Actual> actual, int64_t now_us) {
  return Settle(operation, 'C', actual, now_us);
}

SettleStatus RedisStoreImpl::Release(state::OperationId operation, int64_t now_us) {
  return Settle(operation, 'X', std::nullopt, now_us);
}

SettleStatus RedisStoreImpl::Settle(state::OperationId operation, char as,
                                    std::optional<state::Actual> actual, int64_t now_us) {
  if (now_us < 0 || now_us > limits::kTimeUs) return SettleStatus::kBadRequest;
  if (actual && (actual->amount < 0 || actual->amount > limits::kQuantity)) {
    return SettleStatus::kBadRequest;
  }
  const state::Actual measured = actual.value_or(state::Actual());
  Packed head;
  head.Long(now_us).Byte(static_cast<uint8_t>(as));
  head.Byte(actual.has_value()).Quantity(measured.amount).Short(measured.unit);
  Order order{.script = kSettle,
              .arguments = Arguments(head.bytes()),
              .again = true,
              .writes = true};
  order.arguments.Add(Field(operation).text());
  std::string reply;
  if (Run(order, reply) != Answer::kDone) return SettleStatus::kUnavailable;
  return StatusOf(reply[0]);
}

SettleStatus RedisStoreImpl::CountViolation(state::CounterId id, int64_t limit, int64_t window_us,
                                            int64_t suspend_us, int64_t now_us) {
  if (!state::IsSoundBreaker(limit, window_us, suspend_us, now_us)) {
    return SettleStatus::kBadRequest;
  }
  Packed head;
  head.Long(now_us).Long(limit).Long(window_us).Long(suspend_us);
  Order order{.script = kViolate,
              .arguments = Arguments(head.bytes()),
              .again = false,
              .writes = true};
  order.arguments.Add(Field(id).text());
  std::string reply;
  if (Run(order, reply) != Answer::kDone) return SettleStatus::kUnavailable;
  return StatusOf(reply[0]);
}

ReserveResult RedisStoreImpl::Replay(const state::ReserveRequest& request) {
  Numbered numbered;
  if (request.peek || request.operation == state::kNoOperation || !state::IsSound(request) ||
      !NumberCounters(request.charges, numbered)) {
    return {ReserveStatus::kBadRequest};
  }
  // Not by the pool, which has no connection to a server that is to be acknowledged.
  const int64_t deadline_us = SteadyUs() + options_.timeout_us;
  std::string why;
  const auto connection = Connection::Open(address_, deadline_us, why);
  if (connection == nullptr) return {};
  const auto time = connection->Call({"TIME"}, deadline_us);
  const auto seconds =
      time && time->list.size() == 2 ? ParseInt(time->list[0].text) : std::nullopt;
  if (!seconds) return {};
  Arguments arguments = ReserveArguments(request, numbered, Mode::kReplay, options_.names);
  const Standing at = known();  // nowhere where this store was never let in
  arguments.Stand(BranchNumber(at.branch), at.place, *seconds * 1000);
  const std::string_view begin[] = {"EVAL", kReserve.text, "1", keys_.state};
  connection->Append(begin, arguments.words());
  if (!connection->Send(deadline_us)) return {};
  const auto reply = connection->Receive(deadline_us);
  if (!reply || reply->kind != Reply::Kind::kText || reply->text.empty()) return {};
  const char word = reply->text[0];
  if (word == 'B') return {ReserveStatus::kBadRequest};
  if (word != 'R' && word != 'T') return {ReserveStatus::kRewound};
  return {ReserveStatus::kReserved, word == 'T'};
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
  if (address->secure) {
    auto tls = TlsContext::Make(options.tls);
    if (!tls) return std::unexpected(tls.error());
    address->tls = std::move(*tls);
  }
  auto position = ParseStanding(options.position);
  if (!position) return Fail("redis-url", "the position is none that Position() gave");
  auto store = std::make_unique<RedisStoreImpl>(std::move(*address), options, *position);
  if (auto begun = store->Begin(); !begun) return std::unexpected(begun.error());
  return store;
}

}  // namespace cap::redis
