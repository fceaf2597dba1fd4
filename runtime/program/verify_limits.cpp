// Limits: the counters that rules hold a call against, histories, breakers. The engine reads the
// operands that are checked here without looking at them again.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/verify_context.h"
#include "runtime/program/verify_rule.h"
#include "runtime/value/text.h"

namespace cap::verify {
namespace {

bool IsKeyKind(TypeKind kind) {
  return IsTextKind(kind) || kind == TypeKind::kInt || kind == TypeKind::kEnum ||
         kind == TypeKind::kDate;
}

bool IsName(std::string_view name) { return !name.empty() && IsUtf8(name) && IsPlain(name); }

/// The operands of one term.
class TermVerifier {
 public:
  TermVerifier(const Context& context, const RuleVerifier& rule, const LimitTerm& term,
               const Shape& shape, const std::vector<ConstSource>& consts)
      : context_(context), program_(context.program), rule_(rule), term_(term), shape_(shape),
        consts_(consts) {}

  bool Run() const;

 private:
  using Source = LimitOperand::Source;

  bool Fail(std::string what) const { return rule_.Fail("a limit: " + std::move(what)); }
  static bool Has(const LimitOperand& operand) { return operand.source != Source::kAbsent; }
  TypeKind KindOf(const LimitOperand& operand) const { return context_.TypeAt(operand.type).kind; }

  bool Names() const;
  bool Clauses() const;
  bool StandsDirectlyIn(const Clause& clause, uint32_t inst) const;
  bool There(const LimitOperand& operand) const;
  bool Is(const LimitOperand& operand, TypeKind kind) const {
    return Has(operand) && There(operand) && KindOf(operand) == kind;
  }
  bool IsAbsent(std::initializer_list<const LimitOperand*> operands) const {
    return std::ranges::none_of(operands, [](const auto* each) { return Has(*each); });
  }
  const Value* Literal(const LimitOperand& operand) const;
  bool IsSpan() const;
  bool Amounts() const;
  bool Keys() const;
  bool Rate() const;
  bool Quota() const;
  bool HistoryOf() const;

