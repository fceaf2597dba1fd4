// One call under one grant and one Program: the phases between the grant's row and the decision.
// Allocates nothing, unless a call with several resources meets more than a thousand capabilities.
// Shared by Authorize and by the reports, which look at the same records again.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "cap/decision.h"
#include "runtime/engine/grant_rows.h"
#include "runtime/engine/program_state.h"
#include "runtime/frame/frame.h"

namespace cap::engine {

struct Delegation;
struct Reservation;

/// A live grant, as a decision needs it.
struct GrantView {
  GrantId id;
  uint32_t policy = kNone;  // of Program::policies
  const GrantSpecification* specification = nullptr;
  const Delegation* delegation = nullptr;  // null: it was minted
};

/// Why a handle is not that of a live grant.
DecisionCode WhyNotLive(GrantId grant, uint64_t row_state);

/// The rest of OpenGrant() for a grant that was delegated, or that the Program does not know.
DecisionCode OpenDelegated(const ProgramState& state, const GrantRows& rows, const GrantRow& row,
                           int64_t now_us, GrantView& view);

/// What a delegated grant was delegated from; generation 0: it was minted.
GrantId ParentOf(const GrantRow& row);
inline bool IsDelegated(const GrantRow& row) {
  return row.parent.load(std::memory_order_relaxed) >> 32 != 0;
}

/// Whether a grant that was live still is, and may be used at `now_us`: kPermit, or why not. Of a
/// delegated one, all that it was delegated from. Inside an epoch.
DecisionCode WhyGone(const GrantRows& rows, GrantId grant, int64_t now_us);

/// kPermit: the row is that of the live grant and none of its handles is revoked; else why not.
inline DecisionCode WhyRowGone(const GrantRows& rows, const GrantRow* row, GrantId grant,
                               int64_t now_us) {
  const uint64_t found = row == nullptr ? 0 : row->state.load(std::memory_order_acquire);
  if (found != StateOf(grant.generation, GrantStatus::kLive) || grant.generation == 0) {
    return WhyNotLive(grant, found);
  }
  if (row->expires_us.load(std::memory_order_relaxed) <= now_us) {
    return DecisionCode::kGrantExpired;
  }
  for (const std::atomic<uint32_t>& each : row->handles) {
    const uint32_t handle = each.load(std::memory_order_relaxed);
    if (handle == 0) break;
    if (rows.handles().IsRevoked(handle)) return DecisionCode::kGrantRevoked;
  }
  return DecisionCode::kPermit;
}

/// kPermit: the grant is live and `view` is filled; else why not.
[[gnu::always_inline]] inline DecisionCode OpenGrant(const ProgramState& state,
                                                     const GrantRows& rows, GrantId grant,
                                                     int64_t now_us, GrantView& view) {
  const GrantRow* row = rows.At(grant.index);
  const DecisionCode gone = WhyRowGone(rows, row, grant, now_us);
  if (gone != DecisionCode::kPermit) return gone;
  // A Program that was loaded before the grant was minted does not know it; one that is loaded
  // while this runs may have lost its policy.
  const uint32_t number = row->policy.load(std::memory_order_relaxed);
  view.id = grant;
  view.specification = row->specification.load(std::memory_order_relaxed);
  if (number >= state.policy_of.size()) return OpenDelegated(state, rows, *row, now_us, view);
  view.policy = state.policy_of[number];
  return view.policy == kNone ? DecisionCode::kGrantOrphaned : DecisionCode::kPermit;
}

/// Of a call that nothing charges but the one capability which permits it: that capability. The
/// limits of most calls are its own (usual.cpp).
struct Winner {
  bool wanted = false;  // else, and of any other call, all is found that may be charged
  const state::Store* store = nullptr;  // null: only calls that are charged nothing have a winner
  state::OperationId operation;         // that the call will be
  // Of a permit:
  const CapabilityRecord* record = nullptr;  // of this epoch
  uint64_t admitted = 0;
  bool has_rivals = false;  // another capability permits the call too
};

/// The resources of one action of a call. INVARIANT of `derived`: there is at least one, and every
/// hole of each has a text.
struct ResourceView {
  std::span<const ResourceTexts> all;
  bool derived = false;
};
inline constexpr ResourceTexts kNoTexts;  // the one resource of an action without any
inline ResourceView ResourcesOf(bool has_resource, uint8_t every_hole, const Frame& frame,
                                uint32_t nth) {
  if (!has_resource) return {{&kNoTexts, 1}, true};
  ResourceView view{frame.resources(nth), false};
  for (const ResourceTexts& texts : view.all) {
    view.derived = (texts.valid & every_hole) == every_hole;
    if (!view.derived) break;
  }
  return view;
}

/// The hashes under which the capabilities of an entry are sought for one resource.
struct Probes {
  std::array<uint64_t, limits::kSkeletons> hashes;  // as many as the entry has skeletons
};

/// Finds the records of a grant for one action.
class RecordFinder {
 public:
  RecordFinder(const ProgramState& state, GrantId grant, uint32_t action)
      : index_(state.index),
        grant_(KeyOf(grant)),
        action_(action),
        hash_(index_.seed(), grant_, action) {}

