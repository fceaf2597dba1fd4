#include "runtime/frame/canonical.h"

#include <sodium.h>

#include <algorithm>

#include "runtime/frame/cbor.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/text.h"

namespace cap {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string EncodedKey(std::string_view name) {
  std::string key;
  cbor::AppendText(name, key);
  return key;
}

/// Walks a value beside its type. Values have passed Encode(), which bounds their depth.
class Canonical {
 public:
  explicit Canonical(const Program& program) : program_(program) {}

  void Append(TypeIndex type, const Value& value, std::string& out) const {
    std::visit([&](const auto& v) { One(program_.types[type], v, out); }, value.v);
  }

 private:
  void One(const Type&, std::monostate, std::string& out) const { cbor::AppendNull(out); }
  void One(const Type&, bool value, std::string& out) const { cbor::AppendBool(value, out); }
  void One(const Type&, int64_t value, std::string& out) const { cbor::AppendInt(value, out); }
  void One(const Type&, const Money& value, std::string& out) const {
    const Currency* currency = FindCurrency(value.currency);
    cbor::AppendHead(cbor::Major::kArray, 2, out);
    cbor::AppendText(currency == nullptr ? "" : currency->code, out);
    cbor::AppendInt(value.minor_units, out);
  }
  void One(const Type& type, const std::string& value, std::string& out) const {
    cbor::AppendText(CanonicalText(type.kind, value).value_or(value), out);
  }
  void One(const Type&, const Instant& value, std::string& out) const {
    cbor::AppendHead(cbor::Major::kMap, 1, out);
    cbor::AppendInt(0, out);
    cbor::AppendInt(value.us, out);
  }
  void One(const Type&, const Duration& value, std::string& out) const {
    cbor::AppendHead(cbor::Major::kMap, 1, out);
    cbor::AppendInt(1, out);
    cbor::AppendInt(value.us, out);
  }
  void One(const Type&, const Date& value, std::string& out) const {
    cbor::AppendHead(cbor::Major::kMap, 1, out);
    cbor::AppendInt(3, out);
    cbor::AppendInt(value.days, out);
  }
  void One(const Type&, const Decimal& value, std::string& out) const {
    cbor::AppendHead(cbor::Major::kMap, 1, out);
    cbor::AppendInt(2, out);
    cbor::AppendText(FormatShortest(value), out);
  }
  void One(const Type&, const Json& value, std::string& out) const { out += value.cbor; }
  void One(const Type&, const EnumMember& value, std::string& out) const {
    cbor::AppendText(value.name, out);
  }
  void One(const Type&, const ApproverMask& value, std::string& out) const {
    cbor::AppendInt(static_cast<int64_t>(value.mask), out);
  }
  void One(const Type&, const TableRef& value, std::string& out) const {
    cbor::AppendInt(value.index, out);  // never: no argument is a table
  }
  void One(const Type&, const Rate& value, std::string& out) const {
    cbor::AppendInt(value.count, out);  // never: no argument is a rate
  }
  /// The text that a key is in JSON.
  static std::string KeyText(TypeKind kind, const Value& key) {
    if (const auto* number = std::get_if<int64_t>(&key.v)) return std::to_string(*number);
    if (const auto* date = std::get_if<Date>(&key.v)) return FormatDate(*date);
    if (const auto* member = std::get_if<EnumMember>(&key.v)) return member->name;
    const auto& text = std::get<std::string>(key.v);
    return CanonicalText(kind, text).value_or(text);
  }
  void Map(const Type& type, const Value::List& rows, std::string& out) const {
    const RecordType& row = program_.records[program_.types[type.element].ref];
    Entries entries;
    for (const Value& each : rows) {
      const auto& fields = std::get<Value::Record>(each.v);
      const Value& key = std::ranges::find(fields, kRowKey, &Field::name)->value;
      const Value& value = std::ranges::find(fields, kRowValue, &Field::name)->value;
      std::string encoded;
      Append(row.fields[1].type, value, encoded);
      entries.emplace_back(EncodedKey(KeyText(program_.types[row.fields[0].type].kind, key)),
                           std::move(encoded));
    }
    cbor::AppendMap(std::move(entries), out);
  }
  void One(const Type& type, const Value::List& value, std::string& out) const {
    if (type.kind == TypeKind::kMap) return Map(type, value, out);
    std::vector<std::string> elements(value.size());
    for (size_t i = 0; i < value.size(); ++i) Append(type.element, value[i], elements[i]);
    if (type.kind == TypeKind::kSet) {
      std::ranges::sort(elements);
      elements.erase(std::ranges::unique(elements).begin(), elements.end());
    }
    cbor::AppendHead(cbor::Major::kArray, elements.size(), out);
    for (const std::string& element : elements) out += element;
  }
  void One(const Type& type, const Value::Record& value, std::string& out) const {
    Entries entries;
    const std::vector<RecordField>& fields = program_.records[type.ref].fields;
    for (const RecordField& declared : fields) {
      const auto it = std::ranges::find(value, declared.name, &Field::name);
      if (it == value.end()) continue;
      std::string encoded;
      Append(declared.type, it->value, encoded);
      entries.emplace_back(EncodedKey(declared.name), std::move(encoded));
    }
    for (const Field& given : value) {  // the rest of an open record
      if (std::ranges::find(fields, given.name, &RecordField::name) != fields.end()) continue;
      std::string encoded;
      std::visit([&](const auto& v) { One(type, v, encoded); }, given.value.v);
      entries.emplace_back(EncodedKey(given.name), std::move(encoded));
    }
    cbor::AppendMap(std::move(entries), out);
  }

  const Program& program_;
};

}  // namespace

std::string CanonicalArguments(const Program& program,
                               const std::vector<CanonicalArgument>& arguments) {
  const Canonical canonical(program);
  Entries entries;
  entries.reserve(arguments.size());
  for (const CanonicalArgument& argument : arguments) {
    std::string encoded;
    canonical.Append(argument.type, *argument.value, encoded);
    entries.emplace_back(EncodedKey(argument.name), std::move(encoded));
  }
  std::string out;
  cbor::AppendMap(std::move(entries), out);
  return out;
}

std::array<uint8_t, 32> CallDigest(std::string_view tool, std::string_view subject,
                                   std::string_view canonical_arguments) {
  std::string preimage;
  cbor::AppendHead(cbor::Major::kArray, 4, preimage);
  cbor::AppendText("cap.call/1", preimage);
  cbor::AppendText(tool, preimage);
  cbor::AppendText(subject, preimage);
  cbor::AppendBytes(canonical_arguments, preimage);
  std::array<uint8_t, 32> digest{};
  static_assert(crypto_hash_sha256_BYTES == sizeof digest);
  crypto_hash_sha256(digest.data(), reinterpret_cast<const uint8_t*>(preimage.data()),
                     preimage.size());
  return digest;
}

}  // namespace cap
