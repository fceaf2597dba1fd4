#include "compiler/prove/json.h"

#include <fmt/format.h>

#include <charconv>

#include "compiler/prove/bounds.h"
#include "runtime/program/layout.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/text.h"
#include "runtime/value/zone.h"

namespace cap::prove {

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string ModelReader::Digits(const Expr& expr) const {
  const Expr value = model_.eval(expr, true);
  return value.is_numeral() ? Z3_get_numeral_string(value.ctx(), value) : std::string();
}

std::optional<int64_t> ModelReader::Word(const Expr& expr) const {
  const std::string digits = Digits(expr);
  int64_t word = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), word);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return word;
}

std::optional<std::string> ModelReader::Money(const Type& type, const Sym& value) const {
  const std::optional<int64_t> units = Word(value.word);
  const std::optional<int64_t> id = Word(value.extra);
  if (!units || !id) return std::nullopt;
  const Currency* currency = FindCurrency(static_cast<uint32_t>(*id));
  if (currency == nullptr) return std::nullopt;
  const std::string amount = type.minor ? std::to_string(*units)
                                        : FormatAmount({*units, currency->id});
  if (type.form != MoneyForm::kObject) return amount;
  return fmt::format(R"({{"amount":{},"currency":"{}"}})", amount, currency->code);
}

std::optional<std::string> ModelReader::Decimal(const Type& type, const Sym& value) const {
  const std::string digits = Digits(value.word);
  if (digits.empty()) return std::nullopt;
  const bool negative = digits[0] == '-';
  Coefficient coefficient = 0;
  for (const char c : digits.substr(negative ? 1 : 0)) {
    coefficient = coefficient * 10 + (c - '0');
    if (coefficient < 0) return std::nullopt;  // more than a request can say
  }
  return FormatDecimal(MakeDecimal(negative ? -coefficient : coefficient, type.ref));
}

std::optional<std::string> ModelReader::Scalar(const Program& program, const Type& type,
                                               const Sym& value) {
  if (type.kind == TypeKind::kBool) return Holds(value.yes) ? "true" : "false";
  if (type.kind == TypeKind::kMoney) return Money(type, value);
  if (type.kind == TypeKind::kDecimal) return Decimal(type, value);
  if (type.kind == TypeKind::kString || type.kind == TypeKind::kEmail) {
    const std::optional<std::string> text = world_.texts().Concrete(model_, value.word);
    return text ? std::optional(JsonText(*text)) : std::nullopt;
  }
  if (type.kind == TypeKind::kJson) return "0";  // any will do: no rule reads it
  if (IsCanonicalKind(type.kind)) return Place(type, value);
  if (value.kind != ValueClass::kWord) return std::nullopt;
  const std::optional<int64_t> word = Word(value.word);
  if (!word) return std::nullopt;
  if (type.kind == TypeKind::kInt) return std::to_string(*word);
  if (type.kind == TypeKind::kEnum) {
    return JsonText(program.enums[type.ref].members[static_cast<size_t>(*word)]);
  }
  if (type.kind == TypeKind::kDate) {
    const std::string text = FormatDate({*word});
    return ParseDate(text) ? std::optional(JsonText(text)) : std::nullopt;
  }
  if (type.kind == TypeKind::kInstant && type.ref != kNone) {  // the wire has no offset
    const std::optional<int64_t> local = zone::LocalOf(program.tables[type.ref].words, *word);
    if (!local) return std::nullopt;
    const std::string text = FormatInstant({*local});
    return JsonText(text.substr(0, text.size() - 1));
  }
  if (type.kind == TypeKind::kInstant) {
    const std::string text = FormatInstant({*word});
    return ParseInstant(text) ? std::optional(JsonText(text)) : std::nullopt;
  }
  if (type.kind == TypeKind::kDuration) {
    const std::string text = FormatDuration({*word});
    return ParseDuration(text) ? std::optional(JsonText(text)) : std::nullopt;
  }
  return std::nullopt;
}