  /// The first of the records of the skeleton whose literals are the texts of `holes`; the others
  /// follow it. Null: there is none.
  const CapabilityRecord* Find(uint32_t skeleton, uint32_t holes,
                               const ResourceTexts& texts) const {
    return Find(HashFor(skeleton, holes, texts), skeleton, holes, texts);
  }

  /// Calls visit(record) for every one of them.
  template <typename Visit>
  void ForEach(uint32_t skeleton, uint32_t holes, const ResourceTexts& texts,
               const Visit& visit) const {
    Follow(Find(skeleton, holes, texts), visit);
  }

  /// Asks for the memory in which the capabilities for the resource will be sought. Among a million
  /// records it is far away: what is done until ForEachCapability() costs nothing then.
  void Prepare(const PolicyAction& entry, const ResourceTexts& texts, Probes& probes) const {
    for (uint32_t i = 0; i < entry.skeleton_count; ++i) {
      probes.hashes[i] = HashFor(entry.skeletons[i], entry.holes[i], texts);
      index_.Prefetch(probes.hashes[i]);
    }
  }

  /// Calls visit(record) for every capability record that covers the resource that `probes` were
  /// prepared for. All probes come before all visits, so that their misses of the cache overlap.
  template <typename Visit>
  void ForEachCapability(const PolicyAction& entry, const ResourceTexts& texts,
                         const Probes& probes, const Visit& visit) const {
    const CapabilityRecord* found[limits::kSkeletons];
    uint32_t count = 0;
    for (uint32_t i = 0; i < entry.skeleton_count; ++i) {
      found[count] = Find(probes.hashes[i], entry.skeletons[i], entry.holes[i], texts);
      count += found[count] != nullptr;
    }
    for (uint32_t i = 0; i < count; ++i) Follow(found[i], visit);
  }
  template <typename Visit>
  void ForEachCapability(const PolicyAction& entry, const ResourceTexts& texts,
                         const Visit& visit) const {
    Probes probes;
    Prepare(entry, texts, probes);
    ForEachCapability(entry, texts, probes, visit);
  }

 private:
  uint64_t HashFor(uint32_t skeleton, uint32_t holes, const ResourceTexts& texts) const {
    uint64_t joined = 0;
    uint32_t nth = 0;
    for (uint32_t left = holes; left != 0; left &= left - 1) {
      joined = JoinHash(joined, texts.holes[std::countr_zero(left)].hash, nth++);
    }
    return hash_.Of(skeleton, joined);
  }
  const CapabilityRecord* Find(uint64_t hash, uint32_t skeleton, uint32_t holes,
                               const ResourceTexts& texts) const {
    return index_.Find(hash, {grant_, action_ | skeleton << 16, holes, &texts});
  }

