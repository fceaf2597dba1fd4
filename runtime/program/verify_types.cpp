// Files, types, enums, records, values, approvers, purposes, bound values: what stands alone.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/layout.h"
#include "runtime/program/verify_context.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/text.h"

namespace cap::verify {
namespace {

// An instruction names its type in 16 bits.
constexpr size_t kTypes = 65'536;

bool VerifyNames(Context& context, std::string_view table, const std::vector<std::string>& names) {
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || !IsUtf8(names[i])) {
      return context.Fail(fmt::format("{}[{}]", table, i), "the name is empty or not UTF-8");
    }
    if (!seen.insert(names[i]).second) {
      return context.Fail(fmt::format("{}[{}]", table, i), "the name stands there twice");
    }
  }
  return true;
}

bool IsSetElement(const Type& element) {
  return element.kind == TypeKind::kInt || element.kind == TypeKind::kInstant ||
         element.kind == TypeKind::kDuration || element.kind == TypeKind::kDate ||
         element.kind == TypeKind::kEnum || element.kind == TypeKind::kDecimal ||
         IsTextKind(element.kind);
}

/// The element of a map is a record of a key and a value, both there in every row. Records have
/// been seen.
bool VerifyMap(Context& context, const Type& type, const std::string& where) {
  const Type& element = context.TypeAt(type.element);
  if (element.kind != TypeKind::kRecord) return context.Fail(where, "a map has no rows");
  const RecordType& row = context.program.records[element.ref];
  const bool pair = row.fields.size() == 2 && !row.open && row.fields[0].name == kRowKey &&
                    row.fields[1].name == kRowValue;
  const auto whole = [](const RecordField& field) {
    return !field.optional && field.currency_field == kNone;
  };
  if (!pair || !std::ranges::all_of(row.fields, whole)) {
    return context.Fail(where, "the rows of a map are no pairs");
  }
  const TypeKind key = context.TypeAt(row.fields[0].type).kind;
  return IsTextKind(key) || key == TypeKind::kEnum || key == TypeKind::kInt ||
         key == TypeKind::kDate ||
         context.Fail(where, "a key is a text, a member of an enum, an int or a date");
}

bool VerifyCollection(Context& context, const Type& type, const std::string& where) {
  if (type.element >= context.program.types.size()) {
    return context.Fail(where, "there is no such element type");
  }
  const Type& element = context.TypeAt(type.element);
  if (element.kind == TypeKind::kApprovers || IsWritten(element.kind)) {
    return context.Fail(where, "approvers, tables and rates cannot be elements");
  }
  if (element.kind == TypeKind::kMoney && element.form == MoneyForm::kSibling) {
    return context.Fail(where, "an element has no sibling that could name its currency");
  }
  if (type.kind == TypeKind::kSet && !IsSetElement(element)) {
    return context.Fail(where, "a set cannot hold elements of this type");
  }
  if (type.max > limits::kElementsMax) return context.Fail(where, "too many elements");
  return true;
}

bool VerifyType(Context& context, size_t index) {
  const Program& program = context.program;
  const Type& type = program.types[index];
  const std::string where = fmt::format("types[{}]", index);
  if (type.kind > kLastTypeKind || type.form > MoneyForm::kSibling) {
    return context.Fail(where, "there is no such kind");
  }
  if (type.is_signed && type.kind != TypeKind::kMoney) {
    return context.Fail(where, "only money is signed or not");
  }
  const bool collection = type.kind == TypeKind::kSet || type.kind == TypeKind::kList ||
                          type.kind == TypeKind::kMap;
  if (!collection && type.element != kNone) return context.Fail(where, "it has no elements");
  if (collection && !VerifyCollection(context, type, where)) return false;
  if (type.kind == TypeKind::kEnum) {
    if (type.ref >= program.enums.size()) return context.Fail(where, "there is no such enum");
  } else if (type.kind == TypeKind::kRecord) {
    if (type.ref >= program.records.size()) return context.Fail(where, "there is no such record");
  } else if (type.kind == TypeKind::kDecimal) {
    if (type.ref > limits::kDecimalScale) return context.Fail(where, "the scale is too large");
  } else if (type.kind == TypeKind::kInstant && type.ref != kNone) {
    const bool zone = type.ref < program.tables.size() &&
                      program.tables[type.ref].kind == TableKind::kZone;
    if (!zone) return context.Fail(where, "there is no such time zone");
  } else if (type.ref != kNone) {
    return context.Fail(where, "it refers to nothing");
  }
  if (type.kind == TypeKind::kString && type.max > limits::kStringBytesMax) {
    return context.Fail(where, "the string is too long");
  }
  if (type.kind == TypeKind::kJson && type.max > limits::kJsonBytesMax) {
    return context.Fail(where, "the json is too large");
  }
  const bool fixed = type.kind == TypeKind::kMoney && type.form == MoneyForm::kFixed;
  if (fixed ? FindCurrency(type.currency) == nullptr : type.currency != 0) {
    return context.Fail(where, "the currency is missing, unknown or unwanted");
  }
  return true;
}

