// What makes a delegated grant less than its parent: for each block of its chain the constants that
// the block left of every capability, and what arguments it is confined to. Of one ProgramState;
// made by a mint or a swap, then immutable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine/counter_id.h"
#include "runtime/frame/frame.h"
#include "runtime/program/program.h"
#include "runtime/value/arena.h"

namespace cap::engine {

/// What one `only` asks of the calls of one tool.
struct OnlyTest {
  enum class Kind : uint8_t { kOneOf, kRange, kPrefix, kAbsent, kNever };
  Kind kind = Kind::kNever;  // kNever: the tool has no such argument
  bool has_low = false;
  bool has_high = false;
  bool of_elements = false;   // of a list or set: every element
  uint32_t tool = 0;
  uint32_t slot = 0;
  TypeIndex type = 0;
  std::string argument;
  Slot low;                   // kRange; kPrefix: the text; kOneOf of a mask: the members
  Slot high;
  std::vector<Slot> members;  // kOneOf
};

/// Whether the call is within it; a value that is not there, or that has no order or prefix with
/// the bound, is not.
bool Holds(const Program& program, const OnlyTest& test, const FrameHeader* frame);

/// One grant of a chain: that of the mint first.
struct DelegationBlock {
  struct Constants {
    uint32_t capability = 0;
    const Slot* slots = nullptr;  // null: it has none
  };
  CounterHash::Id hash;              // of what it narrows
  std::vector<Constants> constants;  // in order of capability
  // … of the policy's shared limits, whose number stands for a capability's; empty in every block
  // of a chain that narrows none of them.
  std::vector<Constants> limits;

  bool Has(uint32_t capability) const {
    const auto at = std::ranges::lower_bound(constants, capability, {}, &Constants::capability);
    return at != constants.end() && at->capability == capability;
  }
  /// INVARIANT: the block has the capability.
  const Slot* Of(uint32_t capability) const {
    return std::ranges::lower_bound(constants, capability, {}, &Constants::capability)->slots;
  }
  /// INVARIANT: the chain narrows a limit, and the policy has this one.
  const Slot* OfLimit(uint32_t limit) const {
    return std::ranges::lower_bound(limits, limit, {}, &Constants::capability)->slots;
  }
};

struct Delegation {
  std::string subject;                  // of the mint: whose counters are charged
  std::vector<DelegationBlock> blocks;  // at least two; the last is the grant's own
  std::vector<OnlyTest> only;           // of all blocks
  Arena arena;                          // of what the tests hold
};

/// Whether the call is within everything that the blocks confine calls to.
bool IsWithin(const Program& program, const Delegation& delegation, const FrameHeader* frame);

}  // namespace cap::engine
