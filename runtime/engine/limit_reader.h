// The numbers and keys of one limit for one call.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/engine/counter_id.h"
#include "runtime/engine/program_state.h"
#include "runtime/interp/interp.h"
#include "runtime/state/store.h"

namespace cap::engine {

/// The rule that a limit stands in, and the constants that it has for one grant.
struct LimitSource {
  const LimitTerm* term = nullptr;
  const Shape* shape = nullptr;
  const CapabilityRecord* record = nullptr;
};

/// Reads the operands of one limit. Allocates nothing. Cost: linear in the clause that computes
/// them, which the interpreter runs whatever engine decided.
class LimitReader {
 public:
  LimitReader(const ProgramState& state, const FrameHeader* frame, const CounterHash& hash,
              const LimitSource& source);

  /// Fills in what the call is charged, but for where it is an alternative. `id`: the counter
  /// before its unit and keys are told; `subject`: whose it is where no key is written (its part).
  /// False: a value is missing, not positive, of another currency than its limit, or has no period.
  bool Read(const state::CounterId& id, const state::CounterId& subject, state::Charge& charge);

  /// The keys for people: quoted and cut (MarkCut), as the subject is where none is written. `id`:
  /// the whole counter's. Allocates.
  std::string KeyText(std::string_view subject, const state::CounterId& id) const;

 private:
  interp::InstValue* values() { return reinterpret_cast<interp::InstValue*>(room_); }
  const interp::InstValue* values() const {
    return reinterpret_cast<const interp::InstValue*>(room_);
  }
  bool Computes() const;
  bool Get(const LimitOperand& operand, Slot& slot) const;
  bool Quantity(state::Charge& charge) const;
  bool Rate(state::Charge& charge) const;
  bool Quota(state::Charge& charge) const;
  bool Span(state::Charge& charge) const;
  bool Past(state::Charge& charge) const;
  bool Keys(const state::CounterId& subject, state::CounterId& id) const;

  const ProgramState& state_;
  const Program& program_;
  const FrameHeader* frame_;
  const CounterHash& hash_;
  const LimitTerm& term_;
  const CapabilityRecord* record_;
  uint32_t begin_ = 0;  // of the clause whose values are known
  uint32_t known_ = 0;  // how many
  // Room for InstValues, unwritten until they are known: most limits have none to compute.
  alignas(interp::InstValue) std::byte room_[limits::kOperandInsts * sizeof(interp::InstValue)];
};

/// Where a key was cut, it gets a part of the counter's identity: ` #` and eight digits. Else two
/// long keys that begin alike would look like one counter.
std::string MarkCut(std::string key, const state::CounterId& id);

}  // namespace cap::engine
