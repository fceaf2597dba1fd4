// Literals of a Program.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/prove/world.h"
#include "runtime/value/decimal.h"
#include "runtime/value/text.h"

namespace cap::prove {

Sym World::LiteralList(const Program& program, TypeIndex type, const Value::List& values) {
  const Type& t = program.types[type];
  Sym made(context_);
  made.kind = ClassOf(program, type);
  if (made.kind == ValueClass::kMask) {
    const std::vector<std::string>& names = program.enums[program.types[t.element].ref].members;
    for (const std::string& name : names) {
      const bool in = std::ranges::find(values, Value{EnumMember{name}}) != values.end();
      made.members.push_back(context_.bool_val(in));
    }
    return made;
  }
  std::vector<Value> shown;
  for (const Value& value : values) {
    const bool twice = std::ranges::find(shown, value) != shown.end();
    if (t.kind != TypeKind::kSet || !twice) shown.push_back(value);
  }
  auto list = std::make_shared<List>(List{Int(static_cast<int64_t>(shown.size())), True(), {}, {}});
  for (const Value& value : shown) {
    Element element{True(), {}};
    element.cells.emplace_back(True(), False(), Literal(program, t.element, value));
    list->elements.push_back(std::move(element));
  }
  made.list = list;
  return made;
}

Sym World::Literal(const Program& program, TypeIndex type, const Value& value) {
  const Type& t = program.types[type];
  Sym made(context_);
  made.kind = ClassOf(program, type);
  if (const auto* flag = std::get_if<bool>(&value.v)) return Bool(context_.bool_val(*flag));
  if (const auto* number = std::get_if<int64_t>(&value.v)) return Word(Int(*number));
  if (const auto* instant = std::get_if<Instant>(&value.v)) return Word(Int(instant->us));
  if (const auto* duration = std::get_if<Duration>(&value.v)) return Word(Int(duration->us));
  if (const auto* date = std::get_if<Date>(&value.v)) return Word(Int(date->days));
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    if (t.kind == TypeKind::kSet || t.kind == TypeKind::kList) {
      return LiteralList(program, type, *list);
    }
  }
  if (const auto* money = std::get_if<Money>(&value.v)) {
    made.word = Int(money->minor_units);
    made.extra = Int(int64_t{money->currency});
    return made;
  }
  if (const auto* text = std::get_if<std::string>(&value.v)) {
    const Result<std::string> canonical = CanonicalText(t.kind, *text);
    if (canonical) {
      made.word = texts_.Literal(*canonical);
      return made;
    }
    // The text of another kind is not known here; that of the same text is the same.
    return Any(program, type, fmt::format("literal:{}:{}", static_cast<int>(t.kind), *text));
  }
  if (const auto* member = std::get_if<EnumMember>(&value.v)) {
    const std::vector<std::string>& names = program.enums[t.ref].members;
    return Word(Int(int64_t{std::ranges::find(names, member->name) - names.begin()}));
  }
  if (const auto* approvers = std::get_if<ApproverMask>(&value.v)) {
    for (size_t i = 0; i < program.approvers.size(); ++i) {
      made.members.push_back(context_.bool_val((approvers->mask >> i & 1) != 0));
    }
    return made;
  }
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    const Result<Decimal> scaled = Rescale(*decimal, t.ref);
    made.word = Int(CoefficientOf(scaled ? *scaled : *decimal));
    return made;
  }
  if (const auto* table = std::get_if<TableRef>(&value.v)) {
    // Tables with the same words are the same.
    std::string key = fmt::format("table:{}", static_cast<int>(program.tables[table->index].kind));
    for (const uint32_t word : program.tables[table->index].words) key += fmt::format(",{}", word);
    Sym known = Any(program, type, key);
    known.table = &program.tables[table->index];
    return known;
  }
  // A value of a kind that is not known here is any value, and no other one's.
  return Any(program, type, fmt::format("literal:{}", fresh_++));
}

}  // namespace cap::prove
