#include "runtime/state/lease.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "runtime/state/choose.h"
#include "runtime/state/lease_book.h"

namespace cap::state {
namespace {

using State = LeasedOperation::State;
using Lock = std::unique_lock<std::mutex>;

class LeasedStoreImpl final : public LeasedStore {
 public:
  LeasedStoreImpl(std::shared_ptr<Store> authority, const LeaseOptions& options, OperationId seed)
      : authority_(std::move(authority)), options_(options), next_operation_(seed) {}
  ~LeasedStoreImpl() override {
    std::vector<Return> returns;
    book_.CloseAll(returns);
    Send(returns, now_us_);
  }

  ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) override;
  SettleStatus Commit(OperationId operation, std::optional<Actual> actual,
                      int64_t now_us) override {
    return Settle(operation, State::kCommitted, actual, now_us);
  }
  SettleStatus Release(OperationId operation, int64_t now_us) override {
    return Settle(operation, State::kReleased, std::nullopt, now_us);
  }
  SettleStatus CountViolation(CounterId id, int64_t limit, int64_t window_us, int64_t suspend_us,
                              int64_t now_us) override {
    ++trips_;
    return authority_->CountViolation(id, limit, window_us, suspend_us, now_us);
  }
  uint64_t Sweep(int64_t now_us) override;
  Result<std::vector<CounterView>> Counters() override;
  Result<bool> Reset(CounterId id) override;
  const std::array<uint8_t, 16>& hash_key() const override { return authority_->hash_key(); }
  bool keeps_names() const override { return authority_->keeps_names(); }
  void GiveBack() override;
  uint64_t trips() const override { return trips_; }

 private:
  /// The answer of a call that was reserved here, again.
  ReserveResult Repeat(Lock& lock, const ReserveRequest& request, std::span<ChargeState> states);
  /// Takes the chosen charges from their slices, or tells which one has too little.
  std::optional<size_t> TakeChosen(const ReserveRequest& request, std::span<const uint16_t> chosen,
                                   std::span<ChargeState> states);
  /// Asks the authority for more of one counter. False: it is better asked about the call itself.
  bool Refill(Lock& lock, const ReserveRequest& request, size_t charge);
  bool Lease(Lock& lock, Slice& slice, int64_t size, int64_t now_us,
             std::span<const CounterName> name);
  /// Charges what was used of a slice without a grant: anew, or with a lease that was taken before.
  bool Cover(Lock& lock, CounterId id, int64_t now_us);
  ReserveResult Ask(const ReserveRequest& request, std::span<ChargeState> states);
  /// Which charge is of a counter of which more was used than anybody granted.
  std::optional<size_t> Debt(Lock& lock, const ReserveRequest& request);
  void Learn(const ReserveRequest& request, const ReserveResult& result,
             std::span<ChargeState> states, std::vector<Return>& returns);
  bool HasRoom();
  SettleStatus Settle(OperationId operation, State as, std::optional<Actual> actual,
                      int64_t now_us);
  /// Settles leases at the authority, without the lock.
  void Send(const std::vector<Return>& returns, int64_t now_us);
  void Note(int64_t now_us) { now_us_ = std::max(now_us_, now_us); }
  /// A slice of a total that the authority has to see in use again, or has forgotten.
  bool IsOld(const Slice& slice, int64_t now_us) const {
    return slice.terms.kind == CounterKind::kTotal && slice.terms.span_us > 0 &&
           now_us > slice.leased_us + options_.lease_us;
  }
  bool IsForgotten(const Slice& slice, int64_t now_us) const {
    return IsOld(slice, now_us) &&
           now_us >= slice.leased_us + options_.lease_us + slice.terms.span_us;
  }

  const std::shared_ptr<Store> authority_;
  const LeaseOptions options_;
  std::atomic<uint64_t> trips_ = 0;

