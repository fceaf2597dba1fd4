// What `consume`, `hold` and `require after` come to in one rule: the clause that asks whether
// their operands are any good, the clause that is charged, and the counter.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/describe_limit.h"
#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

namespace {

bool IsConstant(const Node& node) {
  return node.kind == NodeKind::kLiteral || node.kind == NodeKind::kBound;
}

}  // namespace

Node PolicyChecker::Given(NodeId id, const LimitPlace& place, const Lowering& lowering) const {
  return lowering.instances().Resolve({id, place.instance}).node;
}

/// A constant, or an argument that a call has or else is malformed.
bool PolicyChecker::IsKnown(const Node& node, uint32_t tool) const {
  if (IsConstant(node)) return true;
  if (node.kind != NodeKind::kSlot || node.optional) return false;
  const SlotDesc& slot = context_.program.tools[tool].slots[node.index];
  return slot.source == SlotSource::kArgument && !slot.optional;
}

/// At top level a counter of the subject alone would be one of whoever comes: each statement says
/// whose it is.
bool PolicyChecker::HasKey(const LimitSource& source, const std::vector<NodeId>& keys,
                           const LimitPlace& place) {
  const bool asks = source.kind == LimitKind::kAfter || source.kind == LimitKind::kNotAfter;
  const auto named = [](NodeId key) { return key != kSubjectKey; };
  if (layer_policy_ != kNone || asks || std::ranges::any_of(keys, named)) return true;
  context_.Error(diag::Code::kLimitNeedsKey, place.statement,
                 {.message = "a limit of every policy says what it counts apart",
                  .label = "no key but the holder of the grant",
                  .help = "write `per`, such as `per order_id`, or put the limit into a policy",
                  .notes = {}});
  return false;
}

/// The condition that holds where the operands are good; kNone where they are for certain.
NodeId PolicyChecker::OperandsCondition(const LimitSource& source, const std::vector<NodeId>& keys,
                                        const LimitPlace& place, ExprChecker& checker,
                                        const Lowering& lowering) {
  const TypeIndex boolean = context_.types.Bool();
  const SourceSpan& span = place.statement;
  NodeId all = kNone;
  const auto add = [&](NodeId part) {
    all = all == kNone ? part : checker.MakeOperation(Op::kAnd, boolean, all, part, span);
  };
  const auto literal = [&](NodeId id) {
    return Given(id, place, lowering).kind == NodeKind::kLiteral;
  };
  const auto number = [&](int64_t value) {
    return context_.AddLiteral(Value{.v = value}, context_.types.Int(), span);
  };
  if (source.amount != kNone) {
    NodeId limit = source.kind == LimitKind::kRate ? source.burst : source.limit;
    if (limit == kNone) limit = number(0);
    const Node amount = Given(source.amount, place, lowering);
    const bool money = context_.types.KindOf(amount.type) == TypeKind::kMoney;
    const bool one_currency =
        !money || context_.types[amount.type].currency ==
                      context_.types[Given(limit, place, lowering).type].currency;
    if (!literal(source.amount) || !literal(limit) || !one_currency) {
      const Op op = money ? Op::kMoneyCharge : Op::kWordCharge;
      add(checker.MakeOperation(op, boolean, source.amount, limit, span));
    }
  }
  if (source.kind == LimitKind::kRecent && !literal(source.limit)) {
    const NodeId most = number(limits::kRecentTimes);
    add(checker.MakeNot(
        checker.MakeOperation(Op::kWordLt, boolean, most, source.limit, span), span));
  }
  if (source.span != kNone && !literal(source.span)) {
    const NodeId none =
        context_.AddLiteral(Value{.v = Duration{0}}, context_.types.Duration(), span);
    add(checker.MakeOperation(Op::kWordLt, boolean, none, source.span, span));
  }
  for (const NodeId key : keys) {
    if (key == kSubjectKey || IsKnown(Given(key, place, lowering), lowering.tool())) continue;
    add(checker.MakeOperation(Op::kUsable, boolean, key, kNone, span));
  }
  return all;
}

