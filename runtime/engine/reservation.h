// Phase 6 of a decision: what a call that is permitted is charged to. While the actions are
// decided, the capabilities that permit are kept in order; then their limits become charges of
// integers that a store answers for, outside of the epoch; then the decision takes the answer over.
//
// A Reservation is the memory of that, with room for the largest call: one a reader, used again for
// each call, so that a decision allocates nothing. It is kept until the next one, for reports.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cap/decision.h"
#include "runtime/base/limits.h"
#include "runtime/engine/decide.h"
#include "runtime/engine/plan.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "runtime/state/store.h"

namespace cap::engine {

/// A capability that permits an action, or would if something else were given too.
struct Candidate {
  const CapabilityRecord* record = nullptr;  // of the epoch in which it was found
  uint32_t capability = kNone;
  uint64_t admitted = 0;  // bits of admit
  uint64_t obliges = 0;   // of these: obligations
  uint64_t asks = 0;      // … and step-ups
  Span span = {};         // of the first of the step-ups
};

/// Candidates in order of rank, only the first of them.
struct CandidateList {
  std::array<Candidate, limits::kAlternatives> all;
  uint32_t count = 0;
  bool dropped = false;  // there were more

  /// Another record of a capability that is there already says nothing new.
  void Add(const Candidate& candidate, const Plan& plan);
};

/// One action of the call.
struct ActionGroup {
  uint8_t nth = 0;          // of Tool::actions
  bool escalates = false;   // a denial of it is for a person to see
  bool charges_own = false;  // nothing but its capabilities charges it
  uint32_t action = kNone;
  const PolicyAction* entry = nullptr;  // of the epoch in which it was found
  uint32_t choice = 0;      // which of the candidates is charged
  uint32_t free = 0;        // the one that is charged nothing, where others may be charged
  bool untried = false;     // not every candidate can be tried
  CandidateList permit, ask;

  /// Those that count: where none permits, those that ask for something.
  const CandidateList& candidates() const { return permit.count > 0 ? permit : ask; }
  const Candidate& chosen() const { return candidates().all[choice]; }
};

/// Where a charge comes from.
struct ChargeOrigin {
  uint32_t capability = kNone;   // one of these two, or neither: the breaker
  uint32_t limit = kNone;        // shared
  uint32_t term = kNone;         // of its terms
  uint16_t clause = 0xFFFF;
  uint16_t group = 0xFFFF;       // of groups; 0xFFFF: common to all
  uint16_t alternative = 0;      // of its candidates
  uint16_t block = 0;            // of a delegation: whose counter it is; 0 = the mint's
  Span span = {};
};

struct Reservation {
  GrantView view;  // of the epoch in which the call was decided

  // What a decision of several actions can say of each in Decision::operation: three bits.
  static constexpr uint32_t kChoices = 20;
  static constexpr uint64_t kReserved = uint64_t{1} << 63;
  static constexpr uint64_t kUncounted = uint64_t{1} << 62;
  static_assert(limits::kAlternatives <= 8 && kChoices * 3 < 62 && limits::kToolActions <= 64);

  bool charged_only = false;  // a lone action that nothing charges needs no group
  std::array<ActionGroup, limits::kToolActions> groups;
  uint32_t group_count = 0;

  std::array<state::Charge, limits::kCharges> charges;
  std::array<state::ChargeState, limits::kCharges> states;  // what the store answered
  std::array<ChargeOrigin, limits::kCharges> origins;
  uint32_t charge_count = 0;
  std::array<state::Stamp, limits::kStamps> stamps;
  uint32_t stamp_count = 0;
  std::array<uint16_t, limits::kToolActions> free;  // by the store's groups
  uint32_t store_groups = 0;

  // Only for a store that keeps names. The texts are owned here: the policy may be swapped while
  // the store writes.
  std::vector<std::array<std::string, 4>> texts;
  std::vector<state::CounterName> names;

  /// What subjects are called in counters' names, by the grants that were used lately.
  struct Subject {
    GrantId grant;
    state::CounterId part;
  };
  std::array<Subject, 64> subjects;

  bool alone = false;  // one candidate of one action: there is nothing to choose
  bool has_breaker = false;
  state::CounterId breaker_id;
  Breaker breaker;

  DecisionId decision;   // whose answer it is
  bool answered = false;
  bool refused = false;     // the store takes no such charges (kBadRequest), though each is sound
  uint32_t failed = kNone;  // the charge that did not fit
  uint32_t lost = kNone;    // the group of which no candidate is left, if that is why it is denied

  void Clear();
  /// Of each group in the mask, who asks for something stands in for those that permit. False:
  /// some group has nobody who asks, or nobody who permits.
  bool AskInstead(uint64_t mask, Decision& of);
  ActionGroup& Open(uint32_t nth, uint32_t action, bool escalates);
  bool empty() const { return charge_count == 0 && stamp_count == 0; }

  /// The names, parallel to the charges; empty where the store keeps none.
  std::span<const state::CounterName> Names();
  std::span<const state::Charge> all_charges() const { return {charges.data(), charge_count}; }
  std::span<state::ChargeState> all_states() { return {states.data(), charge_count}; }
};

/// Which candidate of an action was charged, as a permit says it.
inline uint32_t ChoiceOf(const Decision& decision, uint32_t group) {
  if (group >= Reservation::kChoices) return 0;
  return static_cast<uint32_t>(decision.operation >> 3 * group & 7);
}

}  // namespace cap::engine
