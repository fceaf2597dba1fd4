#include "runtime/frame/json_value.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/frame/describe.h"
#include "runtime/frame/encode.h"
#include "runtime/value/date.h"
#include "runtime/frame/opaque_reader.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/zone.h"

namespace cap {
namespace {

using Kind = JsonNode::Kind;

std::unexpected<Error> Bad(std::string message) { return Fail("bad-value", std::move(message)); }

/// A time of the zone's clock, which shows it exactly once.
Result<Instant> ParseLocalTime(std::string_view text, const Table& table) {
  const Result<int64_t> wall_us = ParseWallTime(text);
  if (!wall_us) return std::unexpected(wall_us.error());
  const zone::Found found = zone::InstantOf(table.words, *wall_us);
  switch (found.wall) {
    case zone::Wall::kOnce: return Instant{found.us};
    case zone::Wall::kNever: return Bad("the clocks of " + table.name + " skip it");
    case zone::Wall::kTwice: return Bad("the clocks of " + table.name + " show it twice");
    case zone::Wall::kUnknown: break;
  }
  return Bad("nothing is known of the clocks of " + table.name + " then");
}

/// Recursion goes down the type and the tree together; both are bounded.
class Reader {
 public:
  Reader(const Program& program, const JsonTree& tree, Rest rest)
      : program_(program), tree_(tree), rest_(rest) {}

  Result<Value> Read(const JsonNode& node, TypeIndex type, uint32_t currency) const;

