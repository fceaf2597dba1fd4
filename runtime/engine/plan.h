// What a Program looks like to a decision: for each tool its actions, for each policy and action
// its skeletons, its forbids and its capabilities. Made once by Load, then immutable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/engine/const_pool.h"
#include "runtime/engine/counter_id.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"

namespace cap::engine {

/// CapabilityRecord::skeleton of a forbid whose constants or patterns hold bound values: the
/// skeleton of its pattern with this bit; all bits set if it has none.
inline constexpr uint8_t kForbidBit = 0x80;
inline constexpr uint8_t kForbidEverywhere = 0xFF;
/// … of a shared limit whose constants hold bound values (`capability` is its place in
/// Program::limits), and of what a delegated grant is made of.
inline constexpr uint8_t kLimitSkeleton = 0x7E;
inline constexpr uint8_t kDelegationSkeleton = 0x7D;
inline constexpr uint32_t kActionSkeletons = 0x7D;  // so that none of these is a capability's

/// A pattern of a forbid that is the same for every grant.
struct StaticPattern {
  uint8_t holes = 0;                  // mask
  std::vector<std::string> literals;  // of the holes, in order
};

struct ForbidPlan {
  uint32_t forbid = kNone;
  uint64_t unless = 0;                // approvers who must all have approved to lift it
  CapabilityRecord record;            // only its constants and shape are read
  std::vector<StaticPattern> patterns;  // empty = every resource
};

/// All holes of the action's resource, as a mask; there are at most limits::kResourceHoles.
uint8_t EveryHole(const Action& action);
static_assert(limits::kResourceHoles <= 8);

/// A shared limit that is the same for every grant.
struct LimitPlan {
  uint32_t limit = kNone;     // of Program::limits
  CapabilityRecord record;    // only its constants and shape are read
};

/// What one policy says about one action.
struct PolicyAction {
  uint32_t policy = kNone;
  uint32_t action = kNone;
  bool has_resource = false;  // of the action
  uint8_t every_hole = 0;     // mask of the holes of its resource
  uint32_t skeleton_count = 0;
  std::array<uint8_t, limits::kSkeletons> skeletons = {};  // of Action::skeletons
  std::array<uint8_t, limits::kSkeletons> holes = {};      // their masks, parallel
  bool bound_forbids = false;
  std::vector<uint8_t> forbid_skeletons;  // bound forbids' patterns: of Action::skeletons
  std::vector<ForbidPlan> forbids;        // that are not bound, in order
  std::vector<uint32_t> capabilities;     // in order
  bool bound_limits = false;
  std::vector<LimitPlan> limits;          // that are not bound, in order
  // Nothing but the capabilities' own limits charges a call: no shared limit, no circuit breaker,
  // and it becomes a part of no history.
  bool charges_own = false;
  bool usual = false;   // … and a template has each of them, mostly (TermTemplate)
  bool counts = false;  // anything charges a call, or remembers it
  bool keeps = false;   // … so that it may have an operation, which the store remembers
};

struct ActionPlan {
  uint32_t action = kNone;
  uint32_t guard = kNone;
  CapabilityRecord guard_record;
};

struct ToolPlan {
  uint64_t layout_hash = 0;
  std::vector<ActionPlan> actions;  // parallel to Tool::actions
};

class Plan {
 public:
  /// `hash` makes the names of counters, and outlives the plan. Errors: "bad-program", for what a
  /// verified Program does not have.
  static Result<std::unique_ptr<Plan>> Make(const Program& program, ConstPool& pool,
                                            const CounterHash& hash);

  const std::vector<ToolPlan>& tools() const { return tools_; }

  /// Null: the policy says nothing about the action, so nothing is permitted.
  const PolicyAction* Find(uint32_t policy, uint32_t action) const {
    for (uint64_t at = Start(policy, action);; at = (at + 1) & mask_) {
      const Bucket& bucket = table_[at];
      if (bucket.entry == nullptr || (bucket.policy == policy && bucket.action == action)) {
        return bucket.entry;
      }
    }
  }

  /// Of two capabilities that permit, the one with the lower rank is charged: name, then order.
  uint32_t RankOf(uint32_t capability) const { return ranks_[capability]; }

  /// Where a capability stands in PolicyAction::capabilities.
  uint32_t PositionOf(uint32_t capability) const { return positions_[capability]; }

  /// Whether a capability's or forbid's constants are the same for every grant, and what they are.
  bool HasStaticConsts(uint32_t capability) const { return capability_static_[capability]; }
  const Slot* StaticConsts(uint32_t capability) const { return capability_consts_[capability]; }

  /// What stands before the constants of a minted grant's record of the capability: a TermTemplate
  /// for each of its terms, or none.
  std::vector<Slot> Templates(const Program& program, uint32_t capability,
                              std::span<const TypedSlot> constants) const;
  uint32_t TemplateCount(uint32_t capability) const { return template_counts_[capability]; }

