#include "runtime/engine/reservation.h"

#include <algorithm>
#include <bit>

namespace cap::engine {

void CandidateList::Add(const Candidate& candidate, const Plan& plan) {
  const uint32_t rank = plan.RankOf(candidate.capability);
  uint32_t at = 0;
  while (at < count && plan.RankOf(all[at].capability) < rank) ++at;
  if (at < count && all[at].capability == candidate.capability) return;
  dropped = dropped || count == all.size();
  if (at == all.size()) return;
  count = std::min(count + 1, static_cast<uint32_t>(all.size()));
  std::move_backward(all.begin() + at, all.begin() + count - 1, all.begin() + count);
  all[at] = candidate;
}

void Reservation::Clear() {
  group_count = 0;
  charge_count = 0;
  stamp_count = 0;
  store_groups = 0;
  texts.clear();
  names.clear();
  alone = false;
  has_breaker = false;
  answered = false;
  refused = false;
  failed = kNone;
  lost = kNone;
}

bool Reservation::AskInstead(uint64_t mask, Decision& of) {
  for (; mask != 0; mask &= mask - 1) {
    const auto nth = static_cast<uint32_t>(std::countr_zero(mask));
    if (nth >= group_count) return false;
    ActionGroup& group = groups[nth];
    if (group.permit.count == 0 || group.ask.count == 0) return false;
    group.permit.count = 0;
    group.charges_own = false;  // the decision does not name yet who asks
    if (!of.permitted()) continue;
    of.verdict = Verdict::kStepUp;
    of.code = DecisionCode::kStepUp;
    of.action_nth = group.nth;
  }
  return true;
}

ActionGroup& Reservation::Open(uint32_t nth, uint32_t action, bool escalates) {
  ActionGroup& group = groups[group_count++];
  group.nth = static_cast<uint8_t>(nth);
  group.escalates = escalates;
  group.action = action;
  group.charges_own = false;
  group.entry = nullptr;
  group.choice = 0;
  group.free = state::kNoFree;
  group.untried = false;
  for (CandidateList* list : {&group.permit, &group.ask}) {
    list->count = 0;
    list->dropped = false;
  }
  return group;
}

std::span<const state::CounterName> Reservation::Names() {
  names.clear();
  for (const std::array<std::string, 4>& text : texts) {
    names.push_back({.policy = text[0], .limit = text[1], .constraint = text[2], .key = text[3]});
  }
  return names;
}

}  // namespace cap::engine
