// What a Plan says about limits: which constants they have, and what their counters are called.
#include <algorithm>
#include <span>

#include "runtime/engine/plan.h"
#include "runtime/engine/term_template.h"

namespace cap::engine {
namespace {

/// The counters of terms, whose names say by themselves where they are written. `kind` of owner: a
/// capability and a limit may have one name.
std::vector<CounterHash::Id> NameTerms(const std::vector<LimitTerm>& terms,
                                       const CounterHash& hash, char kind) {
  std::vector<CounterHash::Id> ids;
  for (const LimitTerm& term : terms) {
    CounterHash::Id id = hash.Text(hash.Text({}, 'v', "capc1"), 'p', term.policy);
    id = hash.Text(hash.Text(hash.Text(id, kind, term.owner), 'n', term.name), 'r', term.reset);
    // A rate has nothing in common with the quota that it was yesterday.
    ids.push_back(hash.Number(id, 'k', static_cast<uint64_t>(term.kind)));
  }
  return ids;
}

}  // namespace

Result<void> Plan::AddLimits(const Program& program, ConstPool& pool) {
  for (const SharedLimit& limit : program.limits) {
    limit_bound_.push_back(std::ranges::any_of(limit.consts, &ConstSource::bound));
  }
  for (uint32_t policy = 0; policy < program.policies.size(); ++policy) {
    for (const uint32_t index : program.policies[policy].limits) {
      const SharedLimit& limit = program.limits[index];
      PolicyAction& entry = EntryOf(program, policy, limit.action);
      if (limit_bound_[index]) {
        entry.bound_limits = true;
        continue;
      }
      LimitPlan& plan = entry.limits.emplace_back();
      plan.limit = index;
      plan.record.shape = limit.shape;
      plan.record.capability = index;
      Arena arena;
      auto constants = ConstantsOf(program, limit.shape, limit.consts, {}, arena);
      if (!constants) return std::unexpected(constants.error());
      auto slots = pool.Intern(*constants);
      if (!slots) return std::unexpected(slots.error());
      plan.record.consts = *slots;
    }
  }
  return {};
}

std::vector<Slot> Plan::Templates(const Program& program, uint32_t index,
                                  std::span<const TypedSlot> constants) const {
  const Capability& capability = program.capabilities[index];
  std::vector<TermTemplate> made;
  for (uint32_t i = 0; i < template_counts_[index]; ++i) {
    const LimitTerm& term = capability.terms[i];
    const CounterHash::Id& id =
        term.history == kNone ? term_ids_[index][i] : history_ids_[term.history];
    made.push_back(MakeTemplate(program, hash_, term, id, capability.clauses[term.clause].span,
                                constants));
  }
  std::vector<Slot> slots(made.size() * (sizeof(TermTemplate) / sizeof(Slot)));
  const auto bytes = std::as_bytes(std::span(made));
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(slots)).begin());
  return slots;
}

void Plan::NameCounters(const Program& program) {
  const CounterHash& hash = hash_;
  for (const Capability& capability : program.capabilities) {
    term_ids_.push_back(NameTerms(capability.terms, hash, 'c'));
    // Without constants there is no block that templates could stand before.
    const bool none = capability.consts.empty();
    template_counts_.push_back(none ? 0 : static_cast<uint32_t>(capability.terms.size()));
  }
  for (const SharedLimit& limit : program.limits) {
    limit_term_ids_.push_back(NameTerms(limit.terms, hash, 'l'));
  }
  const CounterHash::Id root = hash.Text({}, 'v', "capc1");
  for (const History& history : program.histories) {
    CounterHash::Id id = hash.Text(root, 'a', program.actions[history.action].name);
    for (const std::string& argument : history.arguments) id = hash.Text(id, 'w', argument);
    history_ids_.push_back(id);
  }
  for (const Policy& policy : program.policies) {
    breaker_ids_.push_back(hash.Text(hash.Text(root, 'p', policy.name), 'z', "breaker"));
  }
}

void Plan::MarkCounted(const Program& program) {
  histories_.resize(program.actions.size());
  for (uint32_t i = 0; i < program.histories.size(); ++i) {
    histories_[program.histories[i].action].push_back(i);
  }
  counts_ = !program.limits.empty() || !program.histories.empty();
  for (const Policy& policy : program.policies) {
    counts_ = counts_ || policy.breaker.max_violations != 0;
  }
  for (const Capability& capability : program.capabilities) {
    counts_ = counts_ || !capability.terms.empty();
  }
  const auto any = [&](const PolicyAction& entry, const auto& is) {
    return std::ranges::any_of(entry.capabilities, [&](uint32_t i) {
      return std::ranges::any_of(program.capabilities[i].terms, is);
    });
  };
  for (PolicyAction& entry : entries_) {
    const bool limited = !entry.limits.empty() || entry.bound_limits ||
                         !histories_[entry.action].empty();
    entry.charges_own =
        !limited && program.policies[entry.policy].breaker.max_violations == 0;
    entry.usual = entry.charges_own && std::ranges::all_of(entry.capabilities, [&](uint32_t i) {
      const std::vector<LimitTerm>& terms = program.capabilities[i].terms;
      return template_counts_[i] == terms.size() && std::ranges::all_of(terms, MayHaveTemplate);
    });
    entry.counts = !entry.charges_own || any(entry, [](const LimitTerm&) { return true; });
    entry.keeps = limited || any(entry, [](const LimitTerm& term) {
      return term.kind == LimitKind::kQuota || term.kind == LimitKind::kGauge;
    });
  }
}

}  // namespace cap::engine
