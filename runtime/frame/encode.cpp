#include "runtime/frame/encode.h"

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/frame/describe.h"
#include "runtime/frame/opaque.h"
#include "runtime/program/layout.h"
#include "runtime/value/calendar.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/text.h"

namespace cap {
namespace {

std::unexpected<Error> Bad(std::string message) { return Fail("bad-value", std::move(message)); }

std::unexpected<Error> Within(const std::string& field, Error error) {
  error.message = "field `" + field + "`: " + error.message;
  return std::unexpected(std::move(error));
}

uint32_t BytesAllowed(const Type& type) {
  return type.max != 0 ? type.max : limits::kStringBytes;
}
uint32_t ElementsAllowed(const Type& type) { return type.max != 0 ? type.max : limits::kElements; }

/// The kind of table that a value of a type is: of one for which IsTable() holds.
TableKind TableOf(TypeKind kind) {
  if (kind == TypeKind::kPattern) return TableKind::kDfa;
  return kind == TypeKind::kZone ? TableKind::kZone : TableKind::kSchedule;
}

const Value* FindField(const Value::Record& record, const std::string& name) {
  const auto it = std::ranges::find(record, name, &Field::name);
  return it != record.end() ? &it->value : nullptr;
}

/// The slots of an element that are absent because they were given as null, as a mask.
uint64_t NullsOf(const Slot* element, uint32_t stride, uint64_t present) {
  uint64_t nulls = 0;
  for (uint32_t i = 1; i < stride; ++i) {
    if ((present >> i & 1) == 0 && element[i] == kNullSlot) nulls |= uint64_t{1} << i;
  }
  return nulls;
}

/// The further fields of an open record, which no slot holds: each a json, none twice. `known`: how
/// many of the declared ones were given.
Result<void> CheckRest(const RecordType& record, const Value::Record& fields, size_t known) {
  std::vector<std::string_view> names;
  uint64_t bytes = 0;
  for (const Field& field : fields) {
    if (std::ranges::find(record.fields, field.name, &RecordField::name) != record.fields.end()) {
      continue;
    }
    const auto* json = std::get_if<Json>(&field.value.v);
    if (json == nullptr || !IsUtf8(field.name)) {
      return Bad("field " + QuoteCut(field.name) + " is not declared, and no json");
    }
    Result<void> checked = CheckJson(*json);
    if (!checked) return Within(field.name, std::move(checked.error()));
    bytes += field.name.size() + json->cbor.size();
    names.push_back(field.name);
  }
  if (names.size() > limits::kJsonNodes || bytes > limits::kJsonBytes) {
    return Fail("oversize", "the further fields of a record are too large");
  }
  std::ranges::sort(names);
  const bool twice = std::ranges::adjacent_find(names) != names.end();
  return twice || names.size() + known != fields.size() ? Bad("a field stands twice")
                                                        : Result<void>{};
}

class Encoder {
 public:
  Encoder(const Program& program, Arena& arena, const EncodeOptions& options)
      : program_(program), arena_(arena), options_(options) {}

  Result<void> Put(TypeIndex type, const Value& value, const SlotTarget& target, uint32_t currency,
                   uint32_t depth);

 private:
  Result<void> PutRecord(const RecordType& record, const Value& value, const SlotTarget& target,
                         uint32_t depth);
  Result<Slot> One(TypeIndex type, const Value& value, uint32_t currency, uint32_t depth);
  Result<Slot> OneMoney(TypeIndex type, const Money& money, uint32_t currency) const;
  Result<Slot> OneDecimal(TypeIndex type, const Decimal& decimal) const;
  Result<Slot> OneDate(const Date& date) const;
  Result<Slot> OneString(const Type& type, const std::string& text);
  Result<Slot> OneJson(const Type& type, const Json& json);
  Result<Slot> OneMember(const Type& type, const EnumMember& member) const;
  Result<Slot> OneApprovers(const ApproverMask& approvers) const;
  Result<Slot> OneTable(const TableRef& table, TableKind kind) const;
  Result<Slot> Mask(const Type& element, const Value::List& list) const;
  Result<Slot> OneCollection(TypeIndex type, const Value::List& list, uint32_t currency,
                             uint32_t depth);
  Result<Slot> Elements(const Type& type, const Value::List& list, uint32_t currency,
                        uint32_t depth);
  Result<Slot> Sorted(const Type& type, Slot list) const;
  Result<Slot> SortedRows(const Type& type, Slot map) const;
  std::unexpected<Error> Mismatch(TypeIndex type, const Value& value) const {
    return Bad(DescribeValue(value) + " is no " + DescribeType(program_, type));
  }