/// Where an operand comes from, after the clause of the operands has been added. Nothing: reported.
std::optional<LimitOperand> PolicyChecker::Operand(NodeId id, const LimitPlace& place,
                                                   const std::vector<NodeId>& kept,
                                                   Lowering& lowering) {
  using Source = LimitOperand::Source;
  if (id == kNone) return LimitOperand{};
  const Node node = Given(id, place, lowering);
  if (IsConstant(node)) {
    const uint32_t constant = lowering.ConstantOf({id, place.instance});
    return LimitOperand{Source::kConst, constant, lowering.TypeOfConstant(constant)};
  }
  if (node.kind == NodeKind::kSlot) return LimitOperand{Source::kSlot, node.index, node.type};
  const auto at = std::ranges::find(kept, id);
  const uint32_t inst =
      at == kept.end() ? kNone : lowering.Kept()[static_cast<size_t>(at - kept.begin())];
  if (inst != kNone) return LimitOperand{Source::kInst, inst, lowering.TypeOfInst(inst)};
  context_.Error(diag::Code::kLimitNotFixed, place.statement,
                 {.message = "what is counted here is decided by an `if`",
                  .label = "no single value",
                  .help = "write one statement for each of the two, in constraints with a `when`",
                  .notes = {{context_.nodes[id].span, "this value"}}});
  return std::nullopt;
}

/// The engine computes what is charged once more, when it charges.
bool PolicyChecker::TooManyOperands(const SourceSpan& span, const Lowering& lowering) {
  if (lowering.LastClauseSize() <= limits::kOperandInsts) return false;
  context_.Error(diag::Code::kTooManyInstructions, span,
                 {.message = fmt::format("what is counted here needs more than {} instructions",
                                         limits::kOperandInsts),
                  .label = "too much to count",
                  .help = "have a fact that says what is counted",
                  .notes = {}});
  return true;
}

/// `spacing(30s)` is a rate of one in that time. Nothing: reported.
NodeId PolicyChecker::RateOf(const LimitSource& source, const LimitPlace& place,
                             const Lowering& lowering) {
  if (source.kind != LimitKind::kRate || source.limit != kNone) return source.limit;
  const Node span = Given(source.span, place, lowering);
  const Rate rate{1, std::get<Duration>(context_.program.values[span.index].v).us};
  return context_.AddLiteral(Value{.v = rate}, context_.types.Rate(), place.statement);
}

/// Without what says nothing: a retention of no time, the zone that a quota has anyway.
LimitSource PolicyChecker::Essential(LimitSource source, const LimitPlace& place,
                                     const Lowering& lowering) const {
  const auto value = [&](NodeId id) -> const Value* {
    const Node node = Given(id, place, lowering);
    return node.kind == NodeKind::kLiteral ? &context_.program.values[node.index] : nullptr;
  };
  if (source.kind == LimitKind::kQuota && source.span != kNone) {
    const Value* keep = value(source.span);
    if (keep != nullptr && std::get<Duration>(keep->v).us == 0) source.span = kNone;
  }
  if (source.zone != kNone) {
    const Value* zone = value(source.zone);
    const auto* table = zone == nullptr ? nullptr : std::get_if<TableRef>(&zone->v);
    if (table != nullptr && context_.program.tables[table->index].name == "UTC") {
      source.zone = kNone;
    }
  }
  return source;
}

/// Which history answers, among those of the Program; kNone: reported.
uint32_t PolicyChecker::HistoryOf(const LimitSource& source, const SourceSpan& span) {
  Program& program = context_.program;
  History wanted{.action = source.action, .arguments = source.arguments, .slots = {}};
  const Tool& tool = program.tools[program.actions[source.action].tool];
  for (const std::string& argument : source.arguments) {
    wanted.slots.push_back(
        std::ranges::find(tool.arguments, argument, &ArgumentDesc::name)->slot);
  }
  const auto same = std::ranges::find(program.histories, wanted);
  if (same != program.histories.end()) {
    return static_cast<uint32_t>(same - program.histories.begin());
  }
  const auto of_action = static_cast<size_t>(
      std::ranges::count(program.histories, source.action, &History::action));
  if (Full(program.histories.size(), limits::kHistories, "questions about the past", span) ||
      Full(of_action, limits::kStamps, "questions about earlier calls of one action", span)) {
    return kNone;
  }
  program.histories.push_back(std::move(wanted));
  return static_cast<uint32_t>(program.histories.size() - 1);
}

