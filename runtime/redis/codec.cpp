#include "runtime/redis/codec.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "runtime/base/limits.h"

namespace cap::redis {
namespace {

// reserve.lua counts the holds of a gauge by itself, and knows the kinds by their numbers.
static_assert(limits::kHolds == 4'096);
static_assert(static_cast<int>(state::CounterKind::kRate) == 0 &&
              static_cast<int>(state::CounterKind::kAfter) == 5 &&
              static_cast<int>(state::CounterKind::kBreaker) == 7);
static_assert(static_cast<int>(state::CounterClass::kRate) == 1 &&
              static_cast<int>(state::CounterClass::kBreaker) == 7);
// Sums of two times are whole numbers in a double.
static_assert(limits::kTimeUs <= int64_t{1} << 52);

constexpr char kDigits[] = "0123456789abcdef";

void AppendHex(std::string& to, uint64_t word) {
  for (int shift = 60; shift >= 0; shift -= 4) to += kDigits[word >> shift & 15];
}

void AppendNumber(std::string& to, int64_t number) {
  char digits[24];
  to.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

bool ParseWord(std::string_view hex, uint64_t& word) {
  const auto [stopped, error] = std::from_chars(hex.data(), hex.data() + hex.size(), word, 16);
  return error == std::errc() && stopped == hex.data() + hex.size();
}

/// The text up to `end`, which is taken off `rest`.
std::optional<std::string_view> Cut(std::string_view& rest, char end) {
  const size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return part;
}

bool CutInt(std::string_view& rest, char end, int64_t& number) {
  const auto part = Cut(rest, end);
  if (!part) return false;
  const auto parsed = ParseInt(*part);
  if (!parsed || *parsed < 0) return false;
  number = *parsed;
  return true;
}

std::string FreeText(std::span<const uint16_t> free) {
  std::string text;
  for (size_t group = 0; group < free.size(); ++group) {
    if (free[group] == state::kNoFree) continue;
    if (text.empty()) text = ",";
    AppendNumber(text, static_cast<int64_t>(group));
    text += ':';
    AppendNumber(text, free[group]);
    text += ',';
  }
  return text;
}

std::string StampsText(std::span<const state::Stamp> stamps) {
  std::string text;
  for (const state::Stamp& stamp : stamps) {
    AppendHex(text, stamp.id.high);
    AppendHex(text, stamp.id.low);
    text += ' ';
    AppendNumber(text, stamp.keep_us);
    text += ';';
  }
  return text;
}

}  // namespace

void Words::Add(std::string_view word) {
  bytes += '$';
  AppendNumber(bytes, static_cast<int64_t>(word.size()));
  bytes += "\r\n";
  bytes += word;
  bytes += "\r\n";
  ++count;
}

void Words::Add(int64_t number) {
  char digits[24];
  const char* end = std::to_chars(digits, std::end(digits), number).ptr;
  Add(std::string_view(digits, static_cast<size_t>(end - digits)));
}

std::string Hex(uint64_t high, uint64_t low) {
  std::string text;
  text.reserve(32);
  AppendHex(text, high);
  AppendHex(text, low);
  return text;
}

std::optional<state::CounterId> ParseId(std::string_view hex) {
  state::CounterId id;
  if (hex.size() != 32 || !ParseWord(hex.substr(0, 16), id.high) ||
      !ParseWord(hex.substr(16), id.low)) {
    return std::nullopt;
  }
  return id;
}

std::string Hex(const std::array<uint8_t, 16>& key) {
  std::string text;
  for (const uint8_t byte : key) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::array<uint8_t, 16>> ParseKey(std::string_view hex) {
  std::array<uint8_t, 16> key;
  if (hex.size() != 2 * key.size()) return std::nullopt;
  for (size_t i = 0; i < key.size(); ++i) {
    uint64_t byte = 0;
    if (!ParseWord(hex.substr(2 * i, 2), byte)) return std::nullopt;
    key[i] = static_cast<uint8_t>(byte);
  }
  return key;
}

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

Numbered NumberCounters(std::span<const state::Charge> charges) {
  Numbered numbered;
  numbered.number.resize(charges.size());
  std::array<uint16_t, limits::kCharges> order;
  state::ChargedCounters merged;
  state::MergeCounters(charges, {order.data(), charges.size()}, merged);
  for (size_t i = 0; i < charges.size(); ++i) {
    if (merged.first[i] != i) continue;  // a later charge of a counter that has its number
    numbered.number[i] = static_cast<uint16_t>(numbered.first.size());
    numbered.first.push_back(static_cast<uint16_t>(i));
  }
  for (size_t i = 0; i < charges.size(); ++i) {
    numbered.number[i] = numbered.number[merged.first[i]];
  }
  return numbered;
}

Words ReserveArguments(const state::ReserveRequest& request, const Numbered& numbered,
                       std::string_view mode, bool names) {
  const bool named = names && !request.names.empty();
  const bool kept = !(request.operation == state::kNoOperation);
  const int64_t grace_ms = limits::kSweepGraceUs / 1000;
  Words words;
  words.bytes.reserve(256 + 128 * request.charges.size());
  words.Add(request.now_us);
  words.Add(mode);
  words.Add(kept ? "1" : "0");
  words.Add(Hex(0, state::FingerprintOf(request)).substr(16));
  words.Add(grace_ms);
  words.Add(limits::kOperationKeepUs / 1000 + grace_ms);
  words.Add(FreeText(request.free));
  words.Add(StampsText(request.stamps));
  words.Add(named ? "1" : "0");
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const state::Charge& charge = request.charges[i];
    words.Add(int64_t{numbered.number[i]} + 1);
    words.Add(static_cast<int64_t>(charge.kind));
    words.Add(int64_t{charge.unit});
    words.Add(int64_t{charge.group});
    words.Add(int64_t{charge.alternative});
    words.Add(charge.amount);
    words.Add(charge.limit);
    words.Add(charge.span_us);
    words.Add(charge.begin_us);
    words.Add(charge.end_us);
  }
  for (size_t i = 0; named && i < numbered.first.size(); ++i) {
    words.Add(NameOf(request.names[numbered.first[i]]));
  }
  return words;
}

std::optional<Named> ParseCounter(std::string_view text) {
  int64_t of = 0, unit = 0, last = 0, value = 0, begin = 0, end = 0, limit = 0, born = 0;
  if (!CutInt(text, ' ', of) || of < 1 ||
      of > static_cast<int64_t>(state::CounterClass::kBreaker) || !CutInt(text, ' ', unit) ||
      unit > UINT16_MAX || !CutInt(text, ' ', last) || !CutInt(text, ' ', value) ||
      !CutInt(text, ' ', begin) || !CutInt(text, ' ', end) || !CutInt(text, ' ', limit) ||
      !CutInt(text, ' ', born)) {
    return std::nullopt;
  }
  auto entries = Cut(text, '\n');
  if (!entries) return std::nullopt;
  Named named{.counter = {}, .name = text};
  state::Counter& counter = named.counter;
  counter.Begin(static_cast<state::CounterClass>(of), static_cast<uint16_t>(unit));
  counter.last_us = last;
  counter.value = value;
  counter.end_us = end;
  counter.limit = limit;
  if (!counter.has_entries()) {
    counter.begin_us() = begin;
    return named;
  }
  while (!entries->empty()) {
    state::Entry entry;
    if (!CutInt(*entries, ':', entry.end_us) || !CutInt(*entries, ',', entry.amount)) {
      return std::nullopt;
    }
    counter.entries().Insert(entry);
  }
  return named;
}

std::string NameOf(const state::CounterName& name) {
  std::string text;
  for (const std::string_view part : {name.policy, name.limit, name.constraint, name.key}) {
    text += part;
    text += '\0';
  }
  return text;
}

void SetNames(std::string_view name, state::CounterView& view) {
  for (std::string* part : {&view.policy, &view.limit, &view.constraint, &view.key}) {
    const auto text = Cut(name, '\0');
    if (!text) return;
    *part = *text;
  }
}

}  // namespace cap::redis
