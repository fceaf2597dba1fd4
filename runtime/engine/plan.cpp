#include "runtime/engine/plan.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace cap::engine {
namespace {

bool AnyBound(const std::vector<ConstSource>& sources) {
  return std::any_of(sources.begin(), sources.end(), [](const auto& each) { return each.bound; });
}

bool AnyBound(const std::vector<Pattern>& patterns) {
  for (const Pattern& pattern : patterns) {
    for (const PatternHole& hole : pattern.holes) {
      if (hole.value.bound) return true;
    }
  }
  return false;
}

void AddOnce(std::vector<uint8_t>& list, uint8_t value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

/// A block with the constants of a user of `shape` that are the same for every grant.
Result<const Slot*> InternStatic(const Program& program, uint32_t shape,
                                 const std::vector<ConstSource>& sources, ConstPool& pool) {
  Arena arena;
  auto constants = ConstantsOf(program, shape, sources, {}, arena);
  if (!constants) return std::unexpected(constants.error());
  return pool.Intern(*constants);
}

}  // namespace

uint8_t EveryHole(const Action& action) {
  return static_cast<uint8_t>((1u << action.resource.holes.size()) - 1);
}

Result<std::unique_ptr<Plan>> Plan::Make(const Program& program, ConstPool& pool,
                                         const CounterHash& hash) {
  std::unique_ptr<Plan> plan(new Plan(hash));
  for (const Action& action : program.actions) {
    if (action.skeletons.size() > kActionSkeletons) {
      return Fail("bad-program", "action `" + action.name + "` has too many kinds of patterns");
    }
  }
  plan->NameCounters(program);
  for (auto step :
       {&Plan::AddTools, &Plan::AddCapabilities, &Plan::AddForbids, &Plan::AddLimits}) {
    if (auto done = (plan.get()->*step)(program, pool); !done) return std::unexpected(done.error());
  }
  plan->AddMasks(program);
  plan->MarkCounted(program);
  plan->Rank(program);
  plan->BuildTable();
  return plan;
}

Result<void> Plan::AddTools(const Program& program, ConstPool& pool) {
  for (const Tool& tool : program.tools) {
    ToolPlan& plan = tools_.emplace_back();
    plan.layout_hash = tool.layout_hash;
    for (uint32_t index : tool.actions) {
      const Action& action = program.actions[index];
      ActionPlan& added = plan.actions.emplace_back();
      added.action = index;
      added.guard = action.guard;
      auto slots = InternStatic(program, action.guard, action.guard_consts, pool);
      if (!slots) return std::unexpected(slots.error());
      added.guard_record.consts = *slots;
      added.guard_record.shape = action.guard;
    }
  }
  return {};
}

PolicyAction& Plan::EntryOf(const Program& program, uint32_t policy, uint32_t action) {
  const auto [at, added] = index_.try_emplace(uint64_t{policy} << 32 | action, entries_.size());
  if (added) {
    PolicyAction& entry = entries_.emplace_back();
    entry.policy = policy;
    entry.action = action;
    entry.has_resource = program.actions[action].has_resource;
    entry.every_hole = EveryHole(program.actions[action]);
  }
  return entries_[at->second];
}

Result<void> Plan::AddCapabilities(const Program& program, ConstPool& pool) {
  for (uint32_t index = 0; index < program.capabilities.size(); ++index) {
    const Capability& capability = program.capabilities[index];
    const Action& action = program.actions[capability.action];
    PolicyAction& entry = EntryOf(program, capability.policy, capability.action);
    positions_.push_back(static_cast<uint32_t>(entry.capabilities.size()));
    entry.capabilities.push_back(index);
    for (const Pattern& pattern : capability.patterns) {
      const auto skeleton = static_cast<uint8_t>(pattern.skeleton);
      const auto end = entry.skeletons.begin() + entry.skeleton_count;
      if (std::find(entry.skeletons.begin(), end, skeleton) != end) continue;
      if (entry.skeleton_count == limits::kSkeletons) {
        return Fail("bad-program", "policy `" + program.policies[capability.policy].name +
                                       "` has too many kinds of patterns for action `" +
                                       action.name + "`");
      }
      entry.skeletons[entry.skeleton_count] = skeleton;
      entry.holes[entry.skeleton_count] = action.skeletons[skeleton];
      ++entry.skeleton_count;
    }
    capability_static_.push_back(!AnyBound(capability.consts));
    capability_consts_.push_back(nullptr);
    if (!capability_static_.back()) continue;
    Arena arena;
    auto constants = ConstantsOf(program, capability.shape, capability.consts, {}, arena);
    if (!constants) return std::unexpected(constants.error());
    auto slots = pool.Intern(*constants, Templates(program, index, *constants));
    if (!slots) return std::unexpected(slots.error());
    capability_consts_.back() = *slots;
  }
  return {};
}

Result<void> Plan::AddForbids(const Program& program, ConstPool& pool) {
  for (uint32_t index = 0; index < program.forbids.size(); ++index) {
    if (auto done = AddForbid(program, index, pool); !done) return done;
  }
  return {};
}

Result<void> Plan::AddForbid(const Program& program, uint32_t index, ConstPool& pool) {
  const Forbid& forbid = program.forbids[index];
  PolicyAction& entry = EntryOf(program, forbid.policy, forbid.action);
  forbid_bound_.push_back(AnyBound(forbid.consts) || AnyBound(forbid.patterns));
  if (forbid_bound_.back()) {
    entry.bound_forbids = true;
    for (const Pattern& pattern : forbid.patterns) {
      AddOnce(entry.forbid_skeletons, static_cast<uint8_t>(pattern.skeleton));
    }
    return {};
  }
  ForbidPlan plan;
  plan.forbid = index;
  plan.unless = forbid.unless_approvers;
  auto slots = InternStatic(program, forbid.shape, forbid.consts, pool);
  if (!slots) return std::unexpected(slots.error());
  plan.record.consts = *slots;
  plan.record.shape = forbid.shape;
  plan.record.capability = index;
  for (const Pattern& pattern : forbid.patterns) {
    StaticPattern& made = plan.patterns.emplace_back();
    made.holes = program.actions[forbid.action].skeletons[pattern.skeleton];
    for (const PatternHole& hole : pattern.holes) {
      const ResourceHole& of = program.actions[forbid.action].resource.holes[hole.hole];
      auto texts = TextsOf(program, hole, of, {});
      if (!texts) return Fail("bad-program", texts.error().message);
      if (texts->size() != 1) return Fail("bad-program", "a literal of a pattern is no text");
      made.literals.push_back(std::move(texts->front()));
    }
    if (made.literals.size() != static_cast<size_t>(std::popcount(made.holes))) {
      return Fail("bad-program", "a pattern does not fit its skeleton");
    }
  }
  entry.forbids.push_back(std::move(plan));
  return {};
}

void Plan::AddMasks(const Program& program) {
  for (const Shape& shape : program.shapes) {
    uint64_t require = 0;
    uint64_t oblige = 0;
    uint64_t limit = 0;
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      const ClauseKind kind = program.clauses[shape.first_clause + i].kind;
      require |= uint64_t{kind == ClauseKind::kRequire} << i;
      oblige |= uint64_t{kind == ClauseKind::kOblige} << i;
      limit |= uint64_t{kind == ClauseKind::kLimit} << i;
    }
    require_masks_.push_back(require);
    oblige_masks_.push_back(oblige);
    limit_masks_.push_back(limit);
  }
}

