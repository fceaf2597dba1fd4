#include "tests/support/random_frame.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/frame/encode.h"
#include "runtime/program/layout.h"
#include "runtime/value/decimal.h"
#include "runtime/value/map.h"
#include "runtime/value/text.h"

namespace cap::test {
namespace {

void Around(std::vector<int64_t>& into, int64_t value) {
  into.push_back(value);
  if (value > std::numeric_limits<int64_t>::min()) into.push_back(value - 1);
  if (value < std::numeric_limits<int64_t>::max()) into.push_back(value + 1);
}

void Collect(Hints& hints, const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value.v)) Around(hints.words, *number);
  if (const auto* instant = std::get_if<Instant>(&value.v)) Around(hints.instants, instant->us);
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    const Coefficient coefficient = CoefficientOf(*decimal);
    for (const int step : {-1, 0, 1}) hints.coefficients.push_back(coefficient + step);
  }
  if (const auto* duration = std::get_if<Duration>(&value.v)) Around(hints.durations, duration->us);
  if (const auto* date = std::get_if<Date>(&value.v)) Around(hints.days, date->days);
  if (const auto* money = std::get_if<Money>(&value.v)) {
    Around(hints.amounts, money->minor_units);
    hints.currencies.push_back(money->currency);
  }
  if (const auto* text = std::get_if<std::string>(&value.v)) {
    hints.texts.push_back(*text);
    hints.texts.push_back(*text + "x");
    if (!text->empty()) hints.texts.push_back(text->substr(0, text->size() - 1));
    if (text->find('@') != std::string::npos) hints.emails.push_back(*text);
    if (text->find('.') != std::string::npos) hints.emails.push_back("who@" + *text);
  }
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    Around(hints.words, static_cast<int64_t>(list->size()));
    for (const Value& element : *list) Collect(hints, element);
  }
  if (const auto* record = std::get_if<Value::Record>(&value.v)) {
    for (const Field& field : *record) Collect(hints, field.value);
  }
}

bool IsEmail(const std::string& text) {
  const size_t at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string::npos;
}

}  // namespace