std::string PolicyChecker::TermName(const std::string& policy, std::string_view name) {
  const uint32_t count = ++term_names_[policy + "\n" + std::string(name)];
  return count == 1 ? std::string(name) : fmt::format("{}#{}", name, count);
}

/// The counter, when its operands' clause stands. Nothing: reported.
std::optional<LimitTerm> PolicyChecker::Term(const LimitSource& source,
                                             const std::vector<NodeId>& keys,
                                             const LimitPlace& place,
                                             const std::vector<NodeId>& kept, Lowering& lowering) {
  LimitTerm term;
  term.kind = source.kind;
  if (layer_policy_ != kNone) term.policy = context_.names.policies[layer_policy_].name;
  term.owner = owner_;
  term.reset = source.reset;
  term.on_store_error = source.on_store_error;
  bool good = true;
  const auto take = [&](NodeId id, LimitOperand& into) {
    const std::optional<LimitOperand> made = Operand(id, place, kept, lowering);
    good = good && made;
    if (made) into = *made;
  };
  take(source.amount, term.amount);
  take(RateOf(source, place, lowering), term.limit);
  take(source.burst, term.burst);
  take(source.period, term.period);
  take(source.zone, term.zone);
  if (source.kind != LimitKind::kRate) take(source.span, term.span);
  for (const NodeId key : keys) {
    term.keys.emplace_back();
    if (key != kSubjectKey) take(key, term.keys.back());
  }
  if (source.action != kNone) {
    term.history = HistoryOf(source, place.statement);
    good = good && term.history != kNone;
  }
  if (!good) return std::nullopt;
  term.name = TermName(term.policy, place.name);
  return term;
}

/// False: something was reported. `info`: of the clause that is charged.
bool PolicyChecker::AddLimit(const LimitSource& written, const LimitPlace& place, ClauseInfo info,
                             ExprChecker& checker, Lowering& lowering) {
  const std::vector<NodeId> keys =
      written.key_parameter == kNone ? written.keys
                                     : context_.keys[(*place.values)[written.key_parameter]];
  const auto given = [&](NodeId id) { return std::optional<Node>(Given(id, place, lowering)); };
  if (!CheckConstants(context_, written, given, place.statement)) return false;
  if (!HasKey(written, keys, place)) return false;
  const LimitSource source = Essential(written, place, lowering);
  const NodeId condition = OperandsCondition(source, keys, place, checker, lowering);
  std::vector<NodeId> kept;
  uint32_t operands = kNone;
  if (condition != kNone) {
    if (context_.nodes.IsError(condition)) return false;
    for (const NodeId id : {source.amount, source.limit, source.burst}) {
      if (id != kNone) kept.push_back(id);
    }
    std::ranges::copy_if(keys, std::back_inserter(kept),
                         [](NodeId key) { return key != kSubjectKey; });
    const bool added = lowering.AddClause({.kind = ClauseKind::kRequire,
                                           .condition = {condition, place.instance},
                                           .guard = place.guard,
                                           .statement = place.statement,
                                           .name = place.name,
                                           .kept = kept});
    if (!added || TooManyOperands(place.statement, lowering)) return false;
    operands = static_cast<uint32_t>(clauses_.size());
    ClauseInfo good;
    good.name = place.name;
    good.span = info.span;
    good.unsaid = true;  // what is charged says it
    good.text.push_back({.kind = TextPiece::Kind::kLiteral,
                         .literal = "what is counted must be known and above zero"});
    clauses_.push_back(std::move(good));
  }
  std::optional<LimitTerm> term = Term(source, keys, place, kept, lowering);
  if (!term) return false;
  const NodeId never =
      context_.AddLiteral(Value{.v = false}, context_.types.Bool(), place.statement);
  if (!lowering.AddClause({.kind = ClauseKind::kLimit,
                           .condition = {never, kCaller},
                           .guard = place.guard,
                           .statement = place.statement,
                           .name = place.name})) {
    return false;
  }
  term->operands_clause = operands;
  term->clause = static_cast<uint32_t>(clauses_.size());
  info.limit_term = static_cast<uint32_t>(terms_.size());
  if (info.consent.empty()) {
    info.consent = DescribeLimit(context_, source, keys, {place.instance, place.guard}, lowering);
  }
  clauses_.push_back(std::move(info));
  terms_.push_back(std::move(*term));
  return true;
}

