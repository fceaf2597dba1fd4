// All that belongs to one loaded Program: its plan, its code, and the records that grants have
// under it. Swapped whole; a reader sees one of them for the length of a decision.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cap/engine.h"
#include "runtime/engine/const_pool.h"
#include "runtime/engine/epoch.h"
#include "runtime/engine/plan.h"
#include "runtime/engine/record_index.h"
#include "runtime/engine/record_slab.h"
#include "runtime/interp/interp.h"

namespace cap::engine {

/// Runs shapes: as native code where there is some, else in the interpreter.
struct Evaluator {
  const Program* program = nullptr;
  const ShapeCode* code = nullptr;  // parallel to Program::shapes, or null
  const CallOuts* call_outs = nullptr;

  uint64_t Admit(const FrameHeader* frame, const CapabilityRecord& record) const {
    if (code != nullptr) return code[record.shape].admit(frame, &record, call_outs);
    return interp::Admit(*program, program->shapes[record.shape], frame, &record, *call_outs);
  }
  ClauseMasks Explain(const FrameHeader* frame, const CapabilityRecord& record) const {
    ClauseMasks masks;
    if (code != nullptr) {
      code[record.shape].explain(frame, &record, call_outs, &masks);
    } else {
      interp::Explain(*program, program->shapes[record.shape], frame, &record, *call_outs, &masks);
    }
    return masks;
  }
  uint64_t Predicate(const FrameHeader* frame, const CapabilityRecord& record) const {
    if (code != nullptr) return code[record.shape].predicate(frame, &record, call_outs);
    return interp::Predicate(*program, program->shapes[record.shape], frame, &record, *call_outs);
  }
};

struct Chain;
struct Delegation;

struct ProgramState {
  ProgramState(std::shared_ptr<const Program> loaded, NativeCode code, const HashSeed& seed,
               Limbo& engine_limbo);
  ~ProgramState();

  Limbo& limbo;
  std::shared_ptr<const Program> program;
  NativeCode native;
  Evaluator evaluator;
  uint32_t number = 0;
  bool counts = false;  // Plan::counts(), at hand
  ConstPool pool;
  // Of records whose literals do not fit inline, by their address.
  std::unordered_map<const char*, std::unique_ptr<char[]>> far_literals;
  // Of delegated grants, by the address that a record of each holds where others hold literals.
  std::unordered_map<const char*, std::unique_ptr<const Delegation>> delegations;
  std::unique_ptr<Plan> plan;
  RecordSlab slab;
  RecordIndex index;
  std::vector<uint32_t> policy_of;  // from the engine's number of a policy's name; kNone = gone
};

/// The records of one grant in the slab of a ProgramState.
struct RecordRun {
  uint64_t first = 0;
  uint32_t count = 0;
};

/// What a mint wants published.
struct GrantTerms {
  uint32_t grant = 0;
  uint32_t generation = 0;
  uint32_t policy = 0;                // of Program::policies
  int64_t expires_us = 0;
  const std::vector<Value>* bound = nullptr;  // in order of Policy::bound
  const Chain* chain = nullptr;       // null: it was minted
  const CounterHash* hash = nullptr;  // of a delegated one
};

/// Checks the bound values, resolves every template of the policy and publishes the records.
/// Nothing is published on an error: "bad-bound", "missing-bound", "too-many-records",
/// "table-full", "bad-program", and of a delegated grant those of ChainFolder. Writers.
Result<RecordRun> PublishGrant(ProgramState& state, const GrantTerms& terms);

/// Takes the records out of the index; readers inside may still see them.
void UnpublishGrant(ProgramState& state, const RecordRun& run);

/// Gives back what UnpublishGrant() took out, once no reader can see it.
void FreeRecords(ProgramState& state, const RecordRun& run);

}  // namespace cap::engine