// What the model says where it can be one, else the plainest: the trial shows whether it will do.
std::optional<std::string> ModelReader::Place(const Type& type, const Sym& value) {
  const std::optional<std::string> text = world_.texts().Concrete(model_, value.word);
  if (text && CanonicalText(type.kind, *text)) return JsonText(*text);
  if (type.kind == TypeKind::kPath) return JsonText("/a");
  if (type.kind == TypeKind::kIp) return JsonText("10.0.0.1");
  if (type.kind == TypeKind::kCidr) return JsonText("10.0.0.0/8");
  return JsonText("https://a.example/");
}

std::optional<std::string> ModelReader::List(const Program& program, const Type& type,
                                             const Sym& value) {
  std::string out = "[";
  const auto add = [&](const std::string& item) { out += (out.size() > 1 ? "," : "") + item; };
  if (value.kind == ValueClass::kMask) {
    const std::vector<std::string>& names =
        program.enums[program.types[type.element].ref].members;
    for (size_t i = 0; i < value.members.size(); ++i) {
      if (Holds(value.members[i])) add(JsonText(names[i]));
    }
    return out + "]";
  }
  if (value.list == nullptr) return std::nullopt;
  const std::optional<int64_t> size = Word(value.list->size);
  if (!size || *size > int64_t{bounds::kWritten}) return std::nullopt;
  int64_t written = 0;
  std::string last;
  for (const Element& element : value.list->elements) {
    if (!Holds(element.there)) continue;
    std::span<const Cell> cells = element.cells;
    const std::optional<std::string> item = Json(program, type.element, cells);
    if (!item) return std::nullopt;
    add(*item);
    last = *item;
    ++written;
  }
  if (written == 0 && *size > 0) return std::nullopt;
  for (; written < *size; ++written) add(last);
  return out + "]";
}

/// Without the rows that are not shown: a key that stood twice would be refused.
std::optional<std::string> ModelReader::Map(const Program& program, const Type& type,
                                            const Sym& value) {
  std::string out = "{";
  for (const Element& element : value.list->elements) {
    if (!Holds(element.there)) continue;
    std::span<const Cell> cells = std::span<const Cell>(element.cells).subspan(kRowKeySlot);
    const TypeIndex key_type = ElementLeafType(program, type.element, kRowKeySlot);
    const TypeIndex value_type = ElementLeafType(program, type.element, kRowValueSlot);
    std::optional<std::string> key = Json(program, key_type, cells);
    const std::optional<std::string> of = Json(program, value_type, cells);
    if (!key || !of) return std::nullopt;
    if (!key->starts_with('"')) *key = JsonText(*key);
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", *key, *of);
  }
  return out + "}";
}

std::optional<std::string> ModelReader::Record(const Program& program, const RecordType& record,
                                               std::span<const Cell>& cells) {
  std::string out = "{";
  for (const RecordField& field : record.fields) {
    const uint32_t slots = SlotsOf(program, field.type);
    if (Holds(cells[0].present)) {
      std::span<const Cell> own = cells;
      const std::optional<std::string> value = Json(program, field.type, own);
      if (!value) return std::nullopt;
      out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", JsonText(field.name), *value);
    } else if (Holds(cells[0].null)) {
      out += fmt::format("{}{}:null", out.size() > 1 ? "," : "", JsonText(field.name));
    }
    cells = cells.subspan(slots);
  }
  return out + "}";
}

std::optional<std::string> ModelReader::Json(const Program& program, TypeIndex type,
                                             std::span<const Cell>& cells) {
  const Type& t = program.types[type];
  const Sym& value = cells[0].value;
  cells = cells.subspan(1);
  if (t.kind == TypeKind::kRecord) return Record(program, program.records[t.ref], cells);
  if (t.kind == TypeKind::kSet || t.kind == TypeKind::kList) return List(program, t, value);
  if (t.kind == TypeKind::kMap) return Map(program, t, value);
  return Scalar(program, t, value);
}

}  // namespace cap::prove
