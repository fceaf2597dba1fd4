// The reference evaluator: the oracle that every other engine must agree with bit by bit. Written
// for clarity. It reads only verified Programs and sealed frames, never allocates on the decision
// path, and is thread-safe because it keeps nothing.
#pragma once

#include <vector>

#include "runtime/program/abi.h"
#include "runtime/program/program.h"

namespace cap::interp {

/// Same contract as AdmitFn, for `shape` of kind kCapability. Cost: linear in its instructions and
/// in the elements that its quantifiers visit.
uint64_t Admit(const Program& program, const Shape& shape, const FrameHeader* frame,
               const CapabilityRecord* record, const CallOuts& call_outs);

/// Same contract as ExplainFn. INVARIANT: Admit() == kAdmitted ⇔ all masks are zero.
void Explain(const Program& program, const Shape& shape, const FrameHeader* frame,
             const CapabilityRecord* record, const CallOuts& call_outs, ClauseMasks* masks);

/// Same contract as PredicateFn, for `shape` of kind kPredicate.
uint64_t Predicate(const Program& program, const Shape& shape, const FrameHeader* frame,
                   const CapabilityRecord* record, const CallOuts& call_outs);

/// The value of one instruction, for the texts of a decision. For a boolean, `value.lo` is bit 0
/// true, bit 1 false, as in PredicateFn.
struct InstValue {
  bool fault = true;
  Slot value;
};

/// What a decision shows of one clause. Cold path: evaluates the clause again.
struct ClauseTrace {
  InstValue result;
  InstValue observed;          // Clause::observed, if any
  InstValue limit;             // Clause::limit, if any
  // Of several faults that reached the result the lowest in source order (by span), relative to the
  // shape; inside a quantifier, of those of its first faulting element.
  uint32_t fault_inst = kNone;
  uint32_t witness = kNone;    // element index that decided the outermost quantifier of the clause
  uint32_t witness_inst = kNone;  // that quantifier's instruction
};
ClauseTrace Trace(const Program& program, const Shape& shape, uint32_t clause,
                  const FrameHeader* frame, const CapabilityRecord* record,
                  const CallOuts& call_outs, const Span* inst_spans);

/// The values of a clause's instructions, in their order. Those of a quantifier's body are of the
/// element that decided it, else of the last one that was asked; of an empty list they are faults.
/// Of a quantifier, `value.hi` is one more than the deciding element, or 0. Cold path: allocates.
std::vector<InstValue> Values(const Program& program, const Shape& shape, uint32_t clause,
                              const FrameHeader* frame, const CapabilityRecord* record,
                              const CallOuts& call_outs);

/// The same for the instructions at the top level of a clause, without an allocation, for what a
/// limit counts. `values` has room for all of the clause; what stands in bodies is not written.
void Read(const Program& program, const Shape& shape, uint32_t clause, const FrameHeader* frame,
          const CapabilityRecord* record, const CallOuts& call_outs, InstValue* values);

/// Execution counters, for coverage tests: [op][0 true or value, 1 false, 2 fault]. Off (nullptr)
/// by default; a test points it at its own array. Not thread-safe while set.
struct OpCounters {
  uint64_t seen[kOpCount][3] = {};
};
void SetCounters(OpCounters* counters);

}  // namespace cap::interp