  const Context& context_;
  const Program& program_;
  const RuleVerifier& rule_;
  const LimitTerm& term_;
  const Shape& shape_;
  const std::vector<ConstSource>& consts_;
};

bool TermVerifier::Names() const {
  if (!IsName(term_.owner) || !IsName(term_.name)) return Fail("it has no name");
  if (!IsUtf8(term_.policy) || !IsPlain(term_.policy) || !IsUtf8(term_.reset)) {
    return Fail("a name is not plain");
  }
  return true;
}

bool TermVerifier::Clauses() const {
  const auto kind_of = [&](uint32_t clause) {
    return program_.clauses[shape_.first_clause + clause].kind;
  };
  if (term_.clause >= shape_.clause_count || kind_of(term_.clause) != ClauseKind::kLimit) {
    return Fail("there is no such clause");
  }
  return term_.operands_clause == kNone ||
         (term_.operands_clause < shape_.clause_count &&
          kind_of(term_.operands_clause) == ClauseKind::kRequire) ||
         Fail("there is no clause of its operands");
}

/// What stands in a body has a value for each element, and none after it.
bool TermVerifier::StandsDirectlyIn(const Clause& clause, uint32_t inst) const {
  uint32_t at = clause.begin;
  while (at < clause.end && at < inst) {
    const Inst& code = program_.insts[shape_.first_inst + at];
    at += 1 + (HasBody(code.op) ? code.b : 0);
  }
  return at == inst && at < clause.end;
}

bool TermVerifier::There(const LimitOperand& operand) const {
  if (operand.type >= program_.types.size()) return false;
  switch (operand.source) {
    case Source::kAbsent: return false;
    case Source::kConst:
      return operand.index < shape_.const_types.size() &&
             context_.SameRepresentation(operand.type, shape_.const_types[operand.index]);
    case Source::kSlot: {
      const Tool& tool = program_.tools[shape_.tool];
      return operand.index < tool.slots.size() &&
             context_.SameRepresentation(operand.type, tool.slots[operand.index].type);
    }
    case Source::kInst: {
      if (term_.operands_clause == kNone) return false;
      const Clause& clause = program_.clauses[shape_.first_clause + term_.operands_clause];
      return StandsDirectlyIn(clause, operand.index) &&
             context_.SameRepresentation(operand.type,
                                         program_.insts[shape_.first_inst + operand.index].type);
    }
  }
  return false;
}

/// Null: no constant, or one that a mint gives.
const Value* TermVerifier::Literal(const LimitOperand& operand) const {
  if (operand.source != Source::kConst || consts_[operand.index].bound) return nullptr;
  return &program_.values[consts_[operand.index].index];
}

bool TermVerifier::IsSpan() const {
  if (!Is(term_.span, TypeKind::kDuration)) return Fail("it has no span");
  const Value* literal = Literal(term_.span);
  return literal == nullptr || std::get<Duration>(literal->v).us > 0 || Fail("its span is empty");
}

/// Numbers against numbers, money against money: of one currency where both are known.
bool TermVerifier::Amounts() const {
  const bool number = Is(term_.amount, TypeKind::kInt) && Is(term_.limit, TypeKind::kInt);
  const bool money = Is(term_.amount, TypeKind::kMoney) && Is(term_.limit, TypeKind::kMoney);
  if (!number && !money) return Fail("the amount and the limit are of two kinds");
  const uint32_t amount = context_.TypeAt(term_.amount.type).currency;
  const uint32_t limit = context_.TypeAt(term_.limit.type).currency;
  return amount == 0 || limit == 0 || amount == limit || Fail("two currencies");
}

bool TermVerifier::Keys() const {
  if (term_.keys.size() > limits::kLimitKeys) return Fail("too many keys");
  return std::ranges::all_of(term_.keys, [&](const LimitOperand& key) {
    if (!Has(key)) return term_.history == kNone || Fail("an argument is not given");
    return (There(key) && IsKeyKind(KindOf(key))) || Fail("a key has no such type");
  });
}

bool TermVerifier::Rate() const {
  const bool known = Is(term_.limit, TypeKind::kRate) && Literal(term_.limit) != nullptr;
  if (!known) return Fail("the rate is no constant");
  if (!Is(term_.amount, TypeKind::kInt)) return Fail("a rate counts things");
  const bool burst = !Has(term_.burst) || Is(term_.burst, TypeKind::kInt);
  return (burst && IsAbsent({&term_.period, &term_.zone, &term_.span})) ||
         Fail("what a rate does not have");
}

bool TermVerifier::Quota() const {
  if (!Amounts()) return false;
  const Value* literal = Is(term_.period, TypeKind::kEnum) ? Literal(term_.period) : nullptr;
  if (literal == nullptr) return Fail("the period is no constant");
  const Type& type = context_.TypeAt(term_.period.type);
  if (!std::ranges::equal(program_.enums[type.ref].members, kPeriodNames)) {
    return Fail("the period is of another enum");
  }
  const std::string& name = std::get<EnumMember>(literal->v).name;
  const bool total = name == kPeriodNames[static_cast<size_t>(Period::kTotal)];
  const bool hour = name == kPeriodNames[static_cast<size_t>(Period::kHour)];
  if (total ? !IsSpan() : Has(term_.span)) return Fail("how long it is kept");
  if (Has(term_.zone)) {
    const bool zone = Is(term_.zone, TypeKind::kZone) && Literal(term_.zone) != nullptr;
    if (!zone || total || hour) return Fail("the zone is no constant, or unwanted");
  }
  return IsAbsent({&term_.burst}) || Fail("only a rate has a burst");
}

bool TermVerifier::HistoryOf() const {
  if (term_.history >= program_.histories.size()) return Fail("there is no such history");
  const History& history = program_.histories[term_.history];
  if (term_.keys.size() != history.slots.size()) return Fail("its keys are not its arguments");
  const Tool& tool = program_.tools[program_.actions[history.action].tool];
  for (size_t i = 0; i < history.slots.size(); ++i) {
    if (!context_.SameRepresentation(term_.keys[i].type, tool.slots[history.slots[i]].type)) {
      return Fail("an argument is compared to another kind");
    }
  }
  return (IsSpan() && IsAbsent({&term_.amount, &term_.limit, &term_.burst, &term_.period,
                                &term_.zone})) ||
         Fail("what a question about the past does not have");
}

bool TermVerifier::Run() const {
  if (!Names() || !Clauses()) return false;
  if (term_.kind > LimitKind::kNotAfter || term_.on_store_error > OnStoreError::kPermit) {
    return Fail("there is no such kind");
  }
  if (!Keys()) return false;
  const bool asks = term_.kind == LimitKind::kAfter || term_.kind == LimitKind::kNotAfter;
  if (asks != (term_.history != kNone)) return Fail("a history is missing or unwanted");
  switch (term_.kind) {
    case LimitKind::kRate: return Rate();
    case LimitKind::kQuota: return Quota();
    case LimitKind::kAfter:
    case LimitKind::kNotAfter: return HistoryOf();
    case LimitKind::kRecent:
    case LimitKind::kGauge:
      return (Amounts() && IsSpan() &&
              IsAbsent({&term_.burst, &term_.period, &term_.zone})) ||
             Fail("what it does not have");
  }
  return false;
}

bool VerifyHistory(Context& context, size_t index) {
  const Program& program = context.program;
  const History& history = program.histories[index];
  const std::string where = fmt::format("histories[{}]", index);
  if (history.action >= program.actions.size()) return context.Fail(where, "no such action");
  if (history.arguments.size() != history.slots.size() ||
      history.arguments.size() > limits::kLimitKeys) {
    return context.Fail(where, "its arguments are too many, or have no slots");
  }
  const Tool& tool = program.tools[program.actions[history.action].tool];
  for (size_t i = 0; i < history.slots.size(); ++i) {
    const auto argument = std::ranges::find(tool.arguments, history.arguments[i],
                                            &ArgumentDesc::name);
    if (argument == tool.arguments.end() || argument->slot != history.slots[i] ||
        !IsKeyKind(context.TypeAt(argument->type).kind)) {
      return context.Fail(where, "there is no such argument, or none that is a key");
    }
    if (i > 0 && history.arguments[i - 1] >= history.arguments[i]) {
      return context.Fail(where, "its arguments are out of order");
    }
  }
  return true;
}

bool VerifySharedLimit(Context& context, uint32_t index) {
  const Program& program = context.program;
  const SharedLimit& limit = program.limits[index];
  const RuleVerifier rule(context, fmt::format("limits[{}]", index), limit.policy, limit.action);
  if (!rule.Owners() ||
      !rule.ShapeOf(limit.shape, ShapeKind::kCapability, limit.first_inst_span)) {
    return false;
  }
  const Shape& shape = program.shapes[limit.shape];
  if (!IsName(limit.name)) return rule.Fail("it has no name");
  if (!context.SpanOk(limit.span)) return rule.Fail("there is no such file");
  for (uint32_t i = 0; i < shape.clause_count; ++i) {
    const ClauseKind kind = program.clauses[shape.first_clause + i].kind;
    if (kind != ClauseKind::kRequire && kind != ClauseKind::kLimit) {
      return rule.Fail("a limit only requires and counts");
    }
  }
  return rule.Consts(limit.consts, shape.const_types) && rule.Infos(limit.clauses, shape) &&
         rule.Terms(limit.terms, limit.clauses, shape, limit.consts);
}

}  // namespace

bool RuleVerifier::Terms(const std::vector<LimitTerm>& terms,
                         const std::vector<ClauseInfo>& infos, const Shape& shape,
                         const std::vector<ConstSource>& consts) const {
  size_t clauses = 0;
  for (const ClauseInfo& info : infos) {
    clauses += info.limit_term != kNone;
    if (info.limit_term != kNone && info.limit_term >= terms.size()) {
      return Fail("a clause has no such limit");
    }
  }
  if (clauses != terms.size()) return Fail("its limits are not those of its clauses");
  // Two of one identity would be one counter with two meanings.
  std::set<std::array<std::string_view, 3>> names;
  for (uint32_t i = 0; i < terms.size(); ++i) {
    const LimitTerm& term = terms[i];
    if (!TermVerifier(context_, *this, term, shape, consts).Run()) return false;
    if (infos[term.clause].limit_term != i) return Fail("a limit belongs to another clause");
    if (!names.insert({term.policy, term.owner, term.name}).second) {
      return Fail("two limits have one name");
    }
  }
  return true;
}

bool VerifyBreaker(Context& context, const Policy& policy, const std::string& where) {
  const Breaker& breaker = policy.breaker;
  if (!context.SpanOk(breaker.span)) return context.Fail(where, "there is no such file");
  const bool none =
      breaker.max_violations == 0 && breaker.window_us == 0 && breaker.suspend_us == 0;
  const bool whole =
      breaker.max_violations > 0 && breaker.window_us > 0 && breaker.suspend_us > 0;
  return none || whole || context.Fail(where, "a number of the circuit breaker is not positive");
}

bool VerifyLimits(Context& context) {
  const Program& program = context.program;
  if (program.limits.size() > limits::kCapabilities ||
      program.histories.size() > limits::kHistories) {
    return context.Fail("limits", "there are too many");
  }
  for (uint32_t i = 0; i < program.limits.size(); ++i) {
    if (!VerifySharedLimit(context, i)) return false;
  }
  return true;
}

bool VerifyHistories(Context& context) {
  std::set<std::pair<uint32_t, std::vector<std::string>>> seen;
  for (size_t i = 0; i < context.program.histories.size(); ++i) {
    const History& history = context.program.histories[i];
    if (!VerifyHistory(context, i)) return false;
    if (!seen.emplace(history.action, history.arguments).second) {
      return context.Fail(fmt::format("histories[{}]", i), "it stands there twice");
    }
  }
  return true;
}

}  // namespace cap::verify
