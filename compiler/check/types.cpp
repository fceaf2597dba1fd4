#include "compiler/check/types.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/value/money.h"
#include "runtime/value/text.h"

namespace cap::check {

Types::Types(Program& program)
    : program_(program),
      bool_(Intern({.kind = TypeKind::kBool})),
      int_(Intern({.kind = TypeKind::kInt})),
      string_(Intern({.kind = TypeKind::kString, .max = limits::kStringBytesMax})),
      email_(Intern({.kind = TypeKind::kEmail})),
      instant_(Intern({.kind = TypeKind::kInstant})),
      duration_(Intern({.kind = TypeKind::kDuration})),
      date_(Intern({.kind = TypeKind::kDate})),
      zone_(Intern({.kind = TypeKind::kZone})),
      schedule_(Intern({.kind = TypeKind::kSchedule})),
      approvers_(Intern({.kind = TypeKind::kApprovers})),
      path_(Intern({.kind = TypeKind::kPath})),
      ip_(Intern({.kind = TypeKind::kIp})),
      cidr_(Intern({.kind = TypeKind::kCidr})),
      url_(Intern({.kind = TypeKind::kUrl})) {}

TypeIndex Types::Intern(const Type& type) {
  const Key key{type.kind,    type.form,     type.minor, type.is_signed, type.ref,
                type.element, type.currency, type.max};
  const auto [at, added] = known_.emplace(key, static_cast<TypeIndex>(program_.types.size()));
  if (added) program_.types.push_back(type);
  return at->second;
}

TypeIndex Types::MoneyIn(uint32_t currency, bool is_signed) {
  if (currency == 0) return Intern({.kind = TypeKind::kMoney, .is_signed = is_signed});
  return Intern({.kind = TypeKind::kMoney,
                 .form = MoneyForm::kFixed,
                 .is_signed = is_signed,
                 .currency = currency});
}

TypeIndex Types::PeriodEnum() {
  const auto is_period = [](const EnumType& type) {
    return std::ranges::equal(type.members, kPeriodNames);
  };
  const auto found = std::ranges::find_if(program_.enums, is_period);
  const auto index = static_cast<uint32_t>(found - program_.enums.begin());
  if (found == program_.enums.end()) {
    program_.enums.push_back({"period", {std::begin(kPeriodNames), std::end(kPeriodNames)}});
  }
  return Enum(index);
}

TypeIndex Types::Decimal(uint32_t scale) {
  return Intern({.kind = TypeKind::kDecimal, .ref = scale});
}

TypeIndex Types::InstantIn(uint32_t zone) {
  return Intern({.kind = TypeKind::kInstant, .ref = zone});
}

TypeIndex Types::Enum(uint32_t index) { return Intern({.kind = TypeKind::kEnum, .ref = index}); }
TypeIndex Types::Record(uint32_t index) {
  return Intern({.kind = TypeKind::kRecord, .ref = index});
}

TypeIndex Types::SetOf(TypeIndex element) {
  return Intern(
      {.kind = TypeKind::kSet, .element = Canonical(element), .max = limits::kElementsMax});
}

TypeIndex Types::ListOf(TypeIndex element) {
  return Intern(
      {.kind = TypeKind::kList, .element = Canonical(element), .max = limits::kElementsMax});
}

bool Types::IsContainer(TypeIndex type) const {
  return KindOf(type) == TypeKind::kSet || KindOf(type) == TypeKind::kList ||
         KindOf(type) == TypeKind::kMap;
}

bool Types::IsOrderedEnum(TypeIndex type) const {
  return KindOf(type) == TypeKind::kEnum && ordered_enums_.contains(program_.types[type].ref);
}

bool Types::IsScalar(TypeIndex type) const {
  switch (KindOf(type)) {
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kMoney:
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kEnum:
    case TypeKind::kInstant:
    case TypeKind::kDuration:
    case TypeKind::kDate:
    case TypeKind::kDecimal:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
      return true;
    case TypeKind::kSet:
    case TypeKind::kList:
    case TypeKind::kRecord:
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kJson:
    case TypeKind::kMap:
      return false;
  }
  return false;
}

bool Types::IsSetElement(TypeIndex type) const {
  const TypeKind kind = KindOf(type);
  return IsScalar(type) && kind != TypeKind::kBool && kind != TypeKind::kMoney;
}

bool Types::Same(TypeIndex a, TypeIndex b) const {
  while (a != b) {
    const Type& left = program_.types[a];
    const Type& right = program_.types[b];
    const bool same_ref = left.ref == right.ref || left.kind == TypeKind::kInstant;
    if (left.kind != right.kind || !same_ref) return false;
    if (!IsContainer(a)) return true;
    a = left.element;  // lists do not hold lists, so this ends at once
    b = right.element;
  }
  return true;
}

TypeIndex Types::Canonical(TypeIndex type) {
  switch (KindOf(type)) {
    case TypeKind::kMoney:
      return MoneyIn(0, program_.types[type].is_signed);
    case TypeKind::kString:
      return string_;
    case TypeKind::kInstant:
      return instant_;
    case TypeKind::kSet:
      return SetOf(program_.types[type].element);
    case TypeKind::kList:
      return ListOf(program_.types[type].element);
    case TypeKind::kMap:
      return Intern({.kind = TypeKind::kMap,
                     .element = program_.types[type].element,
                     .max = limits::kElementsMax});
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kEmail:
    case TypeKind::kEnum:
    case TypeKind::kDuration:
    case TypeKind::kDate:
    case TypeKind::kDecimal:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
    case TypeKind::kRecord:
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
      return type;
    case TypeKind::kJson:
      return Intern({.kind = TypeKind::kJson, .max = limits::kJsonBytesMax});
  }
  return type;
}

bool IsBelowZero(const Value& value) {
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    return std::ranges::any_of(*list, IsBelowZero);
  }
  const auto* money = std::get_if<Money>(&value.v);
  return money != nullptr && money->minor_units < 0;
}