  std::mutex mutex_;
  std::condition_variable asked_;
  LeaseBook book_;
  OperationId next_operation_;
  int64_t now_us_ = 0;  // the latest time that anybody gave
  int64_t next_purge_us_ = 0;
  std::vector<Return> unsent_;  // the authority was away
};

ReserveResult LeasedStoreImpl::Reserve(const ReserveRequest& request,
                                       std::span<ChargeState> states) {
  if (!IsSound(request)) return {ReserveStatus::kBadRequest};
  Lock lock(mutex_);
  Note(request.now_us);
  const auto known =
      request.peek ? book_.operations.end() : book_.operations.find(request.operation);
  const bool here = known != book_.operations.end() && known->second.state != State::kElsewhere;
  if (here && (known->second.state == State::kReleased ||
               known->second.fingerprint != FingerprintOf(request))) {
    return {ReserveStatus::kBadRequest};
  }
  if (here) return Repeat(lock, request, states);
  if (known == book_.operations.end() && IsLeasable(request) && HasRoom()) {
    const std::vector<uint16_t> chosen = FirstChoice(request);
    // Each charge may need one slice.
    for (size_t tries = 0; tries <= 2 * chosen.size(); ++tries) {
      const auto missing = TakeChosen(request, chosen, states);
      if (!missing) return {ReserveStatus::kReserved};
      if (!Refill(lock, request, *missing)) break;
    }
  }
  if (!request.peek) {
    if (const auto failed = Debt(lock, request)) {
      return {ReserveStatus::kSpent, false, static_cast<uint16_t>(*failed)};
    }
  }
  lock.unlock();
  return Ask(request, states);
}

/// What was taken is what was written down. What remains is a question of now: perhaps of another
/// period than the call was charged in, of which nothing is known here.
ReserveResult LeasedStoreImpl::Repeat(Lock& lock, const ReserveRequest& request,
                                      std::span<ChargeState> states) {
  if (states.empty()) return {ReserveStatus::kReserved, true};
  ReserveRequest question = request;
  question.peek = true;
  lock.unlock();
  ++trips_;
  const ReserveStatus asked = authority_->Reserve(question, states).status;
  lock.lock();
  const bool known = asked == ReserveStatus::kReserved || asked == ReserveStatus::kSpent;
  for (size_t i = 0; i < states.size(); ++i) {
    const Slice* slice = book_.Find(request.charges[i]);
    states[i].taken = false;
    if (!known) states[i] = {.remains = slice != nullptr ? slice->left : 0};
    if (slice == nullptr) continue;
    states[i].remains = std::max<int64_t>(0, states[i].remains + slice->free());
  }
  for (const uint16_t i : FirstChoice(request)) {
    states[i].taken = states[i].fits = true;
    states[i].retry_after_us = 0;
  }
  return {ReserveStatus::kReserved, true};
}

std::optional<size_t> LeasedStoreImpl::TakeChosen(const ReserveRequest& request,
                                                  std::span<const uint16_t> chosen,
                                                  std::span<ChargeState> states) {
  std::optional<size_t> missing;
  std::vector<Share> shares;
  shares.reserve(chosen.size());
  for (const uint16_t i : chosen) {
    const Charge& charge = request.charges[i];
    Slice* slice = book_.Find(charge);
    if (slice == nullptr || slice->free() < charge.amount || IsOld(*slice, request.now_us)) {
      missing = i;
      break;
    }
    slice->used += charge.amount;
    ++slice->outstanding;
    slice->touched_us = std::max(slice->touched_us, request.now_us);
    shares.push_back({charge.id, slice->serial, charge.end_us, charge.unit, charge.amount});
  }
  if (missing) {
    for (const Share& share : shares) {
      Slice* slice = book_.At(share.id);
      slice->used -= share.amount;
      --slice->outstanding;
    }
    return missing;
  }
  for (size_t i = 0; i < states.size(); ++i) {
    // Of an alternative that was not needed nothing is known here.
    states[i] = {.taken = false, .fits = true, .remains = request.charges[i].limit};
  }
  for (const uint16_t i : chosen) {
    Slice* slice = book_.Find(request.charges[i]);
    slice->latest = true;
    if (states.empty()) continue;
    states[i] = {.taken = true, .fits = true, .remains = slice->free() + slice->left};
  }
  LeasedOperation& operation = book_.operations[request.operation];
  operation.state = State::kReserved;
  operation.fingerprint = FingerprintOf(request);
  operation.time_us = request.now_us;
  operation.shares = std::move(shares);
  return std::nullopt;
}

bool LeasedStoreImpl::Refill(Lock& lock, const ReserveRequest& request, size_t charge) {
  const Charge& wanted = request.charges[charge];
  std::vector<Return> returns;
  if (Slice* old = book_.Find(wanted); old != nullptr && IsForgotten(*old, request.now_us)) {
    if (!old->asking) book_.Close(wanted.id, returns);
  }
  Slice* slice = book_.FindOrMake(wanted, returns);
  if (!returns.empty()) {
    lock.unlock();
    Send(returns, request.now_us);
    lock.lock();
    slice = book_.Find(wanted);
  }
  if (slice == nullptr) return false;
  if (slice->asking) {
    // Whoever asks is back within the authority's own time limit.
    asked_.wait_for(lock, std::chrono::seconds(1));
    return true;
  }
  const int64_t debt = std::max<int64_t>(0, -slice->free());
  const int64_t most = slice->left / std::max<int64_t>(4, options_.share);
  const int64_t wish =
      std::max(slice->next, std::max<int64_t>(1, options_.first) > limits::kQuantity / wanted.amount
                                ? limits::kQuantity
                                : options_.first * wanted.amount);
  const int64_t size = std::min(wish, most);
  if (size / 2 < wanted.amount || size - wanted.amount < debt) return false;
  const bool named = !request.names.empty();
  return Lease(lock, *slice, size, request.now_us,
               named ? request.names.subspan(charge, 1) : std::span<const CounterName>());
}

bool LeasedStoreImpl::Lease(Lock& lock, Slice& slice, int64_t size, int64_t now_us,
                            std::span<const CounterName> name) {
  Charge leased = slice.terms;
  leased.group = kEveryGroup;
  leased.alternative = 0;
  // What is taken here is heard of at the authority this much later at most.
  if (leased.kind == CounterKind::kTotal && leased.span_us > 0) {
    leased.span_us = std::min(leased.span_us + options_.lease_us, limits::kTimeUs);
  }
  // One that was not answered is asked again, so that no more than it can be lost.
  if (slice.doubtful.amount == 0) {
    slice.doubtful = {{next_operation_.high, next_operation_.low++}, size};
  }
  const OperationId operation = slice.doubtful.operation;
  leased.amount = size = slice.doubtful.amount;
  const uint64_t serial = slice.serial;
  slice.asking = true;
  lock.unlock();
  ChargeState state;
  ++trips_;
  const ReserveResult result = authority_->Reserve({.now_us = now_us,
                                                    .operation = operation,
                                                    .charges = {&leased, 1},
                                                    .free = {},
                                                    .stamps = {},
                                                    .names = name},
                                                   {&state, 1});
  lock.lock();
  // Nobody closes a slice that asks.
  slice.asking = false;
  asked_.notify_all();
  if (result.status == ReserveStatus::kRewound) book_.Void();
  if (slice.serial != serial || result.status == ReserveStatus::kUnavailable) return false;
  slice.doubtful = {};
  if (result.status == ReserveStatus::kSpent) slice.left = state.remains;
  if (result.status != ReserveStatus::kReserved) return false;
  slice.left = state.remains;
  slice.leases.push_back({operation, size});
  slice.granted += size;
  slice.leased_us = slice.touched_us = std::max(slice.touched_us, now_us);
  slice.next = size > limits::kQuantity / 2 ? limits::kQuantity : 2 * size;
  return true;
}

bool LeasedStoreImpl::Cover(Lock& lock, CounterId id, int64_t now_us) {
  Slice* slice = book_.At(id);
  if (slice == nullptr || slice->free() >= 0) return true;
  if (slice->asking) return false;
  if (Lease(lock, *slice, -slice->free(), now_us, {})) return true;
  // There is no room for it, which is all the more reason to write it down.
  slice = book_.At(id);
  if (slice == nullptr) return true;
  std::vector<Return> returns;
  book_.TakeDebt(*slice, returns);
  const bool covered = slice->free() >= 0;
  lock.unlock();
  Send(returns, now_us);
  lock.lock();
  return covered;
}

std::optional<size_t> LeasedStoreImpl::Debt(Lock& lock, const ReserveRequest& request) {
  for (size_t i = 0; i < request.charges.size(); ++i) {
    if (!Cover(lock, request.charges[i].id, request.now_us)) return i;
  }
  return std::nullopt;
}

ReserveResult LeasedStoreImpl::Ask(const ReserveRequest& request, std::span<ChargeState> states) {
  std::vector<ChargeState> own(states.size() < request.charges.size() ? request.charges.size() : 0);
  if (!own.empty()) states = own;
  ++trips_;
  ReserveResult result = authority_->Reserve(request, states);
  std::vector<Return> returns;
  if (result.status == ReserveStatus::kSpent) {
    // What lies here unused was counted against the call.
    {
      const Lock lock(mutex_);
      for (const Charge& charge : request.charges) {
        Slice* slice = book_.At(charge.id);
        if (slice == nullptr || slice->free() <= 0) continue;
        book_.TakeFree(*slice, returns);
        slice->next = 0;
      }
    }
    if (!returns.empty()) {
      Send(returns, request.now_us);
      returns.clear();
      ++trips_;
      result = authority_->Reserve(request, states);
    }
  }
  {
    const Lock lock(mutex_);
    Learn(request, result, states, returns);
  }
  Send(returns, request.now_us);
  return result;
}

void LeasedStoreImpl::Learn(const ReserveRequest& request, const ReserveResult& result,
                            std::span<ChargeState> states, std::vector<Return>& returns) {
  if (result.status == ReserveStatus::kRewound) book_.Void();
  if (result.status != ReserveStatus::kReserved && result.status != ReserveStatus::kSpent) return;
  const bool may_make = IsLeasable(request) && book_.slices() < options_.operations;
  if (result.status == ReserveStatus::kReserved && !request.peek &&
      !(request.operation == kNoOperation) && HasRoom()) {
    LeasedOperation& operation = book_.operations[request.operation];
    operation.state = State::kElsewhere;
    operation.time_us = request.now_us;
    // Of one that is only asked for again it is known.
    for (size_t i = 0; i < request.charges.size(); ++i) {
      const Charge& charge = request.charges[i];
      if (result.repeated || !states[i].taken || !IsLeased(charge)) continue;
      operation.shares.push_back({charge.id, 0, charge.end_us, charge.unit, charge.amount});
    }
  }
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (!IsLeased(charge)) continue;
    Slice* other = book_.At(charge.id);
    if (other != nullptr && states[i].taken && !request.peek) other->latest = false;
    Slice* slice = book_.Find(charge);
    // Only where a slice will be worth asking for.
    if (slice == nullptr && may_make && states[i].remains / options_.share / 2 >= charge.amount) {
      slice = book_.FindOrMake(charge, returns);
    }
    if (slice == nullptr) continue;
    slice->left = states[i].remains;
    slice->touched_us = std::max(slice->touched_us, request.now_us);
    states[i].remains += std::max<int64_t>(0, slice->free());
  }
}

