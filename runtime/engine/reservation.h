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
#include <string_view>
#include <vector>

#include "cap/decision.h"
#include "runtime/base/limits.h"
#include "runtime/engine/decide.h"
#include "runtime/engine/plan.h"
#include "runtime/engine/term_template.h"
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
  Span span = {};         // of the first of the step-ups, if there is one
};

/// Candidates in order of rank, only the first of them.
struct CandidateList {
  uint32_t count = 0;
  bool dropped = false;  // there were more
  std::array<Candidate, limits::kAlternatives> all;

  /// Room for one more in its place; null: it is not kept. Another record of a capability that is
  /// there already says nothing new.
  Candidate* Place(uint32_t capability, const Plan& plan) {
    if (count > 0) return Insert(capability, plan);
    count = 1;
    return &all[0];
  }

 private:
  Candidate* Insert(uint32_t capability, const Plan& plan);
};

/// One action of the call.
struct ActionGroup {
  uint8_t nth = 0;          // of Tool::actions
  bool escalates = false;   // a denial of it is for a person to see
  bool charges_own = false;  // nothing but its capabilities charges it
  bool untried = false;     // not every candidate can be tried
  uint32_t action = kNone;
  uint32_t choice = 0;      // which of the candidates is charged
  uint32_t free = 0;        // the one that is charged nothing, where others may be charged
  const PolicyAction* entry = nullptr;  // of the epoch in which it was found
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

/// What subjects are called in counters' names, by the grants that were used lately.
class SubjectParts {
 public:
  template <typename Make>
  [[gnu::always_inline]] const state::CounterId& Of(GrantId grant, const Make& make) {
    Entry& known = entries_[grant.index % entries_.size()];
    // A grant's subject never changes, and its generation is no other grant's.
    const uint64_t key = KeyOf(grant);
    if (known.grant != key) [[unlikely]] known = {key, make()};
    return known.part;
  }

 private:
  struct alignas(32) Entry {
    uint64_t grant = 0;  // KeyOf(); 0 is nobody's
    state::CounterId part;
  };
  std::array<Entry, 64> entries_;
};

/// The charge of a capability that has one limit, as a grant was charged lately. What a call brings
/// to it is added anew; mostly that is nothing but the time.
struct alignas(64) ReadyCharge {
  state::Charge charge;
  // Whose it is. 0: nobody's.
  uintptr_t record = 0;                // address of the capability's record
  uint64_t grant = 0;                  // KeyOf()
  uint64_t clause = 0;                 // its bit of admit
  uint32_t program = 0;                // number of the Load
  bool whole = false;                  // a call brings nothing
  bool kept = false;                   // it can be given back
  const TermTemplate* term = nullptr;  // of the record
  const GrantRow* row = nullptr;       // the grant's
  state::CounterId subject;            // its part of a counter's name
  ChargeOrigin origin;
};

/// The charge of the `nth` term of a capability that alone permits.
inline ChargeOrigin OriginOf(const TermTemplate& term, uint32_t capability, uint32_t nth) {
  return {.capability = capability,
          .limit = kNone,
          .term = nth,
          .clause = term.clause,
          .group = 0,
          .alternative = 0,
          .block = 0,
          .span = term.span};
}

struct Reservation {
  // What a decision of several actions can say of each in Decision::operation: three bits.
  static constexpr uint32_t kChoices = 20;
  static constexpr uint64_t kReserved = uint64_t{1} << 63;
  static constexpr uint64_t kUncounted = uint64_t{1} << 62;
  static_assert(limits::kAlternatives <= 8 && kChoices * 3 < 62 && limits::kToolActions <= 64);

  Winner winner;   // of a call that may be a usual one; what follows is of any other
  GrantView view;  // of the epoch in which the call was decided
  DecisionId decision;  // whose answer it is

  uint32_t group_count = 0;
  uint32_t charge_count = 0;
  uint32_t stamp_count = 0;
  uint32_t store_groups = 0;
  bool charged_only = false;  // a lone action that nothing charges needs no group
  bool names_wanted = false;  // the store keeps names
  bool alone = false;  // one candidate of one action: there is nothing to choose
  bool has_breaker = false;
  bool answered = false;
  bool refused = false;     // the store takes no such charges (kBadRequest), though each is sound
  uint32_t failed = kNone;  // the charge that did not fit
  uint32_t lost = kNone;    // the group of which no candidate is left, if that is why it is denied

  // Only for a store that keeps names. The texts are owned here: the policy may be swapped while
  // the store writes.
  std::vector<std::array<std::string, 4>> texts;
  std::vector<state::CounterName> names;

  state::CounterId breaker_id;
  Breaker breaker;

  std::array<ActionGroup, limits::kToolActions> groups;
  std::array<state::Charge, limits::kCharges> charges;
  std::array<state::ChargeState, limits::kCharges> states;  // what the store answered
  std::array<ChargeOrigin, limits::kCharges> origins;
  std::array<state::Stamp, limits::kStamps> stamps;
  std::array<uint16_t, limits::kToolActions> free;  // by the store's groups

  SubjectParts subjects;
  PeriodCache periods;
  PartCache parts;
  std::array<ReadyCharge, 64> ready;  // by grant and capability
  const ReadyCharge* answered_for = nullptr;  // what was charged, if it is not in `charges` yet

  /// The call has no winner: all that may be charged is found, from here on.
  void WantGroups(const GrantView& of) {
    Clear();
    view = of;
  }
  /// For the next call, of which all is to be found.
  void Clear() {
    winner.wanted = false;
    answered_for = nullptr;
    group_count = charge_count = stamp_count = store_groups = 0;
    alone = has_breaker = answered = refused = false;
    failed = lost = kNone;
    if (!names_wanted) return;
    texts.clear();
    names.clear();
  }
  /// The part of the subject of the call's grant in the names of counters.
  const state::CounterId& SubjectPart(const CounterHash& hash) {
    return subjects.Of(view.id, [&] { return hash.SubjectPart(subject()); });
  }
  std::string_view subject() const;
  /// Of each group in the mask, who asks for something stands in for those that permit. False:
  /// some group has nobody who asks, or nobody who permits.
  bool AskInstead(uint64_t mask, Decision& of);
  ActionGroup& Open(uint32_t nth, uint32_t action, bool escalates) {
    ActionGroup& group = groups[group_count++];
    group.nth = static_cast<uint8_t>(nth);
    group.escalates = escalates;
    group.charges_own = false;
    group.untried = false;
    group.action = action;
    group.choice = 0;
    group.free = state::kNoFree;
    group.entry = nullptr;
    group.permit.count = group.ask.count = 0;
    group.permit.dropped = group.ask.dropped = false;
    return group;
  }
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