bool VerifyEnums(Context& context) {
  for (size_t i = 0; i < context.program.enums.size(); ++i) {
    const EnumType& type = context.program.enums[i];
    const std::string where = fmt::format("enums[{}]", i);
    if (type.members.empty() || type.members.size() > limits::kEnumMembers) {
      return context.Fail(where, "an enum has 1 to 64 members");
    }
    if (!IsUtf8(type.name)) return context.Fail(where, "the name is not UTF-8");
    if (!VerifyNames(context, where + ".members", type.members)) return false;
  }
  return true;
}

bool VerifyField(Context& context, const RecordType& record, size_t index, std::string where) {
  const RecordField& field = record.fields[index];
  if (field.type >= context.program.types.size()) {
    return context.Fail(std::move(where), "there is no such type");
  }
  const Type& type = context.TypeAt(field.type);
  if (type.kind == TypeKind::kApprovers || IsWritten(type.kind)) {
    return context.Fail(std::move(where), "approvers, tables and rates cannot be a field");
  }
  const bool sibling = type.kind == TypeKind::kMoney && type.form == MoneyForm::kSibling;
  if (sibling != (field.currency_field != kNone)) {
    return context.Fail(std::move(where), "the field of the currency is missing or unwanted");
  }
  if (!sibling) return true;
  if (field.currency_field >= record.fields.size()) {
    return context.Fail(std::move(where), "there is no such currency field");
  }
  const TypeIndex currency = record.fields[field.currency_field].type;
  if (currency >= context.program.types.size() ||
      (context.TypeAt(currency).kind != TypeKind::kString &&
       context.TypeAt(currency).kind != TypeKind::kEnum)) {
    return context.Fail(std::move(where), "a currency is named by a string or an enum");
  }
  return true;
}

bool VerifyRecords(Context& context) {
  for (size_t i = 0; i < context.program.records.size(); ++i) {
    const RecordType& record = context.program.records[i];
    if (!IsUtf8(record.name)) {
      return context.Fail(fmt::format("records[{}]", i), "the name is not UTF-8");
    }
    std::vector<std::string> names;
    for (size_t f = 0; f < record.fields.size(); ++f) {
      names.push_back(record.fields[f].name);
      if (!VerifyField(context, record, f, fmt::format("records[{}].fields[{}]", i, f))) {
        return false;
      }
    }
    if (!VerifyNames(context, fmt::format("records[{}].fields", i), names)) return false;
  }
  return true;
}

/// One step towards the depth of every type; whether something grew.
bool GrowDepths(const Program& program, std::vector<uint32_t>& types,
                std::vector<uint32_t>& records) {
  bool grew = false;
  const auto raise = [&grew](uint32_t& depth, uint32_t to) {
    if (depth < to) {
      depth = to;
      grew = true;
    }
  };
  for (size_t i = 0; i < types.size(); ++i) {
    const Type& type = program.types[i];
    if (type.element != kNone) raise(types[i], types[type.element] + 1);
    if (type.kind == TypeKind::kRecord) raise(types[i], records[type.ref] + 1);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    for (const RecordField& field : program.records[i].fields) {
      raise(records[i], types[field.type]);
    }
  }
  return grew;
}

