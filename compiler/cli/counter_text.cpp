#include "compiler/cli/counter_text.h"

#include <fmt/format.h>

#include <charconv>

#include "compiler/diag/json_text.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

using diag::JsonQuote;
using state::CounterKind;
using state::CounterView;

std::string_view NameOf(CounterKind kind) {
  switch (kind) {
    case CounterKind::kRate:
      return "rate";
    case CounterKind::kRecent:
      return "recent";
    case CounterKind::kQuota:
      return "quota";
    case CounterKind::kTotal:
      return "total";
    case CounterKind::kGauge:
      return "gauge";
    case CounterKind::kAfter:
    case CounterKind::kNotAfter:
      return "history";
    case CounterKind::kBreaker:
      return "breaker";
  }
  return "counter";
}

std::string Quantity(const CounterView& counter, int64_t amount) {
  const uint16_t currency = state::CurrencyOf(counter.unit);
  if (currency == 0) return std::to_string(amount);
  return FormatMoney({.minor_units = amount, .currency = currency});
}

bool HasLimit(CounterKind kind) {
  return kind != CounterKind::kAfter && kind != CounterKind::kNotAfter;
}

std::string Time(int64_t us) { return FormatInstant(Instant{us}); }

}  // namespace

std::string HexOf(const state::CounterId& id) {
  return fmt::format("{:016x}{:016x}", id.high, id.low);
}

std::optional<state::OperationId> OperationOfHex(std::string_view hex) {
  state::OperationId id;
  if (hex.size() != 32) return std::nullopt;
  const auto read = [&](size_t at, uint64_t& part) {
    const char* end = hex.data() + at + 16;
    const auto [stop, error] = std::from_chars(hex.data() + at, end, part, 16);
    return error == std::errc() && stop == end;
  };
  if (!read(0, id.high) || !read(16, id.low)) return std::nullopt;
  return id;
}

std::string ToText(const CounterView& counter) {
  std::string name = counter.policy;
  if (!counter.limit.empty()) name += (name.empty() ? "" : " ") + counter.limit;
  if (!counter.constraint.empty()) name += "." + counter.constraint;
  if (name.empty()) name = HexOf(counter.id);
  std::string text = fmt::format("{} {}", OneLine(name), NameOf(counter.kind));
  if (!counter.key.empty()) text += " for " + OneLine(counter.key);
  text += ": ";
  if (HasLimit(counter.kind)) {
    text += fmt::format("{} of {}", Quantity(counter, counter.used),
                        Quantity(counter, counter.limit_value));
  }
  if (counter.kind == CounterKind::kQuota) text += ", until " + Time(counter.end_us);
  if (counter.last_us != 0) {
    text += fmt::format("{}last at {}", HasLimit(counter.kind) ? ", " : "", Time(counter.last_us));
  }
  return text + "\n";
}

std::string ToJsonLine(const CounterView& counter) {
  const bool periodic = counter.kind == CounterKind::kQuota;
  return fmt::format(
      R"({{"id":"{}","kind":"{}","policy":{},"limit":{},"constraint":{},"key":{},)"
      R"("unit":{},"used":{},"limit_value":{},"begin":{},"end":{},"last":{}}})"
      "\n",
      HexOf(counter.id), NameOf(counter.kind), JsonQuote(counter.policy), JsonQuote(counter.limit),
      JsonQuote(counter.constraint), JsonQuote(counter.key),
      state::CurrencyOf(counter.unit), counter.used, counter.limit_value,
      periodic ? JsonQuote(Time(counter.begin_us)) : "null",
      periodic ? JsonQuote(Time(counter.end_us)) : "null",
      counter.last_us == 0 ? "null" : JsonQuote(Time(counter.last_us)));
}

}  // namespace cap::cli
