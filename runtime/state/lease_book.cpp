#include "runtime/state/lease_book.h"

#include <algorithm>

namespace cap::state {
namespace {

/// Of two charges that are alike but for what they take and which alternative they are.
bool SameTerms(const Charge& a, const Charge& b) {
  return a.id == b.id && a.kind == b.kind && a.unit == b.unit && a.limit == b.limit &&
         a.span_us == b.span_us && a.begin_us == b.begin_us && a.end_us == b.end_us;
}

constexpr int64_t kLargestLeased = limits::kQuantity / 1000;

}  // namespace

bool IsLeased(const Charge& charge) {
  return (charge.kind == CounterKind::kQuota || charge.kind == CounterKind::kTotal) &&
         charge.limit <= kLargestLeased;
}

bool IsLeasable(const ReserveRequest& request) {
  return !request.peek && request.stamps.empty() && !request.charges.empty() &&
         !(request.operation == kNoOperation) && std::ranges::all_of(request.charges, IsLeased);
}

std::vector<uint16_t> FirstChoice(const ReserveRequest& request) {
  std::vector<uint16_t> chosen;
  uint32_t group = kEveryGroup;
  uint16_t alternative = 0;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    if (charge.group != kEveryGroup && charge.group != group) {
      group = charge.group;
      alternative = charge.alternative;
    }
    const bool without =
        charge.group < request.free.size() && request.free[charge.group] < alternative;
    if (charge.group == kEveryGroup || (charge.alternative == alternative && !without)) {
      chosen.push_back(static_cast<uint16_t>(i));
    }
  }
  return chosen;
}

Slice* LeaseBook::At(CounterId id) {
  const auto found = slices_.find(id);
  return found == slices_.end() ? nullptr : &found->second;
}

Slice* LeaseBook::Find(const Charge& charge) {
  Slice* slice = At(charge.id);
  return slice != nullptr && SameTerms(slice->terms, charge) ? slice : nullptr;
}

Slice* LeaseBook::FindOrMake(const Charge& charge, std::vector<Return>& returns) {
  if (Slice* slice = At(charge.id)) {
    if (SameTerms(slice->terms, charge)) return slice;
    // What a period that is over has left is of no use to anybody.
    const bool over = charge.kind == CounterKind::kQuota &&
                      slice->terms.kind == CounterKind::kQuota &&
                      charge.begin_us >= slice->terms.end_us;
    if (slice->asking || (slice->outstanding > 0 && !over)) return nullptr;
    Close(charge.id, returns);
  }
  Slice& made = slices_[charge.id];
  made.serial = ++serial_;
  made.terms = charge;
  return &made;
}

void LeaseBook::TakeFree(Slice& slice, std::vector<Return>& returns) {
  if (slice.doubtful.amount > 0 && !slice.asking) {
    returns.push_back({slice.doubtful.operation, {slice.terms.unit, 0}});
    slice.doubtful = {};
  }
  while (slice.free() > 0 && slice.leases.size() > (slice.outstanding > 0 ? 1u : 0u)) {
    const Lease lease = slice.leases.back();
    slice.leases.pop_back();
    const int64_t back = std::min(slice.free(), lease.amount);
    slice.granted -= back;
    returns.push_back({lease.operation, {slice.terms.unit, lease.amount - back}});
  }
}

void LeaseBook::TakeDebt(Slice& slice, std::vector<Return>& returns) {
  if (slice.free() >= 0 || slice.leases.empty()) return;
  const Lease lease = slice.leases.back();
  const int64_t debt = std::min(-slice.free(), limits::kQuantity - lease.amount);
  slice.leases.pop_back();
  slice.granted += debt;
  returns.push_back({lease.operation, {slice.terms.unit, lease.amount + debt}});
}

void LeaseBook::Close(CounterId id, std::vector<Return>& returns) {
  Slice* slice = At(id);
  if (slice == nullptr) return;
  slice->outstanding = 0;
  TakeFree(*slice, returns);
  TakeDebt(*slice, returns);
  slices_.erase(id);
}

void LeaseBook::CloseIdle(int64_t before_us, std::vector<Return>& returns) {
  std::vector<CounterId> idle;
  for (auto& [id, slice] : slices_) {
    if (slice.touched_us > before_us || slice.asking) continue;
    TakeFree(slice, returns);
    if (slice.outstanding == 0) idle.push_back(id);
  }
  for (const CounterId id : idle) slices_.erase(id);
}

void LeaseBook::CloseAll(std::vector<Return>& returns) {
  for (auto& [id, slice] : slices_) {
    TakeFree(slice, returns);
    // The last one of a slice that calls hang on: they stay charged, the rest goes back.
    slice.outstanding = 0;
    TakeFree(slice, returns);
  }
  slices_.clear();
}

void LeaseBook::Void() {
  for (auto& [id, slice] : slices_) {
    slice.serial = ++serial_;
    slice.outstanding = 0;
    slice.leases.clear();
    slice.doubtful = {};
    slice.granted = slice.used = slice.left = slice.next = 0;
  }
}

bool LeaseBook::Settle(LeasedOperation& operation, LeasedOperation::State as,
                       const std::optional<Actual>& actual, int64_t now_us,
                       std::vector<CounterId>& debts) {
  const bool released = as == LeasedOperation::State::kReleased;
  if (actual && std::ranges::none_of(operation.shares, [&](const Share& share) {
        return share.unit == actual->unit;
      })) {
    return false;
  }
  for (const Share& share : operation.shares) {
    Slice* slice = At(share.id);
    if (slice == nullptr || slice->serial != share.serial) continue;
    int64_t more = 0;
    if (released) more = -share.amount;
    if (actual && actual->unit == share.unit) more = actual->amount - share.amount;
    if (__builtin_add_overflow(slice->used, more, &slice->used)) slice->used = INT64_MAX;
    --slice->outstanding;
    if (slice->free() < 0) debts.push_back(share.id);
  }
  operation.shares = {};
  operation.state = as;
  operation.time_us = now_us;
  operation.has_actual = actual.has_value();
  operation.actual = actual.value_or(Actual());
  return true;
}

void LeaseBook::HearSettled(LeasedOperation& operation, bool released,
                            const std::optional<Actual>& actual) {
  for (const Share& share : operation.shares) {
    Slice* slice = At(share.id);
    if (slice == nullptr || slice->terms.end_us != share.end_us) continue;
    if (released) slice->left += share.amount;
    if (actual && actual->unit == share.unit) {
      slice->left = std::max<int64_t>(0, slice->left + share.amount - actual->amount);
    }
  }
  operation.shares = {};
}

uint64_t LeaseBook::ForgetOperations(int64_t before_us) {
  uint64_t forgotten = 0;
  for (auto at = operations.begin(); at != operations.end();) {
    if (at->second.time_us > before_us) {
      ++at;
      continue;
    }
    for (const Share& share : at->second.shares) {
      Slice* slice = At(share.id);
      if (slice != nullptr && slice->serial == share.serial) --slice->outstanding;
    }
    // The authority counts its own.
    if (at->second.state != LeasedOperation::State::kElsewhere) ++forgotten;
    at = operations.erase(at);
  }
  return forgotten;
}

}  // namespace cap::state
