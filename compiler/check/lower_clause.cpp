// Clauses and whole rules: guards, what a decision shows, conditions that depend on nothing.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "compiler/check/lower.h"
#include "runtime/base/limits.h"
#include "runtime/program/cost.h"

namespace cap::check {

bool Lowering::CheckConstant(const ClauseSource& source, const Known& known, bool guard) {
  if (known.depends && !known.value) return true;
  const bool own = source.condition.instance == kCaller || guard;
  // A constraint may hold its parameters to something: that is decided here, and holds or not.
  if (!own && known.value != 0) return true;
  const SourceSpan span = guard ? context_.nodes[source.guard].span
                          : own ? context_.nodes[source.condition.node].span
                                : source.statement;
  const bool never = known.value == 0;
  const bool forbid = shape_.kind == ShapeKind::kPredicate;
  std::string message = !known.value ? "this condition depends on nothing of the call"
                        : never      ? "this condition can never hold"
                                     : "this condition always holds";
  if (!own) message = fmt::format("`{}` can never hold with these values", source.name);
  std::string help = never ? "no call would be admitted: mend the condition"
                           : "leave it out, or compare with a value of the call";
  if (guard) help = never ? "leave the statement out" : "leave out the `when`";
  if (forbid && !guard) help = never ? "leave the forbid out" : "leave out the `when`";
  context_.Error(never ? diag::Code::kNeverTrue : diag::Code::kAlwaysTrue, span,
                 {.message = std::move(message),
                  .label = never ? "always false" : "no question of the call",
                  .help = std::move(help),
                  .notes = {}});
  return false;
}

bool Lowering::AddClause(const ClauseSource& source) {
  if (full_) return false;
  if (clauses_.size() == limits::kClauses) {
    if (!failed_) {
      context_.Error(
          diag::Code::kTooManyClauses, source.statement,
          {.message = fmt::format("a capability has at most {} clauses", limits::kClauses),
           .label = "one too many",
           .help = "join conditions with `and`",
           .notes = {}});
    }
    failed_ = true;
    return false;
  }
  statement_ = source.statement;
  const bool failed_before = std::exchange(failed_, false);
  const auto begin = static_cast<uint32_t>(insts_.size());
  OpenRange();
  Clause clause{.begin = begin, .kind = source.kind};
  uint32_t skip = kNone;
  bool good = true;
  const TypeIndex boolean = context_.types.Bool();
  if (source.guard != kNone) {
    // The body counts where the guard is true or faults: not acts(guard) or body.
    const SourceSpan span = context_.nodes[source.guard].span;
    const Lowered guard = Lower({source.guard, kCaller});
    good = CheckConstant(source, guard.known, true);
    const uint32_t acts = Emit(Op::kActs, boolean, guard.inst, 0, span);
    skip = Emit(Op::kNot, boolean, acts, 0, span);
  }
  const Lowered body = Lower(source.condition);
  const SourceSpan& span = context_.nodes[source.condition.node].span;
  const bool counts = source.kind == ClauseKind::kOblige || source.kind == ClauseKind::kLimit;
  if (!counts) good = CheckConstant(source, body.known, false) && good;
  if (good && !full_ && !failed_ && source.guard == kNone && source.kind == ClauseKind::kRequire &&
      shape_.kind == ShapeKind::kCapability) {
    good = bounds_.Add(source.condition, source.statement);
  }
  uint32_t result = body.inst;
  if (skip != kNone) result = Emit(Op::kOr, boolean, skip, result, span);
  MakeLast(result, begin, span);
  if (!full_ && !failed_ && good) {
    // A step-up asks nothing of a value but in its guard: "over 100.00 USD".
    if (source.kind == ClauseKind::kRequire) Show(clause, source.condition);
    if (source.kind == ClauseKind::kStepUp && source.guard != kNone) {
      Show(clause, {source.guard, kCaller});
    }
    clause.end = static_cast<uint32_t>(insts_.size());
    for (uint32_t i = clause.begin; i < clause.end; ++i) {
      clause.cost = std::max(clause.cost, InfoOf(insts_[i].op).cost);
    }
    clauses_.push_back(clause);
    kept_.clear();
    for (const NodeId value : source.kept) {
      kept_.push_back(InstOf({value, source.condition.instance}));
    }
  } else {
    failed_ = true;
  }
  CloseRange();
  const bool added = !failed_ && !full_;
  failed_ = failed_ || failed_before;
  return added;
}

bool Lowering::FromCall(Placed placed) const {
  const NodeKind kind = instances_.Resolve(placed).node.kind;
  return kind != NodeKind::kLiteral && kind != NodeKind::kBound;
}

uint32_t Lowering::InstOf(Placed placed) const {
  const Placed at = instances_.Resolve(placed).at;
  const auto found = memo_.find(uint64_t{at.instance} << 32 | at.node);
  return found == memo_.end() ? kNone : found->second.inst;
}

void Lowering::Show(Clause& clause, Placed condition) {
  const Sides sides = SidesOf(condition);
  clause.observed = sides.observed;
  clause.limit = sides.limit;
}

/// `a subset b and b subset a`, which `a == b` of two sets is.
bool Lowering::IsSetEquality(const Node& conjunction) const {
  const Node& there = context_.nodes[conjunction.left];
  const Node& back = context_.nodes[conjunction.right];
  return there.kind == NodeKind::kOperation && back.kind == NodeKind::kOperation &&
         there.op == back.op && there.right != kNone && there.left == back.right &&
         there.right == back.left;
}

Lowering::Sides Lowering::SidesOf(Placed condition) const {
  Placed at = condition;
  while (true) {
    const Instances::Found found = instances_.Resolve(at);
    const Node& node = found.node;
    at = found.at;
    const auto child = [&](NodeId id) { return Placed{id, at.instance}; };
    if (node.kind == NodeKind::kOperation && node.op == Op::kNot) {
      at = child(node.left);
      continue;
    }
    if (node.kind == NodeKind::kOperation && node.op == Op::kAnd && IsSetEquality(node)) {
      at = child(node.left);
      continue;
    }
    if (node.kind == NodeKind::kOperation && (node.op == Op::kOr || node.op == Op::kAnd)) {
      // `x is absent or P(x)`, `x is present and P(x)`, `k in m and P(m[k])`: the question is P.
      Node test = context_.nodes[node.left];
      if (test.kind == NodeKind::kOperation && test.op == Op::kNot)
        test = context_.nodes[test.left];
      const bool key = test.kind == NodeKind::kOperation && test.op == Op::kListSome;
      if (!key && test.kind != NodeKind::kPresent && test.kind != NodeKind::kNull) return {};
      at = child(node.right);
      continue;
    }
    if (node.kind == NodeKind::kQuantifier) {
      const auto limit = quantifier_limits_.find(InstOf(at));
      return {InstOf(child(node.left)),
              limit == quantifier_limits_.end() ? kNone : limit->second};
    }
    if (node.kind != NodeKind::kOperation) {
      return {IsPath(node) ? InstOf(at) : kNone, kNone};
    }
    if (node.right == kNone) return {};
    Placed observed = child(node.left);
    Placed limit = child(node.right);
    const bool written_first =
        context_.nodes[node.right].span.begin < context_.nodes[node.left].span.begin;
    if (written_first) std::swap(observed, limit);  // `a > b` is kept as `b < a`
    if (!FromCall(observed) && FromCall(limit)) std::swap(observed, limit);
    return {InstOf(observed), InstOf(limit)};
  }
}

/// What the body of `quantifier` holds each element against: of its two sides the one that is not
/// made of the element. Called while the values of the body are known.
uint32_t Lowering::LimitOfBody(Placed body, uint32_t quantifier) const {
  Sides sides = SidesOf(body);
  if (sides.limit == kNone) return kNone;
  const bool of_element = ReadsElement(sides.limit, quantifier);
  if (of_element && !ReadsElement(sides.observed, quantifier)) return sides.observed;
  // A value of an inner quantifier's element is none of this element's: the inner list stands in.
  for (uint32_t at = quantifier + 1; at < insts_.size(); ++at) {
    if (HasBody(insts_[at].op) && ReadsElement(sides.limit, at)) return sides.observed;
  }
  return sides.limit;
}

/// Whether the value is made of the element that the quantifier looks at.
bool Lowering::ReadsElement(uint32_t inst, uint32_t quantifier) const {
  if (inst == kNone || inst <= quantifier) return false;
  std::vector<bool> made(insts_.size() - quantifier, false);
  const auto reads = [&](OperandKind kind, uint32_t operand) {
    if (kind == OperandKind::kQuant) return operand == quantifier;
    return kind == OperandKind::kValue && operand > quantifier && made[operand - quantifier];
  };
  const auto in_body = [&](uint32_t at) {
    const uint32_t end = insts_[at].b == 0 ? static_cast<uint32_t>(insts_.size())
                                           : at + 1 + insts_[at].b;  // 0: still being made
    return std::find(made.begin() + (at + 1 - quantifier), made.begin() + (end - quantifier),
                     true) != made.begin() + (end - quantifier);
  };
  // Bodies stand after what they belong to: the second time it is known what they read.
  for (const bool again : {false, true}) {
    for (uint32_t at = quantifier + 1; at < insts_.size(); ++at) {
      const OpInfo& info = InfoOf(insts_[at].op);
      const bool read = reads(info.a, insts_[at].a) || reads(info.b, insts_[at].b);
      made[at - quantifier] = read || (again && HasBody(insts_[at].op) && in_body(at));
    }
  }
  return made[inst - quantifier];
}

std::optional<Lowering::Rule> Lowering::Finish() {
  if (full_) {
    context_.Error(diag::Code::kTooManyInstructions, rule_,
                   {.message = fmt::format("the conditions here need more than {} instructions",
                                           limits::kInstructions),
                    .label = "too much to ask of one call",
                    .help = "have a fact that says what is asked here",
                    .notes = {}});
    return std::nullopt;
  }
  if (consts_.size() > limits::kConstants) {
    context_.Error(
        diag::Code::kTooManyConstants, rule_,
        {.message = fmt::format("more than {} constants in one place", limits::kConstants),
         .label = "too many constants",
         .help = "name them in one list",
         .notes = {}});
    return std::nullopt;
  }
  if (failed_) return std::nullopt;
  if (const uint64_t steps = WorstCaseSteps(context_.program, insts_);
      steps > limits::kShapeSteps) {
    context_.Error(
        diag::Code::kTooCostly, rule_,
        {.message = fmt::format("the conditions here can take {} steps in one call, at most {} "
                                "are allowed",
                                steps, limits::kShapeSteps),
         .label = "too much work for one call",
         .help = "nest fewer quantifiers, or bound the lists: `list<int> max 8`",
         .notes = {}});
    return std::nullopt;
  }
  Rule rule;
  rule.first_inst_span = static_cast<uint32_t>(context_.program.spans.size());
  rule.consts = std::move(consts_);
  context_.program.spans.insert(context_.program.spans.end(), spans_.begin(), spans_.end());
  rule.shape = shapes_.Add(std::move(shape_), insts_, clauses_);
  return rule;
}

}  // namespace cap::check