  const Program& program_;
  Arena& arena_;
  const EncodeOptions& options_;
};

Result<void> Encoder::Put(TypeIndex type, const Value& value, const SlotTarget& target,
                          uint32_t currency, uint32_t depth) {
  const Type& t = program_.types[type];
  if (depth > limits::kValueDepth) return Bad("the value nests too deep");
  if (t.kind == TypeKind::kRecord) {
    if (!std::holds_alternative<Value::Record>(value.v)) return Mismatch(type, value);
    return PutRecord(program_.records[t.ref], value, target, depth);
  }
  Result<Slot> slot = One(type, value, currency, depth);
  if (!slot) return std::unexpected(std::move(slot.error()));
  target.slots[0] = *slot;
  target.present[target.first_bit >> 6] |= uint64_t{1} << (target.first_bit & 63);
  return {};
}

Result<void> Encoder::PutRecord(const RecordType& record, const Value& value,
                                const SlotTarget& target, uint32_t depth) {
  const auto& fields = std::get<Value::Record>(value.v);
  target.present[target.first_bit >> 6] |= uint64_t{1} << (target.first_bit & 63);
  uint32_t offset = 1;
  size_t known = 0;
  for (const RecordField& field : record.fields) {
    const Value* given = FindField(fields, field.name);
    if (given != nullptr) ++known;
    const bool absent = given == nullptr || std::holds_alternative<std::monostate>(given->v);
    if (absent && !field.optional) return Bad("field `" + field.name + "` is missing");
    if (absent) {
      if (given != nullptr) target.slots[offset] = kNullSlot;
    } else {
      uint32_t currency = 0;
      if (field.currency_field != kNone) {
        const Value* sibling = FindField(fields, record.fields[field.currency_field].name);
        currency = sibling == nullptr ? 0 : CurrencyNamedBy(*sibling);
        if (currency == 0) return Bad("field `" + field.name + "` has no currency");
      }
      const SlotTarget inner{target.slots + offset, target.present, target.first_bit + offset};
      Result<void> done = Put(field.type, *given, inner, currency, depth + 1);
      if (!done) return Within(field.name, std::move(done.error()));
    }
    offset += SlotsOf(program_, field.type);
  }
  if (known == fields.size()) return {};
  if (record.open) return CheckRest(record, fields, known);
  for (const Field& field : fields) {
    if (std::ranges::find(record.fields, field.name, &RecordField::name) == record.fields.end()) {
      return Bad("field " + QuoteCut(field.name) + " is not declared");
    }
  }
  return Bad("a field stands twice");
}

Result<Slot> Encoder::OneMoney(TypeIndex type, const Money& money, uint32_t currency) const {
  const Type& t = program_.types[type];
  if (money.minor_units < 0 && !t.is_signed) return Bad(FormatMoney(money) + " is below zero");
  if (FindCurrency(money.currency) == nullptr) return Bad("an amount has no known currency");
  const uint32_t wanted = t.currency != 0 ? t.currency : currency;
  if (wanted != 0 && wanted != money.currency) return Mismatch(type, Value{money});
  return Slot{static_cast<uint64_t>(money.minor_units), money.currency};
}

Result<Slot> Encoder::OneDecimal(TypeIndex type, const Decimal& decimal) const {
  if (decimal.scale > limits::kDecimalScale) return Bad("a decimal has too large a scale");
  const Result<Decimal> fits = Rescale(decimal, program_.types[type].ref);
  if (fits) return Slot{fits->low, fits->high};
  return Bad(FormatDecimal(decimal) + " is no " + DescribeType(program_, type) + ": " +
             fits.error().message);
}

Result<Slot> Encoder::OneDate(const Date& date) const {
  if (date.days >= kFirstDay && date.days < kEndDay) {
    return Slot{static_cast<uint64_t>(date.days), 0};
  }
  return Bad(FormatDate(date) + " is outside of the years 0001 to 9999");
}

Result<Slot> Encoder::OneString(const Type& type, const std::string& text) {
  if (IsCanonicalKind(type.kind)) {
    const Result<std::string> canonical = CanonicalText(type.kind, text);
    if (canonical) return arena_.CopyText(type.kind, *canonical);
    return Bad(QuoteCut(text) + " is no " + std::string(NameOfText(type.kind)) + ": " +
               canonical.error().message);
  }
  if (text.size() > BytesAllowed(type)) {
    return Fail("oversize", "a string of " + std::to_string(text.size()) + " bytes, at most " +
                                std::to_string(BytesAllowed(type)) + " are allowed");
  }
  if (!IsUtf8(text)) return Bad(QuoteCut(text) + " is not valid UTF-8");
  return arena_.CopyString(text);
}

Result<Slot> Encoder::OneJson(const Type& type, const Json& json) {
  Result<void> checked = CheckJson(json, type.max != 0 ? type.max : limits::kJsonBytes);
  if (!checked) return std::unexpected(std::move(checked.error()));
  if (arena_.used() + json.cbor.size() > options_.arena_bytes) {
    return Fail("oversize", "all values together take too much memory");
  }
  return arena_.CopyString(json.cbor);
}

Result<Slot> Encoder::OneMember(const Type& type, const EnumMember& member) const {
  const EnumType& declared = program_.enums[type.ref];
  const auto it = std::ranges::find(declared.members, member.name);
  if (it == declared.members.end()) {
    return Bad(QuoteCut(member.name) + " is no member of " + declared.name);
  }
  return Slot{static_cast<uint64_t>(it - declared.members.begin()), 0};
}

Result<Slot> Encoder::OneApprovers(const ApproverMask& approvers) const {
  const size_t count = program_.approvers.size();
  const bool declared = count >= 64 || approvers.mask >> count == 0;
  if (!declared) return Bad("an approver is not declared");
  return Slot{approvers.mask, 0};
}

Slot RateSlot(const Rate& rate) {
  return {static_cast<uint64_t>(rate.count), static_cast<uint64_t>(rate.period_us)};
}

Result<Slot> Encoder::OneTable(const TableRef& table, TableKind kind) const {
  if (table.index >= program_.tables.size() || program_.tables[table.index].kind != kind) {
    return Bad("there is no such table");
  }
  return SlotOf(program_.tables[table.index]);
}

Result<Slot> Encoder::Mask(const Type& element, const Value::List& list) const {
  Slot out;
  for (const Value& value : list) {
    const auto* member = std::get_if<EnumMember>(&value.v);
    if (member == nullptr) return Bad(DescribeValue(value) + " is no member of an enum");
    const Result<Slot> known = OneMember(element, *member);
    if (!known) return known;
    out.lo |= uint64_t{1} << known->lo;
  }
  return out;
}

/// Sorts the rows of a map in place by their keys, of which no two may be equal: in canonical form,
/// so that two spellings of one address are one key.
Result<Slot> Encoder::SortedRows(const Type& type, Slot map) const {
  const RecordType& row = program_.records[program_.types[type.element].ref];
  const TypeKind kind = program_.types[row.fields[0].type].kind;
  const size_t stride = StrideOf(map);
  auto* begin = reinterpret_cast<Slot*>(map.lo);
  std::vector<const Slot*> rows(CountOf(map));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = begin + i * stride;
  const auto less = [&](const Slot* a, const Slot* b) {
    if (IsTextKind(kind)) return StringOf(a[kRowKeySlot]) < StringOf(b[kRowKeySlot]);
    return static_cast<int64_t>(a[kRowKeySlot].lo) < static_cast<int64_t>(b[kRowKeySlot].lo);
  };
  std::ranges::sort(rows, less);
  std::vector<Slot> sorted;
  sorted.reserve(rows.size() * stride);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && !less(rows[i - 1], rows[i])) {
      const Slot& key = rows[i][kRowKeySlot];
      const std::string text = IsTextKind(kind) ? QuoteCut(StringOf(key)) : "a key";
      return Bad(text + " stands twice in the map");
    }
    sorted.insert(sorted.end(), rows[i], rows[i] + stride);
  }
  std::ranges::copy(sorted, begin);
  return map;
}