bool LeasedStoreImpl::HasRoom() {
  if (book_.operations.size() < options_.operations) return true;
  if (now_us_ < next_purge_us_) return false;
  std::erase_if(book_.operations,
                [](const auto& operation) { return operation.second.state != State::kReserved; });
  const bool has = book_.operations.size() < options_.operations;
  if (!has) next_purge_us_ = now_us_ + 1'000'000;  // not for every call
  return has;
}

SettleStatus LeasedStoreImpl::Settle(OperationId operation, State as, std::optional<Actual> actual,
                                     int64_t now_us) {
  if (now_us < 0 || now_us > limits::kTimeUs ||
      (actual && (actual->amount < 0 || actual->amount > limits::kQuantity))) {
    return SettleStatus::kBadRequest;
  }
  {
    Lock lock(mutex_);
    Note(now_us);
    const auto found = book_.operations.find(operation);
    if (found != book_.operations.end() && found->second.state != State::kElsewhere) {
      LeasedOperation& known = found->second;
      if (known.state != State::kReserved) {
        const bool same = known.state == as && known.has_actual == actual.has_value() &&
                          (!actual || (known.actual.unit == actual->unit &&
                                       known.actual.amount == actual->amount));
        return same ? SettleStatus::kAlready : SettleStatus::kConflict;
      }
      std::vector<CounterId> debts;
      if (!book_.Settle(known, as, actual, now_us, debts)) return SettleStatus::kBadRequest;
      for (const CounterId id : debts) Cover(lock, id, now_us);
      return SettleStatus::kSettled;
    }
  }
  ++trips_;
  const bool released = as == State::kReleased;
  const SettleStatus status = released ? authority_->Release(operation, now_us)
                                       : authority_->Commit(operation, actual, now_us);
  if (status != SettleStatus::kSettled) return status;
  const Lock lock(mutex_);
  const auto found = book_.operations.find(operation);
  if (found != book_.operations.end()) book_.HearSettled(found->second, released, actual);
  return status;
}

