// Turns the limits of the capabilities that permit a call into charges. Inside an epoch.
#pragma once

#include "runtime/engine/decide.h"
#include "runtime/engine/delegation.h"
#include "runtime/engine/limit_reader.h"
#include "runtime/engine/reservation.h"
#include "runtime/engine/term_template.h"

namespace cap::engine {

class ChargeBuilder {
 public:
  /// `out` holds the candidates of every action of the call; `store` will be asked.
  ChargeBuilder(const ProgramState& state, const GrantView& view, const Frame& frame,
                const CounterHash& hash, const state::Store& store, Reservation& out);

  /// Of a denial only the breaker is of interest, which may count it. Else fills in what the call
  /// is charged; `decision` becomes a denial where that cannot be said. Allocates nothing, unless
  /// the store keeps names. Cost: linear in the terms of the candidates.
  void Run(Decision& decision);

 private:
  void Breaker();
  bool Shared(const ActionGroup& group, Decision& decision);
  /// `above`: what the block above left of it, if `block` is not the mint's.
  bool SharedLimit(uint16_t group, uint32_t index, const CapabilityRecord& record,
                   Decision& decision, const CapabilityRecord* above = nullptr,
                   uint16_t block = 0);
  bool NarrowedLimits(uint16_t group, Decision& decision);
  /// The whole of a call of one action that one capability permits and nothing beside it charges.
  /// False: it is otherwise, or cannot be charged so.
  bool Alone();
  bool Group(uint16_t group, Decision& decision);
  /// False: an operand is of no use, in the clause that `origin` then names.
  bool Candidate(const engine::Candidate& candidate, ChargeOrigin& origin);
  bool Block(const CapabilityRecord& record, uint64_t admitted, const CapabilityRecord* above,
             uint16_t block, ChargeOrigin& origin);
  const TermTemplate* TemplatesOf(const CapabilityRecord& record) const;
  bool FromTemplate(const TermTemplate& term, state::Charge& charge);
  void OfBlock(const LimitTerm& term, uint16_t block, state::Charge& charge) const;
  bool Stamps(const ActionGroup& group);
  /// Room for one more charge, not yet counted; null: they are too many.
  state::Charge* Next();
  /// Counts it.
  void Add(const ChargeOrigin& origin);
  void Name(const LimitReader& reader, const ChargeOrigin& origin, const LimitTerm& term);
  void Deny(DecisionCode code, const ChargeOrigin& origin, Decision& decision) const;
  state::CounterId TermId(const LimitTerm& term, const ChargeOrigin& origin) const;
  const state::CounterId& SubjectPart() { return out_.SubjectPart(hash_); }

  const ProgramState& state_;
  const Program& program_;
  const GrantView& view_;
  const FrameHeader* header_;
  const CounterHash& hash_;
  const state::Store& store_;
  const bool names_;
  std::string_view subject_;
  Reservation& out_;
};

/// Makes the decision a denial for what `origin` names.
void DenyFor(DecisionCode code, const ChargeOrigin& origin, const Reservation& from,
             Decision& decision);

/// A permit or step-up names what was charged: the chosen candidate of each action.
void NameChosen(const Reservation& from, Decision& decision);

}  // namespace cap::engine
