#include "compiler/prove/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/prove/bounds.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"
#include "runtime/value/calendar.h"
#include "runtime/value/decimal.h"
#include "runtime/value/email.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"

namespace cap::prove {
namespace {

constexpr int64_t kYear2000Us = 946'684'800'000'000;
constexpr int64_t kYear2100Us = 4'102'444'800'000'000;

/// "arg:items[2].marks" → "arg:items[].marks".
std::string WithoutIndices(const std::string& name) {
  std::string out;
  bool inside = false;
  for (const char c : name) {
    if (c == ']') inside = false;
    if (!inside) out += c;
    if (c == '[') inside = true;
  }
  return out;
}

TextKind KindOf(TypeKind kind) {
  if (kind == TypeKind::kEmail) return TextKind::kEmail;
  if (kind == TypeKind::kPath) return TextKind::kPath;
  if (kind == TypeKind::kIp) return TextKind::kIp;
  if (kind == TypeKind::kCidr) return TextKind::kCidr;
  return kind == TypeKind::kUrl ? TextKind::kUrl : TextKind::kPlain;
}

uint32_t BytesOf(const Type& type) {
  if (type.kind == TypeKind::kEmail) return limits::kEmailBytes;
  if (type.kind != TypeKind::kString) return limits::kStringBytesMax;
  return type.max != 0 ? type.max : limits::kStringBytes;
}

}  // namespace

uint32_t ListSizes::Shown(const std::string& root, uint32_t max) {
  Size& size = sizes_[root];
  size.max = max;
  size.shown = std::min({std::max(size.shown, least_), max, bounds::kElements});
  return size.shown;
}

bool ListSizes::Grow() {
  bool changed = false;
  for (auto& [root, size] : sizes_) {
    const auto needed = static_cast<uint32_t>(asked_[root].size());
    const uint32_t wanted = std::min({needed, size.max, bounds::kElements});
    if (wanted <= size.shown) continue;
    size.shown = wanted;
    changed = true;
  }
  return changed;
}

bool ListSizes::Complete() const {
  return std::ranges::all_of(asked_, [&](const auto& row) {
    const auto found = sizes_.find(row.first);
    if (found == sizes_.end()) return false;
    return found->second.shown >= std::min<size_t>(row.second.size(), found->second.max);
  });
}

std::string InputName(const Tool& tool, uint32_t slot) {
  const SlotDesc& desc = tool.slots[slot];
  switch (desc.source) {
    case SlotSource::kArgument: return "arg:" + desc.path;
    case SlotSource::kFact: return "fact:" + desc.path;
    case SlotSource::kLive: return "live:" + desc.path;
    case SlotSource::kLet: return "let:" + desc.path;
  }
  return desc.path;
}

World::World(z3::context& context, ListSizes& sizes)
    : context_(context), sizes_(sizes), texts_(context), clocks_(context),
      now_(context.int_const("now")) {
  Assume(now_ >= Int(INT64_MIN) && now_ <= Int(INT64_MAX));
  pleasant_.push_back(now_ >= Int(kYear2000Us) && now_ <= Int(kYear2100Us));
}

Expr World::Int(__int128 value) {
  const bool negative = value < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(value)
                       : static_cast<unsigned __int128>(value);
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  const Expr size = context_.int_val(digits.c_str());
  return negative ? -size : size;
}

Sym World::Bool(const Expr& yes, const Expr& no) {
  Sym made(context_);
  made.kind = ValueClass::kBool;
  made.yes = yes;
  made.no = no;
  made.fault = And(Not(yes), Not(no));
  return made;
}

Sym World::Word(const Expr& value) {
  Sym made(context_);
  made.kind = ValueClass::kWord;
  made.word = value;
  return made;
}

Expr World::CurrencyNamedBy(const Program& program, TypeIndex type, const std::string& name) {
  const Sym named = Any(program, type, name);
  if (named.kind == ValueClass::kStr) return texts_.CurrencyOf(named.word);
  Expr currency = Int(int64_t{0});
  if (program.types[type].kind != TypeKind::kEnum) return currency;
  const EnumType& members = program.enums[program.types[type].ref];
  for (size_t i = 0; i < members.members.size(); ++i) {
    const Currency* found = FindCurrency(members.members[i]);
    if (found == nullptr) continue;
    currency = z3::ite(named.word == Int(static_cast<int64_t>(i)), Int(int64_t{found->id}),
                       currency);
  }
  return currency;
}

Expr World::FieldPresent(const RecordField& field, const std::string& name, const Given& given) {
  if (!field.optional) return given.present;
  return And(given.present, context_.bool_const((name + "." + field.name + "!given").c_str()));
}

Expr World::NullOf(const std::string& name, const Expr& around, const Expr& present) {
  return And(And(around, Not(present)), context_.bool_const((name + "!null").c_str()));
}

void World::AddFields(const Program& program, const RecordType& record, const std::string& name,
                      const Given& given, std::vector<Cell>& out) {
  for (const RecordField& field : record.fields) {
    const std::string path = name + "." + field.name;
    Given own{FieldPresent(field, name, given), given.poison, False()};
    if (field.optional) own.null = NullOf(path, given.present, own.present);
    if (field.currency_field == kNone) {
      AddCells(program, field.type, path, own, nullptr, out);
      continue;
    }
    const RecordField& sibling = record.fields[field.currency_field];
    const Expr currency = CurrencyNamedBy(program, sibling.type, name + "." + sibling.name);
    Assume(Implies(own.present, And(FieldPresent(sibling, name, given), currency >= 1)));
    AddCells(program, field.type, path, own, &currency, out);
  }
}

void World::AddCells(const Program& program, TypeIndex type, const std::string& name,
                     const Given& given, const Expr* currency, std::vector<Cell>& out) {
  if (program.types[type].kind != TypeKind::kRecord) {
    out.emplace_back(given.present, given.poison, Any(program, type, name, currency));
    out.back().null = given.null;
    return;
  }
  Sym marker(context_);
  marker.kind = ValueClass::kList;
  out.emplace_back(given.present, given.poison, marker);
  out.back().null = given.null;
  AddFields(program, program.records[program.types[type].ref], name, given, out);
}

void World::Place(const Program& program, const Tool& tool, uint32_t slot, TypeIndex type,
                  const std::string& name, const Given& given, uint32_t currency_slot,
                  std::vector<Cell>& frame) {
  std::vector<Cell> cells;
  if (currency_slot == kNone) {
    AddCells(program, type, name, given, nullptr, cells);
  } else {
    const Expr currency = CurrencyNamedBy(program, tool.slots[currency_slot].type,
                                          InputName(tool, currency_slot));
    Assume(Implies(given.present, currency >= 1));
    AddCells(program, type, name, given, &currency, cells);
  }
  for (size_t i = 0; i < cells.size(); ++i) frame[slot + i] = cells[i];
}

void World::PlaceLet(const Program& program, const Tool& tool, const LetDesc& let,
                     std::vector<Cell>& frame) {
  const Expr large = context_.bool_const(("let:" + let.name + "!oversize").c_str());
  Expr present = Not(large);
  pleasant_.push_back(present);
  auto joined = std::make_shared<List>(List{Int(int64_t{0}), True(), {}, {}});
  for (const uint32_t source : let.source_slots) {
    const Cell& cell = frame[source];
    present = And(present, cell.present);
    if (cell.value.list == nullptr) {  // a set of an enum is no list: the frame poisons it
      present = False();
      continue;
    }
    const List& list = *cell.value.list;
    joined->size = joined->size + list.size;
    joined->whole = And(joined->whole, list.whole);
    joined->elements.insert(joined->elements.end(), list.elements.begin(), list.elements.end());
    joined->roots.insert(joined->roots.end(), list.roots.begin(), list.roots.end());
  }
  Sym value(context_);
  value.kind = ClassOf(program, tool.slots[let.slot].type);
  value.list = joined;
  frame[let.slot] = Cell(present, Not(present), value);
}

std::vector<Cell> World::Frame(const Program& program, const Tool& tool) {
  std::vector<Cell> frame(tool.slots.size(), Cell(False(), False(), Sym(context_)));
  const auto given = [&](const std::string& name, bool optional) {
    return optional ? context_.bool_const((name + "!given").c_str()) : True();
  };
  for (const ArgumentDesc& argument : tool.arguments) {
    const std::string name = "arg:" + argument.name;
    // One with a default is always there.
    const bool optional = argument.optional && argument.default_value == kNone;
    Given own{given(name, optional), False(), False()};
    if (optional) own.null = NullOf(name, True(), own.present);
    Place(program, tool, argument.slot, argument.type, name, own, argument.currency_slot, frame);
    if (argument.currency_slot != kNone) {
      Assume(Implies(own.present, frame[argument.currency_slot].present));
    }
  }
  for (const FactDesc& fact : tool.facts) {
    const Expr poison = FactPoison(fact.name);
    Place(program, tool, fact.slot, fact.type, "fact:" + fact.name, {Not(poison), poison, False()},
          fact.currency_slot, frame);
    // A fact speaks of arguments that were given.
    for (const uint32_t key : fact.key_slots) Assume(Or(poison, frame[key].present));
    if (fact.currency_slot != kNone) {
      Assume(Or(poison, frame[fact.currency_slot].present));
    }
    pleasant_.push_back(Not(poison));
  }
  for (const LiveDesc& live : tool.live) {
    const Expr poison = LivePoison(live.name);
    const std::string name = "live:" + live.name;
    Given own{And(Not(poison), given(name, live.optional)), poison, False()};
    if (live.optional) own.null = NullOf(name, Not(poison), own.present);
    Place(program, tool, live.slot, live.type, name, own, kNone, frame);
    pleasant_.push_back(Not(poison));
  }
  for (const LetDesc& let : tool.lets) PlaceLet(program, tool, let, frame);
  return frame;
}

Sym World::Bound(const Program& program, uint32_t bound) {
  return Any(program, program.bound[bound].type, "bound:" + program.bound[bound].name);
}

Sym World::AnyWord(const Program& program, const Type& type, const std::string& key) {
  const Expr word = context_.int_const(key.c_str());
  if (type.kind == TypeKind::kEnum) {
    const auto count = static_cast<int64_t>(program.enums[type.ref].members.size());
    Assume(word >= 0 && word < Int(count));
    return Word(word);
  }
  if (type.kind == TypeKind::kDate) {
    Assume(word >= Int(kFirstDay) && word < Int(kEndDay));
    return Word(word);
  }
  Assume(word >= Int(INT64_MIN) && word <= Int(INT64_MAX));
  if (type.kind == TypeKind::kInstant) {
    pleasant_.push_back(word >= Int(kYear2000Us) && word <= Int(kYear2100Us));
  } else if (type.kind == TypeKind::kDuration) {
    pleasant_.push_back(word >= 0 && z3::mod(word, 1000) == 0);
  }
  return Word(word);
}

Sym World::AnyMoney(const Type& type, const std::string& key, const Expr* currency) {
  Sym made(context_);
  made.kind = ValueClass::kMoney;
  made.word = context_.int_const(key.c_str());
  Assume(made.word >= Int(type.is_signed ? INT64_MIN : 0) && made.word <= Int(INT64_MAX));
  if (type.currency != 0) {
    made.extra = Int(int64_t{type.currency});
  } else if (currency != nullptr) {
    made.extra = *currency;
  } else {
    made.extra = context_.int_const((key + "!currency").c_str());
    Assume(made.extra >= 1 && made.extra <= 999);
    pleasant_.push_back(made.extra == 840 || made.extra == 978 || made.extra == 392);
  }
  return made;
}

size_t World::MembersOf(const Program& program, TypeIndex type) const {
  const Type& t = program.types[type];
  if (t.kind == TypeKind::kApprovers) return program.approvers.size();
  return program.enums[program.types[t.element].ref].members.size();
}

/// A set has no element twice, and a map no key: what stands in `cell` of its rows.
void World::Distinct(const List& list, size_t cell) {
  for (size_t i = 0; i < list.elements.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const Sym& a = list.elements[i].cells[cell].value;
      const Sym& b = list.elements[j].cells[cell].value;
      Expr same = False();
      if (a.kind == ValueClass::kBool) {
        same = a.yes == b.yes;
      } else {
        same = a.word == b.word;
        if (a.kind == ValueClass::kMoney) same = same && a.extra == b.extra;
      }
      Assume(Implies(list.elements[i].there, Not(same)));
    }
  }
}