Hints::Hints(const Program& program)
    : words{0, 1, -1, 2, 7, std::numeric_limits<int64_t>::max(),
            std::numeric_limits<int64_t>::min()},
      instants{0, 1'700'000'000'000'000},
      durations{0, 1'000'000, -1, std::numeric_limits<int64_t>::max()},
      days{0, -719'162, 2'932'896, 20'833},
      coefficients{0, 1, -1, Coefficient{1} << 63, Coefficient{1} << 64,
                   ~(Coefficient{1} << 127), Coefficient{1} << 127},
      amounts{0, 1, 100, std::numeric_limits<int64_t>::max()},
      currencies{kUsd, kEur},
      texts{"", "a", "delivered", std::string(40, 'z')},
      emails{"a@b.org", "b@company.com"} {
  for (const Value& value : program.values) Collect(*this, value);
  std::erase_if(amounts, [](int64_t amount) { return amount < 0; });
  std::erase_if(emails, [](const std::string& text) { return !IsEmail(text); });
  std::erase_if(texts, [](const std::string& text) { return text.size() > limits::kStringBytes; });
  for (const auto& [kind, own] : {std::pair{TypeKind::kPath, "/data"},
                                  {TypeKind::kIp, "10.0.0.1"},
                                  {TypeKind::kCidr, "10.0.0.0/8"},
                                  {TypeKind::kUrl, "https://api.example.com/v1?x=1"}}) {
    canonical[kind] = {own};
    for (const std::string& text : texts) {
      if (CanonicalText(kind, text).value_or("") == text) canonical[kind].push_back(text);
    }
  }
}

Slot RandomSlots::List(const Type& type, Arena& arena, bool ordered) {
  const Type& element = program_.types[type.element];
  const uint32_t most = std::min(type.max != 0 ? type.max : limits::kElements, 20u);
  const auto wanted = Chance(random_, 0.05) ? most : Below(random_, std::min(most, 4u) + 1);
  if (element.kind == TypeKind::kRecord) {
    const uint32_t stride = SlotsOf(program_, type.element);
    Slot* slots = arena.AllocateSlots(wanted * stride);
    for (uint32_t i = 0; i < wanted; ++i) {
      uint64_t present = 0;
      Record(type.element, slots + size_t{i} * stride, 0, present, arena);
      slots[size_t{i} * stride].lo = present;
    }
    if (type.kind == TypeKind::kMap) return Rows(type, slots, static_cast<uint32_t>(wanted));
    return {reinterpret_cast<uintptr_t>(slots), PackPair(static_cast<uint32_t>(wanted), stride)};
  }
  std::vector<Slot> slots;
  for (uint32_t i = 0; i < wanted; ++i) slots.push_back(Make(type.element, arena));
  if (type.kind == TypeKind::kSet && ordered) {
    const bool text = ClassOf(program_, type.element) == ValueClass::kStr;
    const bool decimal = ClassOf(program_, type.element) == ValueClass::kDecimal;
    const auto less = [text, decimal](const Slot& a, const Slot& b) {
      if (decimal) return CoefficientOf(a) < CoefficientOf(b);
      return text ? StringOf(a) < StringOf(b)
                  : static_cast<int64_t>(a.lo) < static_cast<int64_t>(b.lo);
    };
    std::ranges::sort(slots, less);
    const auto same = [&](const Slot& a, const Slot& b) { return !less(a, b) && !less(b, a); };
    slots.erase(std::unique(slots.begin(), slots.end(), same), slots.end());
  }
  return ListOf(arena, slots);
}

/// Sorted by their keys; of rows with one key the first is kept.
Slot RandomSlots::Rows(const Type& type, Slot* slots, uint32_t count) const {
  const uint32_t stride = SlotsOf(program_, type.element);
  const TypeIndex key_type = ElementLeafType(program_, type.element, kRowKeySlot);
  const bool text = ClassOf(program_, key_type) == ValueClass::kStr;
  std::vector<std::vector<Slot>> rows;
  for (uint32_t i = 0; i < count; ++i) {
    const Slot* row = slots + size_t{i} * stride;
    rows.emplace_back(row, row + stride);
  }
  const auto less = [text](const std::vector<Slot>& a, const std::vector<Slot>& b) {
    const Slot& x = a[kRowKeySlot];
    const Slot& y = b[kRowKeySlot];
    return text ? StringOf(x) < StringOf(y)
                : static_cast<int64_t>(x.lo) < static_cast<int64_t>(y.lo);
  };
  const auto same = [&](const auto& a, const auto& b) { return !less(a, b) && !less(b, a); };
  std::ranges::stable_sort(rows, less);
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
  for (size_t i = 0; i < rows.size(); ++i) std::ranges::copy(rows[i], slots + i * stride);
  return {reinterpret_cast<uintptr_t>(slots),
          PackPair(static_cast<uint32_t>(rows.size()), stride)};
}

void RandomSlots::Record(TypeIndex type, Slot* slots, uint32_t at, uint64_t& present,
                         Arena& arena) {
  present |= uint64_t{1} << at;
  uint32_t next = at + 1;
  for (const RecordField& field : program_.records[program_.types[type].ref].fields) {
    const uint32_t count = SlotsOf(program_, field.type);
    const bool absent = field.optional && Chance(random_, 0.3);
    if (!absent && program_.types[field.type].kind == TypeKind::kRecord) {
      Record(field.type, slots, next, present, arena);
    } else if (!absent) {
      slots[next] = Make(field.type, arena);
      present |= uint64_t{1} << next;
    }
    next += count;
  }
}

Slot RandomSlots::Make(TypeIndex type, Arena& arena, bool ordered) {
  const Type& t = program_.types[type];
  switch (t.kind) {
    case TypeKind::kBool: return {Below(random_, 2), 0};
    case TypeKind::kInt: return {static_cast<uint64_t>(Pick(hints_.words)), 0};
    case TypeKind::kInstant: return {static_cast<uint64_t>(Pick(hints_.instants)), 0};
    case TypeKind::kDuration: return {static_cast<uint64_t>(Pick(hints_.durations)), 0};
    case TypeKind::kDate: return {static_cast<uint64_t>(Pick(hints_.days)), 0};
    case TypeKind::kDecimal: {
      const Decimal decimal = MakeDecimal(Pick(hints_.coefficients), t.ref);
      return {decimal.low, decimal.high};
    }
    case TypeKind::kEnum: return {Below(random_, program_.enums[t.ref].members.size()), 0};
    case TypeKind::kMoney: {
      const int64_t amount = Pick(hints_.amounts);
      const bool below = t.is_signed && Chance(random_, 0.4);
      return {static_cast<uint64_t>(below ? -amount : amount),
              t.currency != 0 ? t.currency
              : Chance(random_, 0.85) ? hints_.currencies.back() : Pick(hints_.currencies)};
    }
    case TypeKind::kString: return arena.CopyString(Pick(hints_.texts));
    case TypeKind::kEmail: return arena.CopyEmail(Pick(hints_.emails));
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl: return arena.CopyText(t.kind, Pick(hints_.canonical.at(t.kind)));
    case TypeKind::kApprovers:
      return {Below(random_, uint64_t{1} << std::min<size_t>(program_.approvers.size(), 63)), 0};
    case TypeKind::kSet:
      if (program_.types[t.element].kind == TypeKind::kEnum) {
        const size_t members = program_.enums[program_.types[t.element].ref].members.size();
        const uint64_t all = members >= 64 ? ~uint64_t{0} : (uint64_t{1} << members) - 1;
        const uint64_t undeclared = Chance(random_, options_.undeclared) ? 1 : 0;
        return {random_() & random_() & all, undeclared};
      }
      return List(t, arena, ordered);
    case TypeKind::kMap:
    case TypeKind::kList: return List(t, arena, ordered);
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kPattern:  // of literal constants alone, which are not random
    case TypeKind::kJson: return arena.CopyString(Pick(hints_.texts));
    case TypeKind::kRecord: break;
  }
  return {};
}

uint32_t RandomSlots::Skip(FrameImage& frame, TypeIndex type, uint32_t slot, bool poison) {
  const uint32_t count = SlotsOf(program_, type);
  for (uint32_t i = 0; i < count && poison; ++i) frame.Poison(slot + i);
  return slot + count;
}

uint32_t RandomSlots::Fill(FrameImage& frame, TypeIndex type, uint32_t slot, bool optional,
                           bool ordered) {
  const double absent = optional ? 0.3 : options_.absent;
  if (Chance(random_, options_.poisoned)) return Skip(frame, type, slot, true);
  if (Chance(random_, absent)) return Skip(frame, type, slot, false);
  if (program_.types[type].kind != TypeKind::kRecord) {
    frame.Set(slot, Make(type, frame.arena(), ordered));
    return slot + 1;
  }
  frame.Set(slot++, {});
  for (const RecordField& field : program_.records[program_.types[type].ref].fields) {
    slot = Fill(frame, field.type, slot, field.optional, ordered);
  }
  return slot;
}

FrameImage RandomSlots::Frame(uint32_t tool_index) {
  const Tool& tool = program_.tools[tool_index];
  FrameImage frame;
  FrameHeader& header = frame.header();
  header.layout_hash = tool.layout_hash;
  header.tool = tool_index;
  header.slot_count = static_cast<uint32_t>(tool.slots.size());
  header.now_us = Pick(hints_.instants);
  for (size_t i = 0; i < program_.approvers.size(); ++i) {
    if (Chance(random_, options_.approved)) header.approvals |= uint64_t{1} << i;
  }
  for (uint32_t slot = 0; slot < tool.slots.size();) {
    const SlotDesc& desc = tool.slots[slot];
    slot = Fill(frame, desc.type, slot, desc.optional, desc.source != SlotSource::kLet);
  }
  return frame;
}

std::vector<Slot> RandomSlots::Consts(uint32_t shape, const std::vector<ConstSource>& sources,
                                      Arena& arena) {
  // A mint refuses a bound set with an undeclared member; only those of calls may have some.
  const auto undeclared = std::exchange(options_.undeclared, 0);
  std::vector<Slot> slots;
  for (size_t i = 0; i < sources.size(); ++i) {
    const TypeIndex type = program_.shapes[shape].const_types[i];
    if (sources[i].bound) {
      slots.push_back(Make(type, arena));
      continue;
    }
    const Result<Slot> slot =
        EncodeConstant(program_, type, program_.values[sources[i].index], arena);
    if (!slot) throw std::runtime_error("a constant does not fit: " + slot.error().message);
    slots.push_back(*slot);
  }
  options_.undeclared = undeclared;
  return slots;
}

}  // namespace cap::test
