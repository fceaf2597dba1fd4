// `if … then … else`. Instructions have no third operand and need none: a choice between two
// conditions is made of `and`, `or` and `bool.eq`, and a comparison of a chosen value is the choice
// between two comparisons.
#include <fmt/core.h>

#include <unordered_set>

#include "compiler/check/lower.h"
#include "runtime/base/limits.h"

namespace cap::check {

/// The first choice between values, not decided yet, that the operands of a comparison are made of.
/// The node of the result is kNone where there is none.
Placed Lowering::OpenChoice(const Node& comparison, InstanceId instance) const {
  std::vector<Placed> open;
  std::unordered_set<uint64_t> seen;
  const auto add = [&](NodeId child, InstanceId at) {
    if (child != kNone && context_.types.KindOf(context_.nodes[child].type) != TypeKind::kBool) {
      open.push_back({child, at});
    }
  };
  add(comparison.right, instance);
  add(comparison.left, instance);
  while (!open.empty()) {
    const Instances::Found found = instances_.Resolve(open.back());
    open.pop_back();
    if (!seen.insert(uint64_t{found.at.instance} << 32 | found.at.node).second) continue;
    if (found.node.kind == NodeKind::kConditional) {
      const auto chosen = choices_.find(uint64_t{found.at.instance} << 32 | found.at.node);
      if (chosen == choices_.end()) return found.at;
      add(chosen->second, found.at.instance);
    } else if (found.node.kind == NodeKind::kOperation) {
      add(found.node.right, found.at.instance);
      add(found.node.left, found.at.instance);
    } else if (found.node.kind == NodeKind::kRow) {
      add(found.node.left, found.below);
    }
  }
  return {};
}

/// A sum is no comparison that could be made for either value: which one counts may differ from
/// element to element. False: reported.
bool Lowering::NoChoice(const Node& fold, InstanceId instance) {
  Node body;
  body.left = fold.right;
  const Placed choice = OpenChoice(body, instance);
  if (choice.node == kNone) return true;
  failed_ = true;
  context_.Error(diag::Code::kChoiceInSum, context_.nodes[choice.node].span,
                 {.message = "a `sum` cannot add up the outcome of an `if`",
                  .label = "one of two values",
                  .help = "add up one of them, and ask of the others with `count` or `all`",
                  .notes = {{fold.span, "in this sum"}}});
  return false;
}

/// The comparison with either value, and which of the two counts.
Lowering::Lowered Lowering::LowerSplit(const Node& comparison, InstanceId instance, Placed choice) {
  if (choices_.size() >= limits::kChoices) {
    failed_ = true;
    context_.Error(diag::Code::kExpressionTooDeep, comparison.span,
                   {.message = fmt::format("more than {} `if`s meet in one comparison",
                                           limits::kChoices),
                    .label = "too many cases",
                    .help = "split the condition over several `require`s",
                    .notes = {}});
    return {};
  }
  const Node conditional = context_.nodes[choice.node];
  const uint64_t key = uint64_t{choice.instance} << 32 | choice.node;
  const Lowered condition = Lower({conditional.index, choice.instance});
  choices_[key] = conditional.left;
  const Lowered yes = LowerOperation(comparison, instance);
  choices_[key] = conditional.right;
  const Lowered no = failed_ ? Lowered{} : LowerOperation(comparison, instance);
  choices_.erase(key);
  return Choose(condition, yes, no, comparison.span);
}

Lowering::Lowered Lowering::LowerConditional(const Node& node, Placed at) {
  if (context_.types.KindOf(node.type) != TypeKind::kBool) {
    return Lower({choices_.at(uint64_t{at.instance} << 32 | at.node), at.instance});
  }
  const Lowered condition = Lower({node.index, at.instance});
  const Lowered yes = Lower({node.left, at.instance});
  const Lowered no = Lower({node.right, at.instance});
  return Choose(condition, yes, no, node.span);
}

/// `c and yes or not c and no`, which is false where c faults and both are; `==` with `c or not c`,
/// which is true or faults, makes that a fault as well.
Lowering::Lowered Lowering::Choose(const Lowered& condition, const Lowered& yes, const Lowered& no,
                                   const SourceSpan& span) {
  if (full_) return {};
  const TypeIndex type = context_.types.Bool();
  const uint32_t c = condition.inst;
  const uint32_t otherwise = Emit(Op::kNot, type, c, 0, span);
  const uint32_t first = Emit(Op::kAnd, type, c, yes.inst, span);
  const uint32_t second = Emit(Op::kAnd, type, otherwise, no.inst, span);
  const uint32_t either = Emit(Op::kOr, type, first, second, span);
  const uint32_t decided = Emit(Op::kOr, type, c, otherwise, span);
  Lowered lowered;
  lowered.inst = Emit(Op::kBoolEq, type, either, decided, span);
  lowered.known.depends = condition.known.depends || yes.known.depends || no.known.depends;
  if (condition.known.value) {
    lowered.known.value = *condition.known.value != 0 ? yes.known.value : no.known.value;
  }
  return lowered;
}

}  // namespace cap::check