/// Sorts the elements in place and drops what is double.
Result<Slot> Encoder::Sorted(const Type& type, Slot list) const {
  auto* begin = reinterpret_cast<Slot*>(list.lo);
  auto* end = begin + CountOf(list);
  const TypeKind kind = program_.types[type.element].kind;
  auto* last = end;
  if (IsTextKind(kind)) {
    std::ranges::sort(begin, end, {}, StringOf);
    last = std::ranges::unique(begin, end, {}, StringOf).begin();
  } else if (kind == TypeKind::kDecimal) {
    const auto coefficient = [](const Slot& s) { return CoefficientOf(s); };
    std::ranges::sort(begin, end, {}, coefficient);
    last = std::ranges::unique(begin, end).begin();
  } else if (kind == TypeKind::kMoney || kind == TypeKind::kInt || kind == TypeKind::kBool ||
             kind == TypeKind::kInstant || kind == TypeKind::kDuration ||
             kind == TypeKind::kDate) {
    std::ranges::sort(begin, end, {}, [](const Slot& s) {
      return std::pair(s.hi, static_cast<int64_t>(s.lo));
    });
    last = std::ranges::unique(begin, end).begin();
  } else {
    return Bad("a set holds numbers, times, amounts, texts or members of an enum");
  }
  return Slot{list.lo, PackPair(static_cast<uint32_t>(last - begin), StrideOf(list))};
}

