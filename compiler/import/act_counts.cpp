// What policies in YAML count, as std.quota does. Where the YAML leaves open how it counts, the
// reading that permits the least is taken, and said.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/import/act_words.h"
#include "compiler/import/act_writer.h"
#include "compiler/import/spelling.h"

namespace cap::importer {

namespace {

struct Named {
  std::string_view said;
  std::string_view meant;
};

/// Units as they are written → as Cap has them; the names of periods, too.
constexpr std::array<Named, 12> kUnits = {{{"s", "second"},
                                           {"sec", "second"},
                                           {"second", "second"},
                                           {"m", "minute"},
                                           {"min", "minute"},
                                           {"minute", "minute"},
                                           {"h", "hour"},
                                           {"hr", "hour"},
                                           {"hour", "hour"},
                                           {"1h", "hour"},
                                           {"d", "day"},
                                           {"day", "day"}}};
constexpr std::array<Named, 9> kPeriods = {{{"hour", "hour"},
                                            {"1h", "hour"},
                                            {"day", "day"},
                                            {"1d", "day"},
                                            {"week", "week"},
                                            {"1w", "week"},
                                            {"7d", "week"},
                                            {"month", "month"},
                                            {"total", "total"}}};
constexpr std::array<Named, 3> kCalendar = {
    {{"maxPerDay", "days"}, {"maxPerWeek", "weeks"}, {"maxPerMonth", "months"}}};

template <size_t n>
std::string_view Meant(const std::array<Named, n>& table, std::string_view said) {
  const auto row = std::ranges::find(table, said, &Named::said);
  return row == table.end() ? std::string_view() : row->meant;
}

std::string FieldOf(const ActValue& value, std::initializer_list<std::string_view> names) {
  for (const auto& [name, text] : value.fields) {
    if (std::ranges::find(names, name) != names.end()) return text;
  }
  return {};
}

}  // namespace

void ActWriter::Assume(const std::string& what, const std::string& why) {
  import_.assumed.push_back({where_, what, why});
}

/// The statement of a limit, if it says what was meant, or less, for sure.
std::optional<std::string> ActWriter::Counted(const ActConstraint& constraint, Action& action) {
  const std::string& name = constraint.name;
  const ActValue& value = constraint.value;
  if (name == "budget") return Budget(value, action);
  if (value.kind != ActValue::Kind::kText) return std::nullopt;
  const std::string& text = value.texts.front();
  if (name == "rateLimit") return Rate(text);
  if (name == "spacing") {
    if (!IsDuration(text)) return std::nullopt;
    imports_.insert("std.quota");
    return fmt::format("spacing({})", text);
  }
  if (!IsDigits(text)) return std::nullopt;
  const std::string_view days = Meant(kCalendar, name);
  if (!days.empty()) {
    imports_.insert("std.quota");
    Assume(fmt::format("{}: {}", name, options_.zone),
           fmt::format("the {} of that zone; --zone says another", days));
    return fmt::format("{}({}, zone: {})", name, text, StringLiteral(options_.zone));
  }
  if (name == "maxQueries") {
    Assume("maxQueries: retain 400d", "what nobody asks for so long is forgotten");
  } else if (name != "maxPerHour") {
    return std::nullopt;
  }
  imports_.insert("std.quota");
  return fmt::format("{}({})", name, text);
}

/// "200/hour", one at a time: with a burst the first hour would have more.
std::optional<std::string> ActWriter::Rate(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const std::string_view unit = Meant(kUnits, std::string_view(text).substr(slash + 1));
  const std::string_view count = std::string_view(text).substr(0, slash);
  if (unit.empty() || !IsDigits(count)) return std::nullopt;
  imports_.insert("std.quota");
  Assume("rateLimit: burst 1", "one at a time, evenly; more at once is more in the first " +
                                   std::string(unit));
  return fmt::format("rateLimit({}/{})", count, unit);
}

/// "500", "500/day", or a map of a limit and a period. Without a period it never begins anew.
std::optional<std::string> ActWriter::Budget(const ActValue& value, Action& action) {
  std::string limit, every;
  if (value.kind == ActValue::Kind::kText) {
    const std::string& text = value.texts.front();
    limit = text.substr(0, text.find('/'));
    if (limit.size() < text.size()) every = text.substr(limit.size() + 1);
    if (limit.size() < text.size() && every.empty()) return std::nullopt;
  } else {
    limit = FieldOf(value, {"limit", "amount", "max"});
    every = FieldOf(value, {"every", "period", "per"});
    if (value.fields.size() != (every.empty() ? 1u : 2u)) return std::nullopt;
  }
  const std::string_view period = every.empty() ? "total" : Meant(kPeriods, every);
  if (!IsAmount(limit) || period.empty() || options_.currency.empty()) return std::nullopt;
  Need(action, "amount", fmt::format("money in \"{}\"", options_.currency));
  imports_.insert("std.quota");
  std::string more;
  if (period == "total") {
    Assume("budget: total, retain 400d", "of all time; what nobody uses so long is forgotten");
    more = ", retain: 400d";
  } else if (period != "hour") {
    Assume("budget: " + options_.zone,
           fmt::format("a {} of that zone; --zone says another", period));
    more = fmt::format(", zone: {}", StringLiteral(options_.zone));
  }
  return fmt::format("budget({} {}, every: \"{}\"{})", limit, options_.currency, period, more);
}

/// `circuit_breaker` with its three settings.
std::optional<std::string> ActWriter::Breaker(const ActValue& value) {
  const std::string most = FieldOf(value, {"maxViolations"});
  const std::string window = FieldOf(value, {"window"});
  const std::string pause = FieldOf(value, {"suspendDuration"});
  constexpr size_t kMostDigits = 2;  // of denials that are counted at all
  if (value.fields.size() != 3 || !IsDigits(most) || most.front() == '0' ||
      most.size() > kMostDigits || !IsSpan(window) || !IsSpan(pause)) {
    return std::nullopt;
  }
  return fmt::format("circuit_breaker {{ maxViolations({}) window({}) suspendDuration({}) }}",
                     most, window, pause);
}

}  // namespace cap::importer