/// No type contains itself, and none is nested deeper than a request's values may be. Depths that
/// still grow after that many rounds belong to a cycle or to something too deep.
bool VerifyDepth(Context& context) {
  std::vector<uint32_t> types(context.program.types.size(), 0);
  std::vector<uint32_t> records(context.program.records.size(), 0);
  for (uint32_t round = 0; round <= limits::kValueDepth; ++round) {
    if (!GrowDepths(context.program, types, records)) return true;
  }
  return context.Fail("types", "a type contains itself or is nested too deeply");
}

/// The presence mask of an element has 64 bits.
bool VerifyElements(Context& context) {
  for (size_t i = 0; i < context.program.types.size(); ++i) {
    const TypeIndex element = context.program.types[i].element;
    if (element != kNone && SlotsOf(context.program, element) > limits::kElementSlots) {
      return context.Fail(fmt::format("types[{}]", i), "its elements have too many fields");
    }
  }
  return true;
}

bool VerifyValue(Context& context, const Value& value, uint32_t depth) {
  if (depth > limits::kValueDepth) return context.Fail("values", "a value is nested too deeply");
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    if (list->size() > limits::kElementsMax) return context.Fail("values", "too many elements");
    for (const Value& element : *list) {
      if (!VerifyValue(context, element, depth + 1)) return false;
    }
  }
  if (const auto* record = std::get_if<Value::Record>(&value.v)) {
    for (const Field& field : *record) {
      if (!VerifyValue(context, field.value, depth + 1)) return false;
    }
  }
  return true;
}

bool VerifyHolders(Context& context) {
  const Program& program = context.program;
  if (program.approvers.size() > limits::kApprovers) {
    return context.Fail("approvers", "there are too many");
  }
  if (!VerifyNames(context, "approvers", program.approvers)) return false;
  std::vector<std::string> names;
  for (const PurposeDesc& purpose : program.purposes) {
    names.push_back(purpose.name);
    if (!IsUtf8(purpose.text)) return context.Fail("purposes", "a text is not UTF-8");
  }
  if (!VerifyNames(context, "purposes", names)) return false;
  names.clear();
  for (const BoundDesc& bound : program.bound) {
    const std::string where = fmt::format("bound[{}]", &bound - program.bound.data());
    if (bound.type >= program.types.size()) return context.Fail(where, "there is no such type");
    const Type& type = context.TypeAt(bound.type);
    if (type.kind == TypeKind::kMoney && type.form == MoneyForm::kSibling) {
      return context.Fail(where, "a bound value has no sibling that could name its currency");
    }
    if (IsWritten(type.kind)) {
      return context.Fail(where, "a bound value cannot be a table or a rate");
    }
    const Type& inner = type.element == kNone ? type : context.TypeAt(type.element);
    if (inner.kind == TypeKind::kJson) return context.Fail(where, "a json is never bound");
    if (bound.optional) return context.Fail(where, "a bound value is always required");
    if (bound.default_value != kNone &&
        (!bound.is_parameter() || !context.ValueConforms(bound.default_value, bound.type))) {
      return context.Fail(where, "the default does not fit, or belongs to no parameter");
    }
    if (bound.is_parameter() &&
        (bound.name.empty() || !IsUtf8(bound.name) || !IsUtf8(bound.policy))) {
      return context.Fail(where, "the name is empty, or not UTF-8");
    }
    if (!bound.is_parameter()) names.push_back(bound.name);
  }
  return VerifyNames(context, "bound", names);
}

}  // namespace

bool VerifyTypes(Context& context) {
  const Program& program = context.program;
  if (program.types.size() > kTypes) return context.Fail("types", "there are too many");
  for (const std::string& file : program.files) {
    if (!IsUtf8(file)) return context.Fail("files", "a name is not UTF-8");
  }
  for (size_t i = 0; i < program.types.size(); ++i) {
    if (!VerifyType(context, i)) return false;
  }
  if (!VerifyEnums(context) || !VerifyRecords(context) || !VerifyDepth(context)) return false;
  for (size_t i = 0; i < program.types.size(); ++i) {
    const Type& type = program.types[i];
    if (type.kind == TypeKind::kMap && !VerifyMap(context, type, fmt::format("types[{}]", i))) {
      return false;
    }
  }
  if (!VerifyElements(context)) return false;
  for (const Value& value : program.values) {
    if (!VerifyValue(context, value, 0)) return false;
  }
  return VerifyHolders(context);
}

}  // namespace cap::verify