void Plan::KnowObligations(const Program& program, const std::vector<std::string>& known) {
  std::vector<bool> knows;
  for (const ObligationType& type : program.obligations) {
    const std::string name = type.name + "@" + std::to_string(type.version);
    knows.push_back(std::find(known.begin(), known.end(), name) != known.end());
  }
  unknown_masks_.assign(program.capabilities.size(), 0);
  for (size_t i = 0; i < program.capabilities.size(); ++i) {
    const std::vector<ClauseInfo>& clauses = program.capabilities[i].clauses;
    for (size_t c = 0; c < clauses.size(); ++c) {
      const uint32_t obligation = clauses[c].obligation;
      if (obligation != kNone && !knows[obligation]) unknown_masks_[i] |= uint64_t{1} << c;
    }
  }
}

void Plan::Rank(const Program& program) {
  std::vector<uint32_t> order(program.capabilities.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return program.capabilities[a].name < program.capabilities[b].name;
  });
  ranks_.resize(order.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) ranks_[order[rank]] = rank;
}

uint64_t Plan::FillTable() {
  std::fill(table_.begin(), table_.end(), Bucket());
  uint64_t skipped = 0;
  for (const PolicyAction& entry : entries_) {
    uint64_t at = Start(entry.policy, entry.action);
    for (; table_[at].entry != nullptr; at = (at + 1) & mask_) ++skipped;
    table_[at] = {entry.policy, entry.action, &entry};
  }
  return skipped;
}

// Of some multipliers the one under which keys collide least: with few entries, not at all.
void Plan::BuildTable() {
  constexpr uint32_t kTries = 64;
  constexpr size_t kManyEntries = 4096;  // of which no multiplier keeps all apart
  table_.resize(std::bit_ceil(entries_.size() * 4 + 1));
  mask_ = table_.size() - 1;
  uint64_t best = 0;
  uint64_t least = UINT64_MAX;
  uint64_t tried = 0x9E37'79B9'7F4A'7C15u;
  const uint32_t tries = entries_.size() > kManyEntries ? 1 : kTries;
  for (uint32_t i = 0; i < tries && least > 0; ++i, tried *= 0xD129'0F3B'7C1E'5A35u) {
    multiplier_ = tried;
    const uint64_t skipped = FillTable();
    if (skipped >= least) continue;
    least = skipped;
    best = tried;
  }
  multiplier_ = best;
  FillTable();
  index_.clear();
}

}  // namespace cap::engine
