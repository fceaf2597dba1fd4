#include "runtime/engine/value_bytes.h"

#include <cstdint>
#include <cstring>

namespace cap::engine {
namespace {

void AppendWord(uint64_t word, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
}
void AppendText(std::string_view text, std::string& bytes) {
  AppendWord(text.size(), bytes);
  bytes.append(text);
}
uint64_t ReadWord(std::string_view bytes, size_t& at) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  at += sizeof word;
  return word;
}
std::string ReadText(std::string_view bytes, size_t& at) {
  const uint64_t length = ReadWord(bytes, at);
  at += length;
  return std::string(bytes.substr(at - length, length));
}

// The tags below are the alternatives' positions in Value.
template <size_t kIndex, typename T>
constexpr bool kStandsAt =
    std::is_same_v<std::variant_alternative_t<kIndex, decltype(Value::v)>, T>;
static_assert(kStandsAt<1, bool> && kStandsAt<2, int64_t> && kStandsAt<3, Money> &&
              kStandsAt<4, std::string> && kStandsAt<5, Instant> && kStandsAt<6, EnumMember> &&
              kStandsAt<7, ApproverMask> && kStandsAt<8, Value::List> &&
              kStandsAt<9, Value::Record> && kStandsAt<10, Duration> && kStandsAt<11, Decimal> &&
              kStandsAt<13, Date> && kStandsAt<15, Rate>);

}  // namespace

void AppendValue(const Value& value, std::string& bytes) {
  bytes.push_back(static_cast<char>(value.v.index()));
  if (const auto* flag = std::get_if<bool>(&value.v)) AppendWord(*flag ? 1 : 0, bytes);
  if (const auto* number = std::get_if<int64_t>(&value.v)) {
    AppendWord(static_cast<uint64_t>(*number), bytes);
  }
  if (const auto* money = std::get_if<Money>(&value.v)) {
    AppendWord(static_cast<uint64_t>(money->minor_units), bytes);
    AppendWord(money->currency, bytes);
  }
  if (const auto* text = std::get_if<std::string>(&value.v)) AppendText(*text, bytes);
  if (const auto* instant = std::get_if<Instant>(&value.v)) {
    AppendWord(static_cast<uint64_t>(instant->us), bytes);
  }
  if (const auto* duration = std::get_if<Duration>(&value.v)) {
    AppendWord(static_cast<uint64_t>(duration->us), bytes);
  }
  if (const auto* date = std::get_if<Date>(&value.v)) {
    AppendWord(static_cast<uint64_t>(date->days), bytes);
  }
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    AppendWord(decimal->low, bytes);
    AppendWord(decimal->high, bytes);
    AppendWord(decimal->scale, bytes);
  }
  if (const auto* rate = std::get_if<Rate>(&value.v)) {
    AppendWord(static_cast<uint64_t>(rate->count), bytes);
    AppendWord(static_cast<uint64_t>(rate->period_us), bytes);
  }
  if (const auto* member = std::get_if<EnumMember>(&value.v)) AppendText(member->name, bytes);
  if (const auto* mask = std::get_if<ApproverMask>(&value.v)) AppendWord(mask->mask, bytes);
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    AppendWord(list->size(), bytes);
    for (const Value& element : *list) AppendValue(element, bytes);
  }
  if (const auto* record = std::get_if<Value::Record>(&value.v)) {  // the row of a map
    AppendWord(record->size(), bytes);
    for (const Field& field : *record) {
      AppendText(field.name, bytes);
      AppendValue(field.value, bytes);
    }
  }
}

Value ReadValue(std::string_view bytes, size_t& at) {
  Value value;
  switch (static_cast<uint8_t>(bytes[at++])) {
    case 1: value.v = ReadWord(bytes, at) != 0; break;
    case 2: value.v = static_cast<int64_t>(ReadWord(bytes, at)); break;
    case 3: {
      const auto units = static_cast<int64_t>(ReadWord(bytes, at));
      value.v = Money{units, static_cast<uint32_t>(ReadWord(bytes, at))};
      break;
    }
    case 4: value.v = ReadText(bytes, at); break;
    case 5: value.v = Instant{static_cast<int64_t>(ReadWord(bytes, at))}; break;
    case 6: value.v = EnumMember{ReadText(bytes, at)}; break;
    case 7: value.v = ApproverMask{ReadWord(bytes, at)}; break;
    case 8: {
      Value::List list;
      for (uint64_t left = ReadWord(bytes, at); left > 0; --left) {
        list.push_back(ReadValue(bytes, at));
      }
      value.v = std::move(list);
      break;
    }
    case 9: {
      Value::Record record;
      for (uint64_t left = ReadWord(bytes, at); left > 0; --left) {
        std::string name = ReadText(bytes, at);
        record.push_back({std::move(name), ReadValue(bytes, at)});
      }
      value.v = std::move(record);
      break;
    }
    case 10: value.v = Duration{static_cast<int64_t>(ReadWord(bytes, at))}; break;
    case 11: {
      const uint64_t low = ReadWord(bytes, at);
      const uint64_t high = ReadWord(bytes, at);
      value.v = Decimal{low, high, static_cast<uint32_t>(ReadWord(bytes, at))};
      break;
    }
    case 15: {
      const auto count = static_cast<int64_t>(ReadWord(bytes, at));
      value.v = Rate{count, static_cast<int64_t>(ReadWord(bytes, at))};
      break;
    }
    case 13: value.v = Date{static_cast<int64_t>(ReadWord(bytes, at))}; break;
    default: break;
  }
  return value;
}

}  // namespace cap::engine