std::string Types::NameOf(TypeIndex type) const {
  const Type& t = program_.types[type];
  switch (t.kind) {
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kInt:
      return "int";
    case TypeKind::kMoney: {
      const Currency* currency = t.currency == 0 ? nullptr : FindCurrency(t.currency);
      const std::string_view sign = t.is_signed ? " signed" : "";
      return currency == nullptr ? fmt::format("money{}", sign)
                                 : fmt::format("money in \"{}\"{}", currency->code, sign);
    }
    case TypeKind::kString:
      return "string";
    case TypeKind::kEmail:
      return "email";
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
      return std::string(NameOfText(t.kind));
    case TypeKind::kEnum:
      return program_.enums[t.ref].name;
    case TypeKind::kInstant:
      return t.ref == kNone ? "instant"
                            : fmt::format("instant in \"{}\"", program_.tables[t.ref].name);
    case TypeKind::kDuration:
      return "duration";
    case TypeKind::kDate:
      return "date";
    case TypeKind::kDecimal:
      return fmt::format("decimal({})", t.ref);
    case TypeKind::kSet:
      return fmt::format("set<{}>", NameOf(t.element));
    case TypeKind::kList:
      return fmt::format("list<{}>", NameOf(t.element));
    case TypeKind::kRecord:
      return program_.records[t.ref].name;
    case TypeKind::kApprovers:
      return "approver";
    case TypeKind::kPattern:
      return "pattern";
    case TypeKind::kZone:
      return "zone";
    case TypeKind::kSchedule:
      return "schedule";
    case TypeKind::kRate:
      return "rate";
    case TypeKind::kMap:
      return fmt::format("map<{}, {}>", NameOf(KeyOf(type)), NameOf(ValueOf(type)));
    case TypeKind::kJson:
      return "json";
  }
  return "?";
}

}  // namespace cap::check