 private:
  Result<Value> ReadInt(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadMoney(const JsonNode& node, TypeIndex type, uint32_t currency) const;
  Result<Value> ReadAmount(const JsonNode& node, TypeIndex type, uint32_t currency) const;
  Result<Value> ReadInstant(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadDuration(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadDate(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadDecimal(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadList(const JsonNode& node, TypeIndex type, uint32_t currency) const;
  Result<Value> ReadRecord(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadJson(const JsonNode& node) const;
  Result<Value> ReadMap(const JsonNode& node, TypeIndex type) const;
  Result<Value> ReadKey(std::string_view text, TypeIndex type) const;
  Result<void> ReadRest(const JsonNode& node, const RecordType& record,
                        Value::Record& fields) const;
  uint32_t SiblingCurrency(const JsonNode& object, const RecordType& record,
                           const RecordField& field) const;
  std::unexpected<Error> Mismatch(const JsonNode& node, TypeIndex type) const {
    return Bad(DescribeJson(node) + " is no " + DescribeType(program_, type));
  }

  const Program& program_;
  const JsonTree& tree_;
  Rest rest_;
};

Result<Value> Reader::Read(const JsonNode& node, TypeIndex type, uint32_t currency) const {
  switch (program_.types[type].kind) {
    case TypeKind::kBool:
      if (node.kind != Kind::kTrue && node.kind != Kind::kFalse) return Mismatch(node, type);
      return Value{node.kind == Kind::kTrue};
    case TypeKind::kInt: return ReadInt(node, type);
    case TypeKind::kMoney: return ReadMoney(node, type, currency);
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
      if (node.kind != Kind::kString) return Mismatch(node, type);
      return Value{std::string(node.text)};
    case TypeKind::kEnum:
      if (node.kind != Kind::kString) return Mismatch(node, type);
      return Value{EnumMember{std::string(node.text)}};
    case TypeKind::kInstant: return ReadInstant(node, type);
    case TypeKind::kDuration: return ReadDuration(node, type);
    case TypeKind::kDate: return ReadDate(node, type);
    case TypeKind::kDecimal: return ReadDecimal(node, type);
    case TypeKind::kSet:
    case TypeKind::kList: return ReadList(node, type, currency);
    case TypeKind::kRecord: return ReadRecord(node, type);
    case TypeKind::kJson: return ReadJson(node);
    case TypeKind::kMap: return ReadMap(node, type);
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate: break;  // of constants only
  }
  return Mismatch(node, type);
}

Result<Value> Reader::ReadInt(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kNumber) return Mismatch(node, type);
  int64_t value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [rest, error] = std::from_chars(node.text.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    return Bad(DescribeJson(node) + " is out of the range of 64 bits");
  }
  if (error != std::errc() || rest != end) {
    return Bad(DescribeJson(node) + " is not written as a whole number");
  }
  return Value{value};
}

Result<Value> Reader::ReadAmount(const JsonNode& node, TypeIndex type, uint32_t currency) const {
  if (node.kind != Kind::kNumber) return Mismatch(node, type);
  const Type& t = program_.types[type];
  const bool below = t.is_signed && node.text.starts_with('-');
  const std::string_view text = node.text.substr(below ? 1 : 0);
  const Result<int64_t> units = t.minor ? ParseMinorUnits(text) : ParseMoney(text, currency);
  if (!units) return Bad(DescribeJson(node) + " is no amount: " + units.error().message);
  return Value{Money{below ? -*units : *units, currency}};
}

Result<Value> Reader::ReadMoney(const JsonNode& node, TypeIndex type, uint32_t currency) const {
  const Type& t = program_.types[type];
  switch (t.form) {
    case MoneyForm::kFixed: return ReadAmount(node, type, t.currency);
    case MoneyForm::kSibling:
      if (currency == 0) return Bad(DescribeJson(node) + " has no known currency");
      return ReadAmount(node, type, currency);
    case MoneyForm::kObject: break;
  }
  if (node.kind != Kind::kObject) return Mismatch(node, type);
  const JsonNode* amount = tree_.Find(node, "amount");
  const JsonNode* code = tree_.Find(node, "currency");
  if (amount == nullptr || code == nullptr || node.count != 2 || code->kind != Kind::kString) {
    return Bad("money is written as an object with `amount` and `currency`, and nothing else");
  }
  const Currency* found = FindCurrency(code->text);
  if (found == nullptr) return Bad(DescribeJson(*code) + " is no currency");
  return ReadAmount(*amount, type, found->id);
}

Result<Value> Reader::ReadInstant(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kString) return Mismatch(node, type);
  const uint32_t zone = program_.types[type].ref;
  const Result<Instant> instant =
      zone == kNone ? ParseInstant(node.text) : ParseLocalTime(node.text, program_.tables[zone]);
  if (!instant) return Bad(DescribeJson(node) + " is no time: " + instant.error().message);
  return Value{*instant};
}

Result<Value> Reader::ReadDuration(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kString) return Mismatch(node, type);
  const Result<int64_t> us = ParseDuration(node.text);
  if (!us) return Bad(DescribeJson(node) + " is no duration: " + us.error().message);
  return Value{Duration{*us}};
}

Result<Value> Reader::ReadDate(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kString) return Mismatch(node, type);
  const Result<Date> date = ParseDate(node.text);
  if (!date) return Bad(DescribeJson(node) + " is no date: " + date.error().message);
  return Value{*date};
}

Result<Value> Reader::ReadDecimal(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kNumber) return Mismatch(node, type);
  const Result<Decimal> decimal = ParseDecimal(node.text, program_.types[type].ref);
  if (decimal) return Value{*decimal};
  return Bad(DescribeJson(node) + " is no " + DescribeType(program_, type) + ": " +
             decimal.error().message);
}

Result<Value> Reader::ReadList(const JsonNode& node, TypeIndex type, uint32_t currency) const {
  if (node.kind != Kind::kArray) return Mismatch(node, type);
  const Type& t = program_.types[type];
  const uint32_t most = t.max != 0 ? t.max : limits::kElements;
  if (node.count > most) {
    return Fail("oversize", std::to_string(node.count) + " elements, at most " +
                                std::to_string(most) + " are allowed");
  }
  Value::List list;
  list.reserve(node.count);
  for (const JsonNode* child = tree_.First(node); child != nullptr; child = tree_.Next(*child)) {
    Result<Value> element = Read(*child, t.element, currency);
    if (!element) {
      element.error().message =
          "element " + std::to_string(list.size()) + ": " + element.error().message;
      return element;
    }
    list.push_back(std::move(*element));
  }
  return Value{std::move(list)};
}

uint32_t Reader::SiblingCurrency(const JsonNode& object, const RecordType& record,
                                 const RecordField& field) const {
  if (field.currency_field == kNone) return 0;
  const JsonNode* code = tree_.Find(object, record.fields[field.currency_field].name);
  if (code == nullptr || code->kind != Kind::kString) return 0;
  const Currency* found = FindCurrency(code->text);
  return found == nullptr ? 0 : found->id;
}

Result<Value> Reader::ReadJson(const JsonNode& node) const {
  uint32_t nodes = 0;
  Result<Json> json = ReadOpaque(tree_, node, nodes);
  if (!json) return std::unexpected(std::move(json.error()));
  return Value{std::move(*json)};
}

/// A key stands as the name of a member: a text as it is, a number or a date in its one form.
Result<Value> Reader::ReadKey(std::string_view text, TypeIndex type) const {
  const TypeKind kind = program_.types[type].kind;
  if (kind == TypeKind::kEnum) return Value{EnumMember{std::string(text)}};
  if (kind == TypeKind::kDate) {
    const Result<Date> date = ParseDate(text);
    if (date) return Value{*date};
  } else if (kind == TypeKind::kInt) {
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && rest == end && std::to_string(value) == text) return Value{value};
  } else {
    return Value{std::string(text)};
  }
  return Bad("key " + QuoteCut(text) + " is no " + DescribeType(program_, type));
}

Result<Value> Reader::ReadMap(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kObject) return Mismatch(node, type);
  const Type& t = program_.types[type];
  const uint32_t most = t.max != 0 ? t.max : limits::kElements;
  if (node.count > most) {
    return Fail("oversize", std::to_string(node.count) + " keys, at most " +
                                std::to_string(most) + " are allowed");
  }
  const RecordType& row = program_.records[program_.types[t.element].ref];
  std::vector<std::pair<Value, Value>> entries;
  entries.reserve(node.count);
  for (const JsonNode* child = tree_.First(node); child != nullptr; child = tree_.Next(*child)) {
    Result<Value> key = ReadKey(child->key, row.fields[0].type);
    if (!key) return key;
    Result<Value> value = Read(*child, row.fields[1].type, 0);
    if (!value) {
      value.error().message = "key " + QuoteCut(child->key) + ": " + value.error().message;
      return value;
    }
    entries.emplace_back(std::move(*key), std::move(*value));
  }
  return MapOf(std::move(entries));
}

/// The fields of an open record that are not declared.
Result<void> Reader::ReadRest(const JsonNode& node, const RecordType& record,
                              Value::Record& fields) const {
  if (rest_ == Rest::kDrop) return {};
  uint32_t nodes = 0;
  for (const JsonNode* child = tree_.First(node); child != nullptr; child = tree_.Next(*child)) {
    if (std::ranges::find(record.fields, child->key, &RecordField::name) != record.fields.end()) {
      continue;
    }
    Result<Json> json = ReadOpaque(tree_, *child, nodes);
    if (!json) {
      json.error().message = "field " + QuoteCut(child->key) + ": " + json.error().message;
      return std::unexpected(std::move(json.error()));
    }
    fields.push_back({std::string(child->key), Value{std::move(*json)}});
  }
  return {};
}

Result<Value> Reader::ReadRecord(const JsonNode& node, TypeIndex type) const {
  if (node.kind != Kind::kObject) return Mismatch(node, type);
  const RecordType& record = program_.records[program_.types[type].ref];
  Value::Record fields;
  for (const RecordField& field : record.fields) {
    const JsonNode* given = tree_.Find(node, field.name);
    if (given == nullptr) continue;  // Encode() says whether it must be there
    if (given->kind == Kind::kNull) {
      fields.push_back({field.name, Value{}});
      continue;
    }
    Result<Value> value = Read(*given, field.type, SiblingCurrency(node, record, field));
    if (!value) {
      value.error().message = "field `" + field.name + "`: " + value.error().message;
      return value;
    }
    fields.push_back({field.name, std::move(*value)});
  }
  if (record.open) {
    Result<void> rest = ReadRest(node, record, fields);
    if (!rest) return std::unexpected(std::move(rest.error()));
    return Value{std::move(fields)};
  }
  if (fields.size() == node.count) return Value{std::move(fields)};
  for (const JsonNode* child = tree_.First(node); child != nullptr; child = tree_.Next(*child)) {
    if (std::ranges::find(record.fields, child->key, &RecordField::name) == record.fields.end()) {
      return Bad("field " + QuoteCut(child->key) + " is not declared");
    }
  }
  return Bad("a field stands twice");
}

}  // namespace

Result<Value> ReadJsonValue(const Program& program, const JsonTree& tree, const JsonNode& node,
                            TypeIndex type, uint32_t currency, Rest rest) {
  return Reader(program, tree, rest).Read(node, type, currency);
}

}  // namespace cap
