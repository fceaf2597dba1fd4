#include "runtime/interp/interp.h"

#include <algorithm>
#include <tuple>

#include "runtime/interp/evaluate.h"

namespace cap::interp {
namespace {

// Most clauses fit the small table; the large one takes 96 KiB of stack and is written only as far
// as a clause reaches.
constexpr size_t kSmallTable = 64;

template <size_t N>
[[gnu::noinline]] InstValue RunWithTable(const Inputs& inputs, const Clause& clause) {
  Table<N> table;
  return Evaluation(inputs, clause, table.values()).Run();
}

InstValue EvaluateClause(const Inputs& inputs, const Clause& clause) {
  return clause.end - clause.begin <= kSmallTable
             ? RunWithTable<kSmallTable>(inputs, clause)
             : RunWithTable<limits::kInstructions>(inputs, clause);
}

const Clause& ClauseOf(const Inputs& inputs, uint32_t index) {
  return inputs.program.clauses[inputs.shape.first_clause + index];
}

/// The clauses of one cost. False: a kRequire clause was not true.
bool ExplainCost(const Inputs& inputs, uint8_t cost, ClauseMasks& masks) {
  bool all_required = true;
  for (uint32_t i = 0; i < inputs.shape.clause_count; ++i) {
    const Clause& clause = ClauseOf(inputs, i);
    if (clause.cost != cost) continue;
    const InstValue result = EvaluateClause(inputs, clause);
    if (IsTrue(result)) continue;
    (result.fault ? masks.fault : masks.fail) |= uint64_t{1} << i;
    if (clause.kind == ClauseKind::kRequire) all_required = false;
  }
  return all_required;
}

void ExplainShape(const Inputs& inputs, ClauseMasks& masks) {
  masks = {};
  if (ExplainCost(inputs, 0, masks)) {
    ExplainCost(inputs, 1, masks);
    return;
  }
  for (uint32_t i = 0; i < inputs.shape.clause_count; ++i) {
    if (ClauseOf(inputs, i).cost != 0) masks.skipped |= uint64_t{1} << i;
  }
}

/// Reads back, from the values of one clause, where its fault came from.
class FaultFinder {
 public:
  FaultFinder(const Evaluation& evaluation, const Clause& clause, const Span* spans)
      : evaluation_(evaluation), clause_(clause), spans_(spans) {}

  /// The lowest in source order of the instructions that faulted by themselves and whose fault
  /// reached the clause's result, which is a fault.
  uint32_t Find(uint32_t result) {
    Reach(result);
    uint32_t lowest = kNone;
    // A pass from the end reaches all operands, which stand before their users. Bodies stand after
    // their quantifier, so each nested one takes a pass more.
    for (uint32_t pass = 0; pass <= limits::kQuantifierDepth; ++pass) Spread();
    for (uint32_t at = clause_.begin; at < clause_.end; ++at) {
      if (reached_[at - clause_.begin] && IsRoot(at) &&
          (lowest == kNone || Before(at, lowest))) {
        lowest = at;
      }
    }
    return lowest;
  }

 private:
  void Reach(uint32_t at) {
    if (evaluation_.At(at).fault) reached_[at - clause_.begin] = true;
  }
  void ReachOperands(uint32_t at) {
    const Inst& inst = evaluation_.InstAt(at);
    const OpInfo& info = InfoOf(inst.op);
    if (info.a == OperandKind::kValue) Reach(inst.a);
    if (info.b == OperandKind::kValue) Reach(inst.b);
    // Without such an element the body was never run, or is no part of the fault.
    if (info.b == OperandKind::kLength && WitnessOf(evaluation_.At(at)) != kNone) {
      Reach(LastOf(at));
    }
  }
  void Spread() {
    for (uint32_t at = clause_.end; at > clause_.begin; --at) {
      if (reached_[at - 1 - clause_.begin]) ReachOperands(at - 1);
    }
  }
  /// Last instruction directly in the body of the quantifier at `at`: its predicate.
  uint32_t LastOf(uint32_t at) const {
    uint32_t last = at + 1;
    for (uint32_t i = at + 1; i < evaluation_.Next(at); i = evaluation_.Next(i)) last = i;
    return last;
  }
  bool IsRoot(uint32_t at) const {
    const Inst& inst = evaluation_.InstAt(at);
    const OpInfo& info = InfoOf(inst.op);
    if (info.b == OperandKind::kLength && WitnessOf(evaluation_.At(at)) != kNone) return false;
    return !(info.a == OperandKind::kValue && evaluation_.At(inst.a).fault) &&
           !(info.b == OperandKind::kValue && evaluation_.At(inst.b).fault);
  }
  bool Before(uint32_t a, uint32_t b) const {
    if (spans_ == nullptr) return a < b;
    const auto place = [this](uint32_t at) {
      return std::tuple(spans_[at].file, spans_[at].line, spans_[at].column, at);
    };
    return place(a) < place(b);
  }