bool PolicyChecker::Statement(const ast::ConsumeStmt& statement, ExprChecker& checker,
                              Lowering& lowering) {
  const std::optional<LimitSource> source = CheckConsume(context_, checker, statement);
  if (!source) return false;
  KeepOrders(*source, nullptr);
  const std::string_view name = statement.hold ? "hold" : "consume";
  ClauseInfo info;
  info.name = name;
  info.span = context_.Place(statement.span);
  return AddLimit(*source, {.name = name, .statement = statement.span}, std::move(info), checker,
                  lowering);
}

bool PolicyChecker::RequireAfter(const ast::AfterExpr& after, bool negated,
                                 const SourceSpan& statement, ExprChecker& checker,
                                 Lowering& lowering) {
  const std::optional<LimitSource> source =
      CheckAfter(context_, checker, after, negated, statement);
  if (!source) return false;
  ClauseInfo info;
  info.name = "after";
  info.span = context_.Place(statement);
  return AddLimit(*source, {.name = "after", .statement = statement}, std::move(info), checker,
                  lowering);
}

/// Where the parameter is the time of a spacing, and nothing else: the constant of the rate that it
/// makes, which is what is counted. The call's terms are the last ones.
uint32_t PolicyChecker::RateConstant(const ConstraintInfo& constraint, size_t parameter) const {
  const auto counts = [](const BodyClause& clause) { return clause.limit.has_value(); };
  const auto own = static_cast<size_t>(std::ranges::count_if(constraint.clauses, counts));
  if (terms_.size() < own) return kNone;
  size_t nth = terms_.size() - own;
  uint32_t found = kNone;
  for (const BodyClause& clause : constraint.clauses) {
    if (!clause.limit) continue;
    const LimitTerm& term = terms_[nth++];
    if (clause.limit->kind != LimitKind::kRate || clause.limit->span == kNone) continue;
    const Node& node = context_.nodes[clause.limit->span];
    if (node.kind != NodeKind::kParameter || node.index != parameter) continue;
    if (found != kNone || term.limit.source != LimitOperand::Source::kConst) return kNone;
    found = term.limit.index;
  }
  return found;
}

/// What a delegation may narrow: the parameters whose values are constants of the rule, and the
/// time of a spacing, whose constant is a rate.
void PolicyChecker::NoteParameters(const ConstraintInfo& constraint,
                                   const std::vector<NodeId>& values, const Lowering& lowering) {
  const size_t count = constraint.parameters.size() - (constraint.has_of ? 1 : 0);
  const uint32_t times = ++call_names_[constraint.name];
  const std::string name =
      times == 1 ? constraint.name : fmt::format("{}#{}", constraint.name, times);
  for (size_t i = 0; i < count; ++i) {
    const Parameter& parameter = constraint.parameters[i];
    if (parameter.is_key) continue;
    const uint32_t constant = lowering.KnownConstant({values[i], kCaller});
    const uint32_t rate = RateConstant(constraint, i);
    // One that is both would have two constants.
    if ((constant == kNone) == (rate == kNone)) continue;
    foldable_.push_back({.constraint = name,
                         .name = parameter.name,
                         .const_index = rate == kNone ? constant : rate,
                         .type = rate == kNone ? lowering.TypeOfConstant(constant)
                                               : context_.types.Duration(),
                         .order = OrderOf(parameter.order)});
  }
}

ParameterOrder OrderOf(std::optional<ast::Narrows::Order> order) {
  if (!order) return ParameterOrder::kUnsaid;
  switch (*order) {
    case ast::Narrows::Order::kAtMost: return ParameterOrder::kAtMost;
    case ast::Narrows::Order::kAtLeast: return ParameterOrder::kAtLeast;
    case ast::Narrows::Order::kSame: return ParameterOrder::kSame;
    case ast::Narrows::Order::kSubset: return ParameterOrder::kSubset;
    case ast::Narrows::Order::kSuperset: return ParameterOrder::kSuperset;
    case ast::Narrows::Order::kWithin: return ParameterOrder::kWithin;
  }
  return ParameterOrder::kUnsaid;
}

}  // namespace cap::check