  /// Whether a grant needs a record of the forbid.
  bool ForbidIsBound(uint32_t forbid) const { return forbid_bound_[forbid]; }

  /// Clauses of kOblige of a shape, as a mask.
  uint64_t ObligeMask(uint32_t shape) const { return oblige_masks_[shape]; }

  /// Clauses of kLimit of a shape, as a mask.
  uint64_t LimitMask(uint32_t shape) const { return limit_masks_[shape]; }

  /// Clauses of a shape that neither refuse nor ask for anything: kOblige and kLimit.
  uint64_t PassMask(uint32_t shape) const { return oblige_masks_[shape] | limit_masks_[shape]; }

  /// Whether a decision under the Program may need the store of counters at all.
  bool counts() const { return counts_; }

  /// The counter of a term before its unit and keys are told, by its place.
  const CounterHash::Id& TermId(uint32_t capability, uint32_t term) const {
    return term_ids_[capability][term];
  }
  const CounterHash::Id& LimitTermId(uint32_t limit, uint32_t term) const {
    return limit_term_ids_[limit][term];
  }
  /// … of a history, before its subject and values; and of a policy's breaker, before its subject.
  const CounterHash::Id& HistoryId(uint32_t history) const { return history_ids_[history]; }
  const CounterHash::Id& BreakerId(uint32_t policy) const { return breaker_ids_[policy]; }

  /// The histories that a call of the action becomes a part of when it is carried out.
  const std::vector<uint32_t>& HistoriesOf(uint32_t action) const { return histories_[action]; }

  /// Whether a shared limit's constants are the same for every grant.
  bool LimitIsBound(uint32_t limit) const { return limit_bound_[limit]; }

  /// Clauses of a capability whose obligation the enforcement point does not know.
  uint64_t UnknownMask(uint32_t capability) const { return unknown_masks_[capability]; }

  /// Says which obligations the enforcement point knows: "name@version". Before any decision.
  void KnowObligations(const Program& program, const std::vector<std::string>& known);

  /// Clauses of kRequire of a shape, as a mask.
  uint64_t RequireMask(uint32_t shape) const { return require_masks_[shape]; }

 private:
  struct Bucket {
    uint32_t policy = kNone;
    uint32_t action = kNone;
    const PolicyAction* entry = nullptr;
  };

  explicit Plan(const CounterHash& hash) : hash_(hash) {}
  uint64_t Start(uint32_t policy, uint32_t action) const {
    return ((uint64_t{policy} << 32 | action) * multiplier_ >> 32) & mask_;
  }
  Result<void> AddTools(const Program& program, ConstPool& pool);
  Result<void> AddCapabilities(const Program& program, ConstPool& pool);
  Result<void> AddForbids(const Program& program, ConstPool& pool);
  Result<void> AddForbid(const Program& program, uint32_t forbid, ConstPool& pool);
  Result<void> AddLimits(const Program& program, ConstPool& pool);
  void AddMasks(const Program& program);
  void NameCounters(const Program& program);
  void MarkCounted(const Program& program);
  void Rank(const Program& program);
  void BuildTable();
  /// Fills table_ for the multiplier in force; how many buckets lie between keys and their places.
  uint64_t FillTable();
  PolicyAction& EntryOf(const Program& program, uint32_t policy, uint32_t action);

  const CounterHash& hash_;
  std::vector<ToolPlan> tools_;
  std::vector<PolicyAction> entries_;
  std::unordered_map<uint64_t, uint32_t> index_;  // while it is made; table_ serves readers
  std::vector<Bucket> table_;                     // open addressing over entries_
  uint64_t mask_ = 0;
  uint64_t multiplier_ = 0;
  std::vector<uint32_t> ranks_;
  std::vector<uint32_t> positions_;
  std::vector<const Slot*> capability_consts_;
  std::vector<bool> capability_static_;
  std::vector<uint32_t> template_counts_;  // by capability
  std::vector<bool> forbid_bound_;
  std::vector<uint64_t> require_masks_;
  std::vector<uint64_t> oblige_masks_;
  std::vector<uint64_t> unknown_masks_;  // by capability
  std::vector<uint64_t> limit_masks_;
  std::vector<std::vector<CounterHash::Id>> term_ids_;        // by capability
  std::vector<std::vector<CounterHash::Id>> limit_term_ids_;  // by shared limit
  std::vector<CounterHash::Id> history_ids_;
  std::vector<CounterHash::Id> breaker_ids_;                  // by policy
  std::vector<std::vector<uint32_t>> histories_;              // by action
  std::vector<bool> limit_bound_;
  bool counts_ = false;
};

}  // namespace cap::engine