void LeasedStoreImpl::Send(const std::vector<Return>& returns, int64_t now_us) {
  for (const Return& back : returns) {
    ++trips_;
    const SettleStatus status = authority_->Commit(back.operation, back.actual, now_us);
    if (status != SettleStatus::kUnavailable) continue;
    // It stays charged until the authority can be told.
    const Lock lock(mutex_);
    unsent_.push_back(back);
  }
}

uint64_t LeasedStoreImpl::Sweep(int64_t now_us) {
  std::vector<Return> returns;
  uint64_t freed = 0;
  {
    const Lock lock(mutex_);
    Note(now_us);
    returns.swap(unsent_);
    book_.CloseIdle(now_us - options_.lease_us, returns);
    freed = book_.ForgetOperations(now_us - limits::kOperationKeepUs);
  }
  Send(returns, now_us);
  return freed + authority_->Sweep(now_us);
}

void LeasedStoreImpl::GiveBack() {
  std::vector<Return> returns;
  int64_t now_us = 0;
  {
    const Lock lock(mutex_);
    now_us = now_us_;
    returns.swap(unsent_);
    book_.CloseIdle(limits::kTimeUs, returns);
  }
  Send(returns, now_us);
}

/// Without what lies here unused.
Result<std::vector<CounterView>> LeasedStoreImpl::Counters() {
  auto views = authority_->Counters();
  if (!views) return views;
  const Lock lock(mutex_);
  for (CounterView& view : *views) {
    const Slice* slice = book_.At(view.id);
    // One that was leased before the counter began anew is of a period that is over.
    if (slice == nullptr || slice->leased_us < view.begin_us) continue;
    view.used = std::max<int64_t>(0, view.used - slice->free());
    if (slice->latest) view.limit_value = slice->terms.limit;
  }
  return views;
}

Result<bool> LeasedStoreImpl::Reset(CounterId id) {
  std::vector<Return> returns;
  int64_t now_us = 0;
  {
    Lock lock(mutex_);
    while (book_.At(id) != nullptr && book_.At(id)->asking) asked_.wait(lock);
    now_us = now_us_;
    book_.Close(id, returns);
  }
  Send(returns, now_us);
  ++trips_;
  return authority_->Reset(id);
}

}  // namespace

std::unique_ptr<LeasedStore> NewLeasedStore(std::shared_ptr<Store> authority,
                                            const LeaseOptions& options) {
  OperationId seed;
  if (getentropy(&seed, sizeof seed) != 0) return nullptr;
  return std::make_unique<LeasedStoreImpl>(std::move(authority), options, seed);
}

}  // namespace cap::state