  template <typename Visit>
  static void Follow(const CapabilityRecord* record, const Visit& visit) {
    for (; record != nullptr; ++record) {
      visit(*record);
      if ((record->literals_inline & kMoreFollow) == 0) return;
    }
  }

  const RecordIndex& index_;
  uint64_t grant_;
  uint32_t action_;
  KeyHash hash_;
};

/// Which capabilities of an entry cover the resources of a call: all of them, or as many of the
/// first ones as any capability covers. One pass over the resources and the records of each.
class Coverage {
 public:
  /// Records that have expired at `now_us` count for nothing. INVARIANT: `resources` is not empty.
  Coverage(const Plan& plan, const RecordFinder& finder, const PolicyAction& entry,
           std::span<const ResourceTexts> resources, int64_t now_us);

  /// How many resources, from the first on, are covered by those that Has() knows.
  uint32_t covered() const { return covered_; }

  /// INVARIANT: `capability` is of the entry.
  bool Has(uint32_t capability) const {
    const uint32_t at = plan_.PositionOf(capability);
    return (Words()[at / 64] >> at % 64 & 1) != 0;
  }

 private:
  static constexpr size_t kWords = 16;  // without an allocation: 1,024 capabilities

  const uint64_t* Words() const { return many_.empty() ? few_.data() : many_.data(); }
  /// Adds what covers the resource to `set`, one bit a capability.
  void Collect(const ResourceTexts& texts, uint64_t* set) const;

  const Plan& plan_;
  const RecordFinder& finder_;
  const PolicyAction& entry_;
  int64_t now_us_;
  uint32_t covered_ = 0;
  std::array<uint64_t, kWords> few_ = {};
  std::vector<uint64_t> many_;
};

/// Whether a forbid's pattern, the same for every grant, matches one of the resources.
bool MatchesAny(const ForbidPlan& forbid, std::span<const ResourceTexts> resources);

/// Calls visit(forbid, record) for every forbid whose pattern matches a resource; twice, perhaps.
template <typename Visit>
void ForEachForbid(const PolicyAction& entry, const RecordFinder& finder, const Action& action,
                   std::span<const ResourceTexts> resources, const Visit& visit) {
  for (const ForbidPlan& plan : entry.forbids) {
    if (plan.patterns.empty() || MatchesAny(plan, resources)) visit(plan.forbid, plan.record);
  }
  if (!entry.bound_forbids) return;
  const auto visit_bound = [&](const CapabilityRecord& record) {
    visit(record.capability, record);
  };
  finder.ForEach(kForbidEverywhere, 0, kNoTexts, visit_bound);
  for (const ResourceTexts& texts : resources) {
    for (uint8_t skeleton : entry.forbid_skeletons) {
      finder.ForEach(kForbidBit | skeleton, action.skeletons[skeleton], texts, visit_bound);
    }
  }
}

/// Whether a call is the `nth` action of its tool: a guard acts on true or fault.
bool IsAction(const ProgramState& state, const FrameHeader* header, uint32_t nth);

/// What the call comes to as the `nth` action of its tool alone. `decision` has what is common to
/// all actions. `found`: if it is not null, a group of it gets the candidates, or its winner the
/// one that permits. Inside an epoch.
void DecideAction(const ProgramState& state, const GrantView& view, const FrameHeader* header,
                  const Frame& frame, uint32_t nth, Decision& decision,
                  Reservation* found = nullptr);

/// Everything of a decision but its id and what a store says. Inside an epoch.
Decision Decide(const ProgramState* state, const GrantRows& rows, GrantId grant, const Frame& frame,
                Reservation* found = nullptr);

/// What a call without a frame gets.
inline Decision DenyNoFrame(const ProgramState* state) {
  Decision decision;
  if (state == nullptr) return decision;
  decision.program = state->number;
  decision.code = DecisionCode::kLayoutMismatch;
  return decision;
}

}  // namespace cap::engine