Sym World::AnyList(const Program& program, TypeIndex type, const std::string& key,
                   const Expr* currency) {
  const Type& t = program.types[type];
  const uint32_t max = t.max != 0 ? t.max : limits::kElements;
  const std::string root = WithoutIndices(key);
  const uint32_t shown = sizes_.Shown(root, max);
  const Expr size = context_.int_const((key + "!size").c_str());
  auto list = std::make_shared<List>(List{size, size <= Int(int64_t{shown}), {}, {root}});
  Assume(list->size >= 0 && list->size <= Int(int64_t{max}));
  pleasant_.push_back(list->size <= Int(int64_t{shown}));
  for (uint32_t i = 0; i < shown; ++i) {
    Element element{list->size > Int(int64_t{i}), {}};
    const Given given{True(), False(), False()};
    AddCells(program, t.element, fmt::format("{}[{}]", key, i), given, currency, element.cells);
    list->elements.push_back(std::move(element));
  }
  const bool simple = shown > 0 && program.types[t.element].kind != TypeKind::kRecord &&
                      list->elements[0].cells[0].value.list == nullptr;
  if (t.kind == TypeKind::kSet && simple) Distinct(*list, 0);
  if (t.kind == TypeKind::kMap && shown > 0) Distinct(*list, kRowKeySlot);
  Sym made(context_);
  made.kind = ValueClass::kList;
  made.list = list;
  return made;
}

