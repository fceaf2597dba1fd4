#include "runtime/program/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/layout.h"
#include "runtime/program/verify_context.h"
#include "runtime/value/calendar.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/rate.h"
#include "runtime/value/text.h"

namespace cap {
namespace verify {

bool Context::Fail(std::string where, std::string what) {
  if (error.code.empty()) {
    error = {"program-invalid", fmt::format("{}: {}", std::move(where), std::move(what))};
  }
  return false;
}

bool IsPlain(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<uint8_t>(name[i]);
    if (byte < 0x20 || byte == 0x7F) return false;
    const bool c1 = byte == 0xC2 && i + 1 < name.size() && static_cast<uint8_t>(name[i + 1]) < 0xA0;
    if (c1) return false;
  }
  return true;
}

bool Context::SameRepresentation(TypeIndex a, TypeIndex b) const {
  // Nesting of types is bounded before this is asked (VerifyTypes).
  while (a != b) {
    const Type& left = TypeAt(a);
    const Type& right = TypeAt(b);
    // The zone of an instant says how the wire writes it, and nothing of the instant.
    const bool same_ref = left.ref == right.ref || left.kind == TypeKind::kInstant;
    if (left.kind != right.kind || !same_ref || left.currency != right.currency) return false;
    if (left.element == kNone) return true;
    a = left.element;
    b = right.element;
  }
  return true;
}

bool Context::ApproversOk(uint64_t mask) const {
  const size_t count = program.approvers.size();
  return count >= 64 || mask >> count == 0;
}

bool Context::ValueConforms(uint32_t value, TypeIndex type) {
  if (value >= program.values.size()) return false;
  const uint64_t key = uint64_t{value} << 32 | type;
  if (conforming_.contains(key)) return true;
  if (!Conforms(program.values[value], type, 0)) return false;
  conforming_.insert(key);
  return true;
}

bool Context::RecordConforms(const Value::Record& fields, const RecordType& record,
                             uint32_t depth) const {
  size_t next = 0;
  for (const RecordField& field : record.fields) {
    if (next < fields.size() && fields[next].name == field.name) {
      if (!Conforms(fields[next].value, field.type, depth + 1)) return false;
      ++next;
    } else if (!field.optional) {
      return false;
    }
  }
  return next == fields.size();
}

/// The rows of a constant stand in the order of their keys, so that no key stands twice.
bool Context::MapConforms(const Value& value, const Type& type, uint32_t depth) const {
  const auto* rows = std::get_if<Value::List>(&value.v);
  const uint32_t most = type.max != 0 ? type.max : limits::kElements;
  const auto conforms = [&](const Value& row) { return Conforms(row, type.element, depth + 1); };
  const auto before = [](const Value& a, const Value& b) {
    return KeyLess(KeyOfRow(a), KeyOfRow(b));
  };
  return rows != nullptr && rows->size() <= most && std::ranges::all_of(*rows, conforms) &&
         std::ranges::adjacent_find(*rows, std::not_fn(before)) == rows->end();
}

bool Context::HoldsTable(const Value& value, TableKind kind) const {
  const auto* table = std::get_if<TableRef>(&value.v);
  return table != nullptr && table->index < program.tables.size() &&
         program.tables[table->index].kind == kind;
}

static bool HoldsRate(const Value& value) {
  const auto* rate = std::get_if<Rate>(&value.v);
  return rate != nullptr && IsUsableRate(*rate);
}

bool Context::Conforms(const Value& value, TypeIndex type, uint32_t depth) const {
  if (depth > limits::kValueDepth) return false;
  const Type& t = TypeAt(type);
  const uint32_t most = t.max != 0 ? t.max : limits::kElements;
  switch (t.kind) {
    case TypeKind::kBool: return std::holds_alternative<bool>(value.v);
    case TypeKind::kInt: return std::holds_alternative<int64_t>(value.v);
    case TypeKind::kInstant: return std::holds_alternative<Instant>(value.v);
    case TypeKind::kDuration: return std::holds_alternative<Duration>(value.v);
    case TypeKind::kDate: {
      const auto* date = std::get_if<Date>(&value.v);
      return date != nullptr && date->days >= kFirstDay && date->days < kEndDay;
    }
    case TypeKind::kDecimal: {
      const auto* decimal = std::get_if<Decimal>(&value.v);
      return decimal != nullptr && decimal->scale == t.ref;
    }
    case TypeKind::kMoney: {
      const auto* money = std::get_if<Money>(&value.v);
      return money != nullptr && (t.is_signed || money->minor_units >= 0) &&
             FindCurrency(money->currency) != nullptr &&
             (t.currency == 0 || t.currency == money->currency);
    }
    case TypeKind::kString: {
      const auto* text = std::get_if<std::string>(&value.v);
      return text != nullptr && text->size() <= (t.max != 0 ? t.max : limits::kStringBytes) &&
             IsUtf8(*text);
    }
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl: {
      const auto* text = std::get_if<std::string>(&value.v);
      if (text == nullptr) return false;
      const Result<std::string> canonical = CanonicalText(t.kind, *text);
      return canonical.has_value() && *canonical == *text;
    }
    case TypeKind::kEnum: {
      const auto* member = std::get_if<EnumMember>(&value.v);
      return member != nullptr &&
             std::ranges::count(program.enums[t.ref].members, member->name) == 1;
    }
    case TypeKind::kApprovers: {
      const auto* approvers = std::get_if<ApproverMask>(&value.v);
      return approvers != nullptr && ApproversOk(approvers->mask);
    }
    case TypeKind::kSet:
    case TypeKind::kList: {
      const auto* list = std::get_if<Value::List>(&value.v);
      return list != nullptr && list->size() <= most &&
             std::ranges::all_of(*list, [&](const Value& element) {
               return Conforms(element, t.element, depth + 1);
             });
    }
    case TypeKind::kMap: return MapConforms(value, t, depth);
    case TypeKind::kRecord: {
      const auto* record = std::get_if<Value::Record>(&value.v);
      return record != nullptr && RecordConforms(*record, program.records[t.ref], depth);
    }
    case TypeKind::kPattern: return HoldsTable(value, TableKind::kDfa);
    case TypeKind::kZone: return HoldsTable(value, TableKind::kZone);
    case TypeKind::kSchedule: return HoldsTable(value, TableKind::kSchedule);
    case TypeKind::kRate: return HoldsRate(value);
    case TypeKind::kJson: return false;  // of calls only: there is no constant of this type
  }
  return false;
}

}  // namespace verify

Result<void> Verify(const Program& program) {
  verify::Context context(program);
  if (verify::VerifyTypes(context) && verify::VerifyTables(context) &&
      verify::VerifyTools(context) && verify::VerifyShapes(context) &&
      verify::VerifyPolicies(context)) {
    return {};
  }
  return std::unexpected(std::move(context.error));
}

}  // namespace cap
