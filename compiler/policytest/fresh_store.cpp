#include "compiler/policytest/fresh_store.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cap::policytest {

namespace {

SpentLimit LimitOf(const state::ReserveRequest& request, size_t charge) {
  if (charge >= request.names.size()) return {};
  const state::CounterName& name = request.names[charge];
  return {std::string(name.policy), std::string(name.limit), std::string(name.constraint)};
}

/// Whether the call could be charged if there were more of `limit`: of each group some alternative
/// fits, and so does what belongs to no group.
bool WouldFit(const state::ReserveRequest& request, std::span<const state::ChargeState> states,
              const SpentLimit& limit) {
  std::map<uint16_t, std::map<uint16_t, bool>> groups;  // alternatives: all of it fits
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const state::Charge& charge = request.charges[i];
    const bool fits = states[i].fits || LimitOf(request, i) == limit;
    if (charge.group == state::kEveryGroup) {
      if (!fits) return false;
      continue;
    }
    bool& all = groups[charge.group].try_emplace(charge.alternative, true).first->second;
    all = all && fits;
  }
  return std::ranges::all_of(groups, [&](const auto& group) {
    const bool free =
        group.first < request.free.size() && request.free[group.first] != state::kNoFree;
    return free || std::ranges::any_of(group.second, [](const auto& one) { return one.second; });
  });
}

std::vector<SpentLimit> DecisiveOf(const state::ReserveRequest& request,
                                   std::span<const state::ChargeState> states) {
  std::vector<SpentLimit> decisive;
  for (size_t i = 0; i < states.size(); ++i) {
    if (states[i].fits) continue;
    SpentLimit limit = LimitOf(request, i);
    const bool known = std::ranges::find(decisive, limit) != decisive.end();
    if (!known && WouldFit(request, states, limit)) decisive.push_back(std::move(limit));
  }
  return decisive;
}

}  // namespace

StoreUnderTest MemoryUnderTest() {
  const auto open = [] { return Result<std::unique_ptr<state::Store>>(state::NewMemoryStore()); };
  return {"memory", true, open};
}

Result<void> FreshStore::Renew() {
  names_.clear();
  store_.reset();  // before the next one: both may want one file
  Result<std::unique_ptr<state::Store>> store = kind_.open();
  if (!store.has_value()) return std::unexpected(store.error());
  store_ = std::move(*store);
  return {};
}

state::ReserveResult FreshStore::Reserve(const state::ReserveRequest& request,
                                         std::span<state::ChargeState> states) {
  const state::ReserveResult result = store_->Reserve(request, states);
  for (size_t i = 0; i < request.names.size(); ++i) {
    const state::CounterName& name = request.names[i];
    state::CounterView& view = names_[{request.charges[i].id.high, request.charges[i].id.low}];
    view.policy = name.policy;
    view.limit = name.limit;
    view.constraint = name.constraint;
    view.key = name.key;
  }
  decisive_.clear();
  if (result.status == state::ReserveStatus::kSpent) decisive_ = DecisiveOf(request, states);
  return result;
}

state::SettleStatus FreshStore::Commit(state::OperationId operation,
                                       std::optional<state::Actual> actual, int64_t now_us) {
  return store_->Commit(operation, actual, now_us);
}

state::SettleStatus FreshStore::Release(state::OperationId operation, int64_t now_us) {
  return store_->Release(operation, now_us);
}

state::SettleStatus FreshStore::CountViolation(state::CounterId id, int64_t limit,
                                               int64_t window_us, int64_t suspend_us,
                                               int64_t now_us) {
  return store_->CountViolation(id, limit, window_us, suspend_us, now_us);
}

uint64_t FreshStore::Sweep(int64_t now_us) { return store_->Sweep(now_us); }

Result<std::vector<state::CounterView>> FreshStore::Counters() {
  Result<std::vector<state::CounterView>> counters = store_->Counters();
  if (!counters.has_value()) return counters;
  for (state::CounterView& counter : *counters) {
    const auto name = names_.find({counter.id.high, counter.id.low});
    if (name == names_.end()) continue;
    counter.policy = name->second.policy;
    counter.limit = name->second.limit;
    counter.constraint = name->second.constraint;
    counter.key = name->second.key;
  }
  return counters;
}

Result<bool> FreshStore::Reset(state::CounterId id) { return store_->Reset(id); }

}  // namespace cap::policytest
