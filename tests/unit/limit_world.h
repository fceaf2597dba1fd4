// Limits put into a compiled policy by hand: what the engine's tests hold calls against, whatever
// the language calls it.
#pragma once

#include <algorithm>

#include "runtime/program/verify.h"
#include "tests/unit/engine_world.h"

#pragma GCC diagnostic push
// What is written by hand names only the fields that matter here.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace cap::test {

using Source = LimitOperand::Source;

/// Edits a copy of a Program. Every limit it adds stands in a clause of its own.
class Limiter {
 public:
  explicit Limiter(const std::string& text) : program_(*MustCompile(text)) {}

  Program& program() { return program_; }
  std::shared_ptr<const Program> Finish() const {
    const auto verified = Verify(program_);
    if (!verified) MESSAGE(verified.error().message);
    REQUIRE(verified.has_value());
    return std::make_shared<const Program>(program_);
  }

  TypeIndex TypeOf(TypeKind kind) {
    const auto found = std::ranges::find(program_.types, kind, &Type::kind);
    if (found != program_.types.end()) {
      return static_cast<TypeIndex>(found - program_.types.begin());
    }
    program_.types.push_back({.kind = kind});
    return static_cast<TypeIndex>(program_.types.size() - 1);
  }
  TypeIndex PeriodType() {
    EnumType members{.name = "period", .members = {}};
    for (const std::string_view name : kPeriodNames) members.members.emplace_back(name);
    program_.enums.push_back(members);
    Type type{.kind = TypeKind::kEnum};
    type.ref = static_cast<uint32_t>(program_.enums.size() - 1);
    program_.types.push_back(type);
    return static_cast<TypeIndex>(program_.types.size() - 1);
  }

  /// An operand that is a constant of the capability.
  LimitOperand Const(uint32_t capability, TypeIndex type, Value value) {
    Own(capability);
    return {Source::kConst,
            AddConst(program_.capabilities[capability].shape,
                     program_.capabilities[capability].consts, type, std::move(value)),
            type};
  }
  /// … that is an argument (or fact) of the capability's tool.
  LimitOperand Slot(uint32_t capability, std::string_view path) const {
    const Capability& of = program_.capabilities[capability];
    const Tool& tool = program_.tools[program_.actions[of.action].tool];
    const auto found = std::ranges::find(tool.slots, path, &SlotDesc::path);
    REQUIRE(found != tool.slots.end());
    return {Source::kSlot, static_cast<uint32_t>(found - tool.slots.begin()), found->type};
  }

  /// A shape of its own for the capability, at the end of all instructions, so that it may grow.
  void Own(uint32_t capability) {
    if (owner_ == capability) return;
    owner_ = capability;
    Capability& of = program_.capabilities[capability];
    Shape shape = program_.shapes[of.shape];
    const auto first_inst = static_cast<uint32_t>(program_.insts.size());
    const auto first_clause = static_cast<uint32_t>(program_.clauses.size());
    const auto first_span = static_cast<uint32_t>(program_.spans.size());
    for (uint32_t i = 0; i < shape.inst_count; ++i) {
      program_.insts.push_back(Inst(program_.insts[shape.first_inst + i]));
      program_.spans.push_back(Span(program_.spans[of.first_inst_span + i]));
    }
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      program_.clauses.push_back(Clause(program_.clauses[shape.first_clause + i]));
    }
    shape.first_inst = first_inst;
    shape.first_clause = first_clause;
    of.first_inst_span = first_span;
    of.shape = static_cast<uint32_t>(program_.shapes.size());
    program_.shapes.push_back(shape);
  }

  /// Adds the term to the capability, in a new clause that charges every call.
  void Add(uint32_t capability, LimitTerm term) {
    Own(capability);
    Capability& of = program_.capabilities[capability];
    const TypeIndex boolean = TypeOf(TypeKind::kBool);
    const uint32_t index = AddConst(of.shape, of.consts, boolean, {false});
    Shape& shape = program_.shapes[of.shape];
    const Clause clause{.begin = shape.inst_count,
                        .end = shape.inst_count + 1,
                        .kind = ClauseKind::kLimit};
    program_.insts.push_back(
        {.op = Op::kConst, .type = static_cast<uint16_t>(boolean), .a = index});
    program_.spans.push_back({.file = 0, .line = 1, .column = 1, .length = 1});
    program_.clauses.push_back(clause);
    ++shape.inst_count;
    term.policy = program_.policies[of.policy].name;
    term.owner = of.name;
    term.clause = shape.clause_count++;
    ClauseInfo info{.name = term.name, .span = {.file = 0, .line = 1, .column = 1, .length = 1}};
    info.limit_term = static_cast<uint32_t>(of.terms.size());
    of.clauses.push_back(info);
    of.terms.push_back(std::move(term));
  }

  /// Says that the constant with that value is a parameter: "maxAmount.limit".
  void Parameter(uint32_t capability, std::string constraint, std::string name,
                 const Value& value, ParameterOrder order) {
    Capability& of = program_.capabilities[capability];
    const auto found = std::ranges::find_if(of.consts, [&](const ConstSource& source) {
      return !source.bound && program_.values[source.index] == value;
    });
    REQUIRE(found != of.consts.end());
    const auto index = static_cast<uint32_t>(found - of.consts.begin());
    of.parameters.push_back({.constraint = std::move(constraint),
                             .name = std::move(name),
                             .const_index = index,
                             .type = program_.shapes[of.shape].const_types[index],
                             .order = order});
  }

  /// At most `limit` of `amount` in a calendar period of UTC.
  LimitTerm Quota(uint32_t capability, Period period, LimitOperand amount, LimitOperand limit) {
    LimitTerm term{.kind = LimitKind::kQuota, .name = "maxPerDay"};
    term.amount = amount;
    term.limit = limit;
    const TypeIndex type = PeriodType();
    term.period = Const(capability, type,
                        {EnumMember{std::string(kPeriodNames[static_cast<size_t>(period)])}});
    if (period == Period::kTotal) {
      term.span = Const(capability, TypeOf(TypeKind::kDuration), {Duration{400 * 24 * kHourUs}});
    }
    return term;
  }
  LimitTerm Count(uint32_t capability, Period period, int64_t limit) {
    const TypeIndex integer = TypeOf(TypeKind::kInt);
    return Quota(capability, period, Const(capability, integer, {int64_t{1}}),
                 Const(capability, integer, {limit}));
  }

 private:
  uint32_t AddConst(uint32_t shape, std::vector<ConstSource>& consts, TypeIndex type,
                    Value value) {
    program_.values.push_back(std::move(value));
    consts.push_back({.bound = false, .index = static_cast<uint32_t>(program_.values.size() - 1)});
    program_.shapes[shape].const_types.push_back(type);
    return static_cast<uint32_t>(consts.size() - 1);
  }

  Program program_;
  uint32_t owner_ = kNone;  // whose shape stands last
};

}  // namespace cap::test

#pragma GCC diagnostic pop