  const Evaluation& evaluation_;
  const Clause& clause_;
  const Span* spans_;
  std::array<bool, limits::kInstructions> reached_ = {};
};

/// The outermost quantifier that decided: one that faulted where the clause is a fault, else one
/// that did not; the first of several.
void FindWitness(const Evaluation& evaluation, const Clause& clause, ClauseTrace& trace) {
  for (uint32_t at = clause.begin; at < clause.end; at = evaluation.Next(at)) {
    const Op op = evaluation.InstAt(at).op;
    const InstValue& value = evaluation.At(at);
    if (!HasBody(op) || (IsFold(op) && !value.fault)) continue;
    const uint32_t witness = WitnessOf(value);
    if (witness == kNone) continue;
    const bool fits = value.fault == trace.result.fault;
    if (trace.witness != kNone && !fits) continue;
    trace.witness = witness;
    trace.witness_inst = at;
    if (fits) return;
  }
}

}  // namespace

uint64_t Admit(const Program& program, const Shape& shape, const FrameHeader* frame,
               const CapabilityRecord* record, const CallOuts& call_outs) {
  const Inputs inputs{program, shape, frame, record, call_outs};
  uint64_t step_ups = 0;
  for (uint8_t cost : {uint8_t{0}, uint8_t{1}}) {
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      const Clause& clause = ClauseOf(inputs, i);
      if (clause.cost != cost || IsTrue(EvaluateClause(inputs, clause))) continue;
      if (clause.kind == ClauseKind::kRequire) return kRefused;
      step_ups |= uint64_t{1} << i;
    }
  }
  return step_ups;
}

void Explain(const Program& program, const Shape& shape, const FrameHeader* frame,
             const CapabilityRecord* record, const CallOuts& call_outs, ClauseMasks* masks) {
  ExplainShape(Inputs{program, shape, frame, record, call_outs}, *masks);
}

uint64_t Predicate(const Program& program, const Shape& shape, const FrameHeader* frame,
                   const CapabilityRecord* record, const CallOuts& call_outs) {
  const Inputs inputs{program, shape, frame, record, call_outs};
  return EvaluateClause(inputs, ClauseOf(inputs, 0)).value.lo & (kTrue | kFalse);
}

ClauseTrace Trace(const Program& program, const Shape& shape, uint32_t clause_index,
                  const FrameHeader* frame, const CapabilityRecord* record,
                  const CallOuts& call_outs, const Span* inst_spans) {
  const Inputs inputs{program, shape, frame, record, call_outs};
  const Clause& clause = ClauseOf(inputs, clause_index);
  Table<limits::kInstructions> table;
  // Bodies of empty lists are never run: what they would show is a fault.
  std::fill_n(table.values(), clause.end - clause.begin, InstValue{});
  Evaluation evaluation(inputs, clause, table.values(), /*witnesses=*/true);
  ClauseTrace trace;
  trace.result = evaluation.Run();
  if (clause.observed != kNone) trace.observed = evaluation.At(clause.observed);
  if (clause.limit != kNone) trace.limit = evaluation.At(clause.limit);
  uint32_t result = clause.begin;
  for (uint32_t at = clause.begin; at < clause.end; at = evaluation.Next(at)) result = at;
  if (trace.result.fault) {
    trace.fault_inst = FaultFinder(evaluation, clause, inst_spans).Find(result);
  }
  FindWitness(evaluation, clause, trace);
  return trace;
}

std::vector<InstValue> Values(const Program& program, const Shape& shape, uint32_t clause_index,
                              const FrameHeader* frame, const CapabilityRecord* record,
                              const CallOuts& call_outs) {
  const Inputs inputs{program, shape, frame, record, call_outs};
  const Clause& clause = ClauseOf(inputs, clause_index);
  std::vector<InstValue> values(clause.end - clause.begin);
  Evaluation(inputs, clause, values.data(), /*witnesses=*/true).Run();
  return values;
}

void Read(const Program& program, const Shape& shape, uint32_t clause_index,
          const FrameHeader* frame, const CapabilityRecord* record, const CallOuts& call_outs,
          InstValue* values) {
  const Inputs inputs{program, shape, frame, record, call_outs};
  Evaluation(inputs, ClauseOf(inputs, clause_index), values).Run();
}

}  // namespace cap::interp
