#include "runtime/value/map.h"

namespace cap {

Value MapOf(std::vector<std::pair<Value, Value>> entries) {
  Value::List rows;
  rows.reserve(entries.size());
  for (auto& [key, value] : entries) {
    rows.push_back(Value{Value::Record{{std::string(kRowKey), std::move(key)},
                                       {std::string(kRowValue), std::move(value)}}});
  }
  return Value{std::move(rows)};
}

const Value& KeyOfRow(const Value& row) { return std::get<Value::Record>(row.v)[0].value; }
const Value& ValueOfRow(const Value& row) { return std::get<Value::Record>(row.v)[1].value; }

bool KeyLess(const Value& a, const Value& b) {
  if (a.v.index() != b.v.index()) return a.v.index() < b.v.index();
  if (const auto* text = std::get_if<std::string>(&a.v)) return *text < std::get<std::string>(b.v);
  if (const auto* word = std::get_if<int64_t>(&a.v)) return *word < std::get<int64_t>(b.v);
  if (const auto* date = std::get_if<Date>(&a.v)) return date->days < std::get<Date>(b.v).days;
  const auto* member = std::get_if<EnumMember>(&a.v);
  return member != nullptr && member->name < std::get<EnumMember>(b.v).name;
}

}  // namespace cap
