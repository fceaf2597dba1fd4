// What can be seen of the constants of a limit when the policy is compiled.
#include <fmt/core.h>

#include "compiler/check/limit.h"
#include "runtime/base/limits.h"
#include "runtime/value/rate.h"

namespace cap::check {

namespace {

class ConstantsChecker {
 public:
  ConstantsChecker(Context& context, const LimitSource& source, const GivenOf& value,
                   const SourceSpan& place)
      : context_(context), source_(source), value_(value), place_(place) {}

  bool Run() {
    return Numbers() && Span() && (source_.kind != LimitKind::kQuota || Period());
  }

 private:
  /// The literal that is given, where one is.
  const Value* Literal(NodeId id) const {
    if (id == kNone) return nullptr;
    const std::optional<Node> node = value_(id);
    if (!node || node->kind != NodeKind::kLiteral) return nullptr;
    return &context_.program.values[node->index];
  }
  std::optional<int64_t> Number(NodeId id) const {
    const Value* literal = Literal(id);
    if (literal == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<int64_t>(&literal->v)) return *number;
    if (const auto* money = std::get_if<Money>(&literal->v)) return money->minor_units;
    if (const auto* duration = std::get_if<Duration>(&literal->v)) return duration->us;
    return std::nullopt;
  }
  bool Report(diag::Code code, NodeId id, std::string message, std::string label,
              std::string help) const {
    std::vector<diag::Label> notes;
    const SourceSpan own = id == kNone ? source_.statement : context_.nodes[id].span;
    const bool elsewhere = place_ != source_.statement;
    if (elsewhere) notes.push_back({own, "asked for here"});
    context_.Error(code, elsewhere ? place_ : own,
                   {.message = std::move(message),
                    .label = std::move(label),
                    .help = std::move(help),
                    .notes = std::move(notes)});
    return false;
  }
  bool Bad(NodeId id, std::string message, std::string help) const {
    return Report(diag::Code::kBadLimitValue, id, std::move(message), "no limit", std::move(help));
  }
  bool BadPeriod(NodeId id, std::string message, std::string help) const {
    return Report(diag::Code::kBadPeriod, id, std::move(message), "does not fit", std::move(help));
  }

  bool Numbers() const;
  bool Rate() const;
  bool Span() const;
  bool Period() const;
  bool Fixed(NodeId id, std::string_view what, bool may_be_bound) const;

