#include "runtime/engine/show.h"

#include <algorithm>
#include <bit>

#include "runtime/value/date.h"
#include "runtime/frame/opaque.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/program/layout.h"
#include "runtime/value/instant.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/rate.h"
#include "runtime/value/text.h"

namespace cap::engine {
namespace {

constexpr size_t kShownElements = 8;

std::string Join(const std::vector<std::string>& items, size_t count) {
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), kShownElements); ++i) {
    text += (i == 0 ? "" : ", ") + items[i];
  }
  if (count > kShownElements) text += ", and " + std::to_string(count - kShownElements) + " more";
  return text;
}

bool IsText(const Program& program, TypeIndex type) {
  return IsTextKind(program.types[type].kind);
}

bool Holds(const Program& program, TypeIndex element, const Slot& list, const Slot& value) {
  const Slot* begin = ElementsOf(list);
  return std::any_of(begin, begin + CountOf(list), [&](const Slot& each) {
    // A word is its low half; an undeclared member is never an element.
    if (program.types[element].kind == TypeKind::kDecimal) return each == value;
    return IsText(program, element) ? StringOf(each) == StringOf(value) : each.lo == value.lo;
  });
}

std::vector<std::string> MaskNames(const EnumType& members, uint64_t mask) {
  std::vector<std::string> names;
  for (; mask != 0; mask &= mask - 1) {
    const auto member = static_cast<size_t>(std::countr_zero(mask));
    if (member < members.members.size()) names.push_back(QuoteCut(members.members[member]));
  }
  return names;
}

/// {"a": 1, "b": 2}
std::string ShowMap(const Program& program, TypeIndex row, const Slot& map) {
  const TypeIndex key = ElementLeafType(program, row, kRowKeySlot);
  const TypeIndex value = ElementLeafType(program, row, kRowValueSlot);
  std::vector<std::string> items;
  for (size_t i = 0; i < std::min<size_t>(CountOf(map), kShownElements); ++i) {
    const Slot* slots = ElementsOf(map) + i * StrideOf(map);
    items.push_back(ShowSlot(program, key, slots[kRowKeySlot]) + ": " +
                    ShowSlot(program, value, slots[kRowValueSlot]));
  }
  return "{" + Join(items, CountOf(map)) + "}";
}

}  // namespace

std::string ShowElement(const Program& program, TypeIndex type, const Slot& list,
                        uint32_t index) {
  const TypeIndex element = program.types[type].element;
  if (index >= CountOf(list)) return {};
  if (program.types[type].kind == TypeKind::kMap) {
    const Slot* row = ElementsOf(list) + size_t{index} * StrideOf(list);
    return ShowSlot(program, ElementLeafType(program, element, kRowKeySlot), row[kRowKeySlot]);
  }
  if (program.types[element].kind == TypeKind::kRecord) {
    return "element " + std::to_string(index);
  }
  return ShowSlot(program, element, ElementsOf(list)[size_t{index} * StrideOf(list)]);
}

std::string ShowSlot(const Program& program, TypeIndex index, const Slot& slot) {
  const Type& type = program.types[index];
  switch (type.kind) {
    case TypeKind::kBool: return slot.lo != 0 ? "true" : "false";
    case TypeKind::kInt: return std::to_string(static_cast<int64_t>(slot.lo));
    case TypeKind::kMoney:
      return FormatMoney({static_cast<int64_t>(slot.lo), static_cast<uint32_t>(slot.hi)});
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl: return QuoteCut(StringOf(slot));
    case TypeKind::kEnum: {
      const std::vector<std::string>& members = program.enums[type.ref].members;
      return slot.lo < members.size() ? QuoteCut(members[slot.lo]) : "an undeclared member";
    }
    case TypeKind::kInstant: return FormatInstant({static_cast<int64_t>(slot.lo)});
    case TypeKind::kDuration: return FormatDuration({static_cast<int64_t>(slot.lo)});
    case TypeKind::kDate: return FormatDate({static_cast<int64_t>(slot.lo)});
    case TypeKind::kDecimal: return FormatDecimal({slot.lo, slot.hi, type.ref});
    case TypeKind::kRate:
      return FormatRate({static_cast<int64_t>(slot.lo), static_cast<int64_t>(slot.hi)});
    case TypeKind::kApprovers: {
      const std::vector<std::string> names = ApproverNames(program, slot.lo);
      return Join(names, names.size());
    }
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kPattern: {
      const Table* table = FindTable(program, slot);
      return table == nullptr ? "a table" : QuoteCut(table->name);
    }
    case TypeKind::kMap: return ShowMap(program, type.element, slot);
    case TypeKind::kSet:
    case TypeKind::kList: break;
    case TypeKind::kRecord: return program.records[type.ref].name;
    case TypeKind::kJson: return QuoteCut(FormatJson(StringOf(slot), 2 * kQuoteBytes));
  }
  if (ClassOf(program, index) == ValueClass::kMask) {
    const std::string members = ShowMembers(program, index, slot, {}, false);
    return members.empty() ? "[]" : members;
  }
  std::vector<std::string> items;
  const uint32_t count = CountOf(slot);
  for (uint32_t i = 0; i < std::min<uint32_t>(count, kShownElements); ++i) {
    items.push_back(ShowElement(program, index, slot, i));
  }
  return "[" + Join(items, count) + "]";
}

std::string ShowMembers(const Program& program, TypeIndex index, const Slot& left,
                        const Slot& right, bool inside) {
  const Type& type = program.types[index];
  std::vector<std::string> items;
  if (ClassOf(program, index) == ValueClass::kMask) {
    const EnumType& members = program.enums[program.types[type.element].ref];
    items = MaskNames(members, inside ? left.lo & right.lo : left.lo & ~right.lo);
    if (!inside && left.hi != 0) items.push_back(std::to_string(left.hi) + " undeclared");
  } else {
    for (uint32_t i = 0; i < CountOf(left); ++i) {
      const Slot& element = ElementsOf(left)[size_t{i} * StrideOf(left)];
      if (Holds(program, type.element, right, element) != inside) continue;
      items.push_back(ShowElement(program, index, left, i));
    }
  }
  return items.empty() ? std::string{} : "[" + Join(items, items.size()) + "]";
}

std::vector<std::string> ApproverNames(const Program& program, uint64_t mask) {
  std::vector<std::string> names;
  for (size_t i = 0; i < program.approvers.size(); ++i) {
    if ((mask >> i & 1) != 0) names.push_back(program.approvers[i]);
  }
  return names;
}

SourcePlace PlaceOf(const Program& program, const Span& span) {
  if (span.line == 0) return {};
  return {.file = span.file < program.files.size() ? program.files[span.file] : std::string{},
          .line = span.line,
          .column = span.column,
          .length = span.length};
}

}  // namespace cap::engine