Sym World::Any(const Program& program, TypeIndex type, const std::string& key,
               const Expr* currency) {
  const Type& t = program.types[type];
  Sym made(context_);
  made.kind = ClassOf(program, type);
  if (made.kind == ValueClass::kBool) return Bool(context_.bool_const(key.c_str()));
  if (made.kind == ValueClass::kWord) return AnyWord(program, t, key);
  if (made.kind == ValueClass::kMoney) return AnyMoney(t, key, currency);
  if (t.kind == TypeKind::kJson) return made;  // no instruction reads one
  if (made.kind == ValueClass::kList) return AnyList(program, type, key, currency);
  if (made.kind == ValueClass::kMask) {
    for (size_t i = 0; i < MembersOf(program, type); ++i) {
      made.members.push_back(context_.bool_const(fmt::format("{}!{}", key, i).c_str()));
    }
  } else if (made.kind == ValueClass::kStr) {
    made.word = texts_.Variable(key, KindOf(t.kind), BytesOf(t));
  } else {
    made.word = context_.int_const(key.c_str());
    if (made.kind != ValueClass::kDecimal) return made;
    const __int128 most = ~(__int128{1} << 127);
    Assume(made.word >= Int(-most - 1) && made.word <= Int(most));
    __int128 readable = 1;
    for (uint32_t i = 0; i < limits::kDecimalDigits; ++i) readable *= 10;
    pleasant_.push_back(made.word > Int(-readable) && made.word < Int(readable));
  }
  return made;
}

Sym World::Unknown(const Program& program, TypeIndex type, const std::string& key) {
  Sym made = Any(program, type, key);
  const Expr fault = context_.bool_const((key + "!fault").c_str());
  made.fault = Or(made.fault, fault);
  if (made.kind == ValueClass::kBool) {
    made.yes = And(made.yes, Not(fault));
    made.no = And(made.no, Not(fault));
  }
  return made;
}

}  // namespace cap::prove
