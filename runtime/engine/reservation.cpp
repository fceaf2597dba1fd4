#include "runtime/engine/reservation.h"

#include <algorithm>
#include <bit>

#include "runtime/engine/delegation.h"

namespace cap::engine {

Candidate* CandidateList::Insert(uint32_t capability, const Plan& plan) {
  const uint32_t rank = plan.RankOf(capability);
  uint32_t at = 0;
  while (at < count && plan.RankOf(all[at].capability) < rank) ++at;
  if (at < count && all[at].capability == capability) return nullptr;
  dropped = dropped || count == all.size();
  if (at == all.size()) return nullptr;
  count = std::min(count + 1, static_cast<uint32_t>(all.size()));
  std::move_backward(all.begin() + at, all.begin() + count - 1, all.begin() + count);
  return &all[at];
}

std::string_view Reservation::subject() const {
  return view.delegation == nullptr ? view.specification->subject()
                                    : std::string_view(view.delegation->subject);
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

std::span<const state::CounterName> Reservation::Names() {
  names.clear();
  for (const std::array<std::string, 4>& text : texts) {
    names.push_back({.policy = text[0], .limit = text[1], .constraint = text[2], .key = text[3]});
  }
  return names;
}

}  // namespace cap::engine
