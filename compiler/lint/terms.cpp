#include "compiler/lint/terms.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/program/print.h"

namespace cap::lint {

TermId Terms::Of(const Shape& shape, const Clause& clause, const std::vector<ConstSource>& consts) {
  Place place{shape, consts, std::vector<TermId>(shape.inst_count), {}};
  return Range(place, clause.begin, clause.end);
}

/// Returns the last of them. Recursion: quantifiers, limits::kQuantifierDepth of them.
TermId Terms::Range(Place& place, uint32_t begin, uint32_t end) {
  TermId last{};
  for (uint32_t at = begin; at < end;) {
    const Inst& inst = program_.insts[place.shape.first_inst + at];
    last = place.values[at] = One(place, at);
    at += 1 + (InfoOf(inst.op).b == OperandKind::kLength ? inst.b : 0);
  }
  return last;
}

TermId Terms::One(Place& place, uint32_t at) {
  const Inst& inst = program_.insts[place.shape.first_inst + at];
  const OpInfo& info = InfoOf(inst.op);
  Term term{.op = inst.op, .type = inst.type};
  std::string parts[2];
  const OperandKind kinds[2] = {info.a, info.b};
  const uint32_t operands[2] = {inst.a, inst.b};
  if (inst.op == Op::kConst) return Constant(place, inst);
  for (size_t i = 0; i < 2; ++i) {
    if (kinds[i] == OperandKind::kNothing) continue;
    TermId part{};
    if (kinds[i] == OperandKind::kValue) {
      part = place.values[operands[i]];
    } else if (kinds[i] == OperandKind::kLength) {
      place.quantifiers.push_back(at);
      part = Range(place, at + 1, at + 1 + operands[i]);
      place.quantifiers.pop_back();
    } else if (kinds[i] == OperandKind::kQuant) {
      // How many quantifiers stand around the one that is meant: it is the same in an equal term.
      uint32_t level = 0;
      while (level < place.quantifiers.size() && place.quantifiers[level] != operands[i]) ++level;
      parts[i] = fmt::format("quantifier {}", level);
      continue;
    } else {
      parts[i] = fmt::format("{}", operands[i]);
      if (kinds[i] == OperandKind::kSlot) term.slot = operands[i];
      continue;
    }
    parts[i] = fmt::format("term {}", static_cast<uint32_t>(part));
    term.kind = TermKind::kOperation;
    (i == 0 ? term.left : term.right) = part;
    term.has_right = term.has_right || i == 1;
  }
  // The same difference may fall below zero as one type and not as the other.
  const Type& type = program_.types[inst.type];
  const bool is_signed = info.typed_result && type.kind == TypeKind::kMoney && type.is_signed;
  const std::string extra = is_signed ? " signed" : "";
  return Intern({static_cast<uint16_t>(inst.op), parts[0], parts[1] + extra}, term);
}

TermId Terms::Constant(const Place& place, const Inst& inst) {
  const ConstSource& source = place.consts[inst.a];
  const auto op = static_cast<uint16_t>(Op::kConst);
  if (source.bound)
    return Intern({op, "bound", fmt::format("{}", source.index)}, {.type = inst.type});
  // Nothing is concluded from a datum, which may be another one tomorrow.
  if (source.index >= compilation_.data_begin && source.index < compilation_.data_end) {
    return Intern({op, "datum", fmt::format("{}", source.index)}, {.type = inst.type});
  }
  const Value& value = program_.values[source.index];
  const Term term{.kind = TermKind::kLiteral, .value = &value, .type = inst.type};
  if (const auto* table = std::get_if<TableRef>(&value.v)) {
    return Intern({op, "table", fmt::format("{}", table->index)}, term);
  }
  return Intern({op, "literal", PrintValue(program_, value)}, term);
}

bool Terms::IsGiven(TermId id) const {
  const Term& term = terms_[static_cast<uint32_t>(id)];
  if (term.op == Op::kListSize || term.op == Op::kStrSize || term.op == Op::kMaskSize) {
    return IsGiven(term.left);
  }
  if (term.op != Op::kLoad || term.slot == kNone) return false;
  const std::vector<ArgumentDesc>& arguments = program_.tools[tool_].arguments;
  return std::ranges::any_of(arguments, [&](const ArgumentDesc& argument) {
    return argument.slot == term.slot && !argument.optional;
  });
}

TermId Terms::Intern(Key key, Term term) {
  const auto [at, is_new] = known_.try_emplace(std::move(key), static_cast<TermId>(terms_.size()));
  if (is_new) terms_.push_back(term);
  return at->second;
}

}  // namespace cap::lint