Result<Slot> Encoder::Elements(const Type& type, const Value::List& list, uint32_t currency,
                               uint32_t depth) {
  const uint32_t stride = SlotsOf(program_, type.element);
  const bool is_record = program_.types[type.element].kind == TypeKind::kRecord;
  if (stride > limits::kElementSlots) return Bad("an element has too many fields");
  // A short text can stand for wide elements: `{}` of a record with sixty optional fields.
  if (arena_.used() + list.size() * stride * sizeof(Slot) > options_.arena_bytes) {
    return Fail("oversize", "all values together take too much memory");
  }
  Slot* slots = arena_.AllocateSlots(list.size() * stride);
  for (size_t i = 0; i < list.size(); ++i) {
    uint64_t present[2] = {0, 0};
    Slot* element = slots + i * stride;
    Result<void> done = Put(type.element, list[i], {element, present, 0}, currency, depth + 1);
    if (!done) {
      done.error().message = "element " + std::to_string(i) + ": " + done.error().message;
      return std::unexpected(std::move(done.error()));
    }
    if (is_record) *element = {present[0], NullsOf(element, stride, present[0])};
  }
  const Slot out{reinterpret_cast<uintptr_t>(slots),
                 PackPair(static_cast<uint32_t>(list.size()), stride)};
  if (type.kind == TypeKind::kMap) return SortedRows(type, out);
  return type.kind == TypeKind::kSet ? Sorted(type, out) : out;
}