  Context& context_;
  const LimitSource& source_;
  const GivenOf& value_;
  const SourceSpan& place_;
};

bool ConstantsChecker::Numbers() const {
  if (const auto amount = Number(source_.amount); amount && *amount <= 0) {
    return Bad(source_.amount, "what is charged is above zero", "charge `1` for a call");
  }
  for (const NodeId id : {source_.amount, source_.limit, source_.burst}) {
    if (const auto number = Number(id); number && *number > limits::kQuantity) {
      return Bad(id, fmt::format("a store counts to {}", limits::kQuantity),
                 "count in larger units");
    }
  }
  if (source_.kind == LimitKind::kRate) return Rate();
  const auto limit = Number(source_.limit);
  if (limit && *limit <= 0) {
    return Bad(source_.limit, "a limit that nothing fits into permits nothing",
               "leave the capability out, or give a limit above zero");
  }
  const auto amount = Number(source_.amount);
  if (limit && amount && *amount > *limit) {
    return Bad(source_.amount, "one call takes more than there ever is",
               "give a limit that a call fits into");
  }
  const bool exact = source_.kind == LimitKind::kRecent;
  if (exact && limit && *limit > static_cast<int64_t>(limits::kRecentTimes)) {
    return Bad(source_.limit,
               fmt::format("`recent` keeps the time of each call, at most {} of them",
                           limits::kRecentTimes),
               "count in periods of the calendar, `quota(…, every: \"hour\")`, or by a rate");
  }
  return true;
}

bool ConstantsChecker::Rate() const {
  if (const auto burst = Number(source_.burst); burst && *burst <= 0) {
    return Bad(source_.burst, "a burst of none permits nothing", "leave it out: a burst is 1");
  }
  const auto amount = Number(source_.amount);
  const auto burst = source_.burst == kNone ? std::optional<int64_t>(1) : Number(source_.burst);
  if (amount && burst && *amount > *burst) {
    return Bad(source_.amount, "one call takes more than may come at once",
               "give a `burst` that a call fits into");
  }
  const std::string most = "at most 1000 a second: what is faster is no limit for a call";
  if (source_.limit != kNone) {
    const Value* literal = Literal(source_.limit);
    const auto* rate = literal == nullptr ? nullptr : std::get_if<cap::Rate>(&literal->v);
    if (rate == nullptr || IsUsableRate(*rate)) return true;
    if (rate->count == 0) {
      return Bad(source_.limit, "a rate of none permits nothing", "leave the capability out");
    }
    return Bad(source_.limit, most, "give a slower rate");
  }
  if (const auto spacing = Number(source_.span);
      spacing && *spacing > 0 && *spacing < limits::kRateIntervalUs) {
    return Bad(source_.span, most, "give a longer spacing");
  }
  return true;
}

/// Whether a part is known when the policy is compiled, or, of some, when a grant is minted.
bool ConstantsChecker::Fixed(NodeId id, std::string_view what, bool may_be_bound) const {
  if (id == kNone) return true;
  const std::optional<Node> node = value_(id);
  if (!node || node->kind == NodeKind::kParameter || node->kind == NodeKind::kLiteral ||
      (may_be_bound && node->kind == NodeKind::kBound)) {
    return true;
  }
  return Report(diag::Code::kLimitNotFixed, id,
                fmt::format("{} must not depend on {}", what,
                            may_be_bound ? "the call" : "the call or the grant"),
                "not a constant", "write it down, or give it as a parameter of the constraint");
}

bool ConstantsChecker::Span() const {
  const bool spacing = source_.kind == LimitKind::kRate;
  if (!Fixed(source_.span, spacing ? "a spacing" : "a span of time", !spacing)) return false;
  const auto span = Number(source_.span);
  if (span && *span > limits::kTimeUs) {
    return Bad(source_.span, "a span of time that no store keeps", "give a shorter one");
  }
  if (source_.kind == LimitKind::kQuota) return true;
  return !span || *span > 0 || Bad(source_.span, "a span of no time", "give one above zero");
}

bool ConstantsChecker::Period() const {
  if (!Fixed(source_.period, "the period of a quota", false) ||
      !Fixed(source_.zone, "the zone of a quota", false)) {
    return false;
  }
  const Value* literal = Literal(source_.period);
  const auto* member = literal == nullptr ? nullptr : std::get_if<EnumMember>(&literal->v);
  if (member == nullptr) return true;
  const bool total = member->name == kPeriodNames[static_cast<size_t>(Period::kTotal)];
  const bool hour = member->name == kPeriodNames[static_cast<size_t>(Period::kHour)];
  const auto keep = Number(source_.span);
  const bool kept = source_.span != kNone && (!keep || *keep > 0);
  const std::optional<Node> span = source_.span == kNone ? std::nullopt : value_(source_.span);
  const bool open = span && span->kind == NodeKind::kParameter;
  if (total && !kept) {
    return BadPeriod(source_.period, "a total never ends, so it says how long it is kept",
                     "give `retain: 400d`: untouched for so long it is forgotten");
  }
  if (!total && kept && !open) {
    return BadPeriod(source_.span, "only a total says how long it is kept",
                     "leave `retain` out: the end of a period is known");
  }
  const Value* zone = Literal(source_.zone);
  const auto* table = zone == nullptr ? nullptr : std::get_if<TableRef>(&zone->v);
  if ((total || hour) && table != nullptr && context_.program.tables[table->index].name != "UTC") {
    return BadPeriod(source_.zone,
                     total ? "a total has no days, and so no zone"
                           : "an hour begins at the same time by the clocks of every zone",
                     "leave the zone out");
  }
  return true;
}

}  // namespace

bool CheckConstants(Context& context, const LimitSource& source, const GivenOf& value,
                    const SourceSpan& place) {
  return ConstantsChecker(context, source, value, place).Run();
}

}  // namespace cap::check
