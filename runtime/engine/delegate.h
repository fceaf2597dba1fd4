// Making delegated grants: what a delegation says, packed for as long as the grant lives, and the
// constants that it leaves of each capability.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cap/engine.h"
#include "runtime/engine/const_pool.h"
#include "runtime/engine/counter_id.h"
#include "runtime/engine/delegation.h"

namespace cap::engine {

struct ProgramState;

/// What was said each time that a grant was delegated on, and whose grant it was at first.
struct Chain {
  std::string root;                   // subject of the mint
  std::vector<DelegationSpec> links;  // without time to live and handles; the last is the grant's
};

/// Of this process only, as the bound values beside it are. Lists are in order of their names, so
/// that two delegations that say the same have the same bytes.
std::string PackLink(const DelegationSpec& link);
std::string PackChain(const Chain& chain);
/// INVARIANT: the bytes come from PackChain().
Chain UnpackChain(std::string_view bytes);

/// Folds a chain into the constants of a policy's capabilities, link by link.
class ChainFolder {
 public:
  /// `bound` is parallel to Program::bound.
  ChainFolder(ProgramState& state, const CounterHash& hash, uint32_t policy,
              const std::vector<TypedSlot>& bound, const Chain& chain);

  /// Errors: "unknown-capability" (no link above has it), "unknown-parameter" (no constraint of the
  /// capability has it, or its value is not one constant), "bad-value" (another type), "widening"
  /// (it is not tighter than above; the message says both), "bad-only" (no tool of a capability has
  /// the argument, or its type has no such test). Then nothing of the pool is held. Else every
  /// block of constants in the result holds one reference.
  Result<std::unique_ptr<Delegation>> Fold();

 private:
  /// One capability, or shared limit, on its way down the chain.
  struct Descent {
    uint32_t capability = 0;
    std::vector<TypedSlot> constants;
  };
  /// A constant that a narrowing names.
  struct Target {
    uint32_t const_index = 0;
    TypeIndex type = 0;
    ParameterOrder order = ParameterOrder::kUnsaid;
    bool interval = false;  // the value is a duration, the constant the rate that it makes
  };

  Result<void> Fill(Delegation& delegation);
  template <typename Rule>
  Result<void> BeginOne(uint32_t index, const Rule& rule, std::vector<Descent>& into);
  Result<void> Begin(Delegation& delegation);
  Result<void> Link(const DelegationSpec& link, Delegation& delegation);
  // Whether anything was said that was not so above.
  Result<bool> Narrow(const Narrowing& narrowing);
  Result<bool> NarrowLimit(std::string_view limit, const Narrowing& narrowing);
  Result<bool> NarrowOne(const Target& target, const Narrowing& narrowing, Descent& descent);
  Result<Slot> Encode(const Target& target, const Value& value);
  Result<void> Close(Delegation& delegation);
  Result<bool> Confine(const Only& only, Delegation& delegation);
  Result<bool> Test(const Only& only, const ArgumentDesc& argument, Delegation& delegation,
                    OnlyTest& test);
  Result<bool> ConfineTool(const Only& only, uint32_t tool, Delegation& delegation);

  ProgramState& state_;
  const Program& program_;
  const CounterHash& hash_;
  uint32_t policy_;
  const std::vector<TypedSlot>& bound_;
  const Chain& chain_;
  Arena values_;                   // of constants, until they are interned
  std::vector<Descent> descents_;  // of those that every link has so far
  std::vector<Descent> limits_;    // of all shared limits, if any link narrows one
};

/// Gives back the constants that a delegation holds. Writers.
void ReleaseConstants(ProgramState& state, const Delegation& delegation);

}  // namespace cap::engine