Result<Slot> Encoder::OneCollection(TypeIndex type, const Value::List& list, uint32_t currency,
                                    uint32_t depth) {
  const Type& t = program_.types[type];
  if (list.size() > ElementsAllowed(t)) {
    return Fail("oversize", std::to_string(list.size()) + " elements, at most " +
                                std::to_string(ElementsAllowed(t)) + " are allowed");
  }
  if (ClassOf(program_, type) == ValueClass::kMask) return Mask(program_.types[t.element], list);
  return Elements(t, list, currency, depth);
}

Result<Slot> Encoder::One(TypeIndex type, const Value& value, uint32_t currency, uint32_t depth) {
  const Type& t = program_.types[type];
  switch (t.kind) {
    case TypeKind::kBool:
      if (const auto* flag = std::get_if<bool>(&value.v)) return Slot{*flag ? 1u : 0u, 0};
      break;
    case TypeKind::kInt:
      if (const auto* number = std::get_if<int64_t>(&value.v)) {
        return Slot{static_cast<uint64_t>(*number), 0};
      }
      break;
    case TypeKind::kMoney:
      if (const auto* money = std::get_if<Money>(&value.v)) return OneMoney(type, *money, currency);
      break;
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
      if (const auto* text = std::get_if<std::string>(&value.v)) return OneString(t, *text);
      break;
    case TypeKind::kEnum:
      if (const auto* member = std::get_if<EnumMember>(&value.v)) return OneMember(t, *member);
      break;
    case TypeKind::kInstant:
      if (const auto* instant = std::get_if<Instant>(&value.v)) {
        return Slot{static_cast<uint64_t>(instant->us), 0};
      }
      break;
    case TypeKind::kDuration:
      if (const auto* duration = std::get_if<Duration>(&value.v)) {
        return Slot{static_cast<uint64_t>(duration->us), 0};
      }
      break;
    case TypeKind::kDate:
      if (const auto* date = std::get_if<Date>(&value.v)) return OneDate(*date);
      break;
    case TypeKind::kDecimal:
      if (const auto* decimal = std::get_if<Decimal>(&value.v)) return OneDecimal(type, *decimal);
      break;
    case TypeKind::kSet:
    case TypeKind::kList:
    case TypeKind::kMap:
      if (const auto* list = std::get_if<Value::List>(&value.v)) {
        return OneCollection(type, *list, currency, depth);
      }
      break;
    case TypeKind::kApprovers:
      if (const auto* mask = std::get_if<ApproverMask>(&value.v)) return OneApprovers(*mask);
      break;
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
      if (const auto* table = std::get_if<TableRef>(&value.v)) {
        return OneTable(*table, TableOf(t.kind));
      }
      break;
    case TypeKind::kRate:
      if (const auto* rate = std::get_if<Rate>(&value.v)) return RateSlot(*rate);
      break;
    case TypeKind::kJson:
      if (const auto* json = std::get_if<Json>(&value.v)) return OneJson(t, *json);
      break;
    case TypeKind::kRecord:
      break;  // takes more than one slot
  }
  return Mismatch(type, value);
}

}  // namespace

Result<void> Encode(const Program& program, TypeIndex type, const Value& value, Arena& arena,
                    const SlotTarget& target, const EncodeOptions& options) {
  return Encoder(program, arena, options).Put(type, value, target, options.sibling_currency, 0);
}

Result<Slot> EncodeConstant(const Program& program, TypeIndex type, const Value& value,
                            Arena& arena) {
  if (program.types[type].kind == TypeKind::kRecord) return Bad("a record takes several slots");
  Slot out;
  uint64_t present[2] = {0, 0};
  Result<void> done = Encode(program, type, value, arena, {&out, present, 0});
  if (!done) return std::unexpected(std::move(done.error()));
  return out;
}

uint32_t CurrencyNamedBy(const Value& value) {
  const Currency* found = nullptr;
  if (const auto* text = std::get_if<std::string>(&value.v)) {
    found = FindCurrency(std::string_view(*text));
  } else if (const auto* member = std::get_if<EnumMember>(&value.v)) {
    found = FindCurrency(std::string_view(member->name));
  }
  return found == nullptr ? 0 : found->id;
}

}  // namespace cap
