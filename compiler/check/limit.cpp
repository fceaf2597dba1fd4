#include "compiler/check/limit.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/value/rate.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

struct Form {
  std::string_view name;
  LimitKind kind;
  std::vector<std::string_view> named;  // beside `reset` and `on_store_error`
  std::string_view usage;
};

const std::array<Form, 5>& Forms() {
  static const std::array<Form, 5> kForms = {{
      {"rate", LimitKind::kRate, {"burst"}, "rate(200/hour, burst: 5)"},
      {"recent", LimitKind::kRecent, {"within"}, "recent(20, within: 1h)"},
      {"quota",
       LimitKind::kQuota,
       {"every", "zone", "retain"},
       "quota(10, every: \"day\", zone: \"Europe/Berlin\")"},
      {"gauge", LimitKind::kGauge, {"expires"}, "gauge(3, expires: 10m)"},
      {"spacing", LimitKind::kRate, {}, "spacing(30s)"},
  }};
  return kForms;
}

class QuotaReader {
 public:
  QuotaReader(Context& context, ExprChecker& checker, const ast::ConsumeStmt& statement)
      : context_(context), checker_(checker), statement_(statement) {
    made_.statement = statement.span;
  }

  std::optional<LimitSource> Run();

 private:
  bool Bad(const SourceSpan& span, std::string message, std::string help) {
    context_.Error(diag::Code::kBadQuota, span,
                   {.message = std::move(message),
                    .label = "no quota",
                    .help = std::move(help),
                    .notes = {}});
    return false;
  }
  const ast::Expr& At(ast::ExprId id) const { return checker_.module()[id]; }
  bool Quota();
  bool Read(const Form& form, const ast::CallExpr& call);
  bool Named(const Form& form, const ast::Argument& argument);
  bool Text(const ast::Argument& argument);
  bool Missing(const Form& form, const SourceSpan& span);
  bool As(ast::ExprId id, TypeIndex type, std::string_view what, NodeId& into) {
    if (into != kNone) return Bad(At(id).span, fmt::format("{} is given twice", what), "leave one");
    into = checker_.CheckAs(id, type, what);
    return !context_.nodes.IsError(into);
  }
  bool Countable(ast::ExprId id, std::string_view what, NodeId& into);
  bool SameKinds();
  bool Keys();

  Context& context_;
  ExprChecker& checker_;
  const ast::ConsumeStmt& statement_;
  LimitSource made_;
};

/// An int or an amount of money.
bool QuotaReader::Countable(ast::ExprId id, std::string_view what, NodeId& into) {
  into = checker_.Check(id);
  if (context_.nodes.IsError(into)) return false;
  const TypeKind kind = context_.types.KindOf(context_.nodes[into].type);
  if (kind == TypeKind::kInt || kind == TypeKind::kMoney) return true;
  context_.Error(diag::Code::kLimitKinds, At(id).span,
                 {.message = fmt::format("{} is an int or money, not {}", what,
                                         context_.TypeName(into)),
                  .label = "nothing that is counted",
                  .help = "count calls with `1`, things with an int, and amounts with money",
                  .notes = {}});
  return false;
}

bool QuotaReader::Text(const ast::Argument& argument) {
  const std::string& name = argument.name->text;
  const auto* text = std::get_if<ast::StringExpr>(&At(argument.value).node);
  const SourceSpan& span = At(argument.value).span;
  if (name == "reset") {
    if (text == nullptr || text->value.empty()) {
      return Bad(span, "`reset` is a text that stands in the policy", "write `reset: \"2026-11\"`");
    }
    made_.reset = text->value;
    return true;
  }
  if (text == nullptr || (text->value != "deny" && text->value != "permit")) {
    return Bad(span, "`on_store_error` is \"deny\" or \"permit\"",
               "leave it out: a call whose counter cannot be reached is denied");
  }
  made_.on_store_error = text->value == "permit" ? OnStoreError::kPermit : OnStoreError::kDeny;
  return true;
}

bool QuotaReader::Named(const Form& form, const ast::Argument& argument) {
  const std::string& name = argument.name->text;
  if (name == "reset" || name == "on_store_error") return Text(argument);
  if (std::ranges::find(form.named, name) == form.named.end()) {
    std::vector<std::string_view> known = form.named;
    known.insert(known.end(), {"reset", "on_store_error"});
    const Help help = MeantOrKnown(name, known);
    return Bad(argument.name->span, fmt::format("`{}` has no argument `{}`", form.name, name),
               help.text);
  }
  Types& types = context_.types;
  if (name == "burst") return As(argument.value, types.Int(), "the burst", made_.burst);
  if (name == "every") {
    return As(argument.value, types.PeriodEnum(), "the period of a quota", made_.period);
  }
  if (name == "zone") return As(argument.value, types.Zone(), "the zone of a quota", made_.zone);
  return As(argument.value, types.Duration(), fmt::format("`{}`", name), made_.span);
}

bool QuotaReader::Missing(const Form& form, const SourceSpan& span) {
  const bool gauge = form.kind == LimitKind::kGauge;
  const bool recent = form.kind == LimitKind::kRecent;
  const bool lacks = ((gauge || recent) && made_.span == kNone) ||
                     (form.kind == LimitKind::kQuota && made_.period == kNone);
  if (!lacks) return false;
  const std::string_view what = gauge ? "expires" : recent ? "within" : "every";
  Bad(span, fmt::format("`{}` needs `{}:`", form.name, what),
      fmt::format("write `{}`", form.usage));
  return true;
}

bool QuotaReader::Read(const Form& form, const ast::CallExpr& call) {
  const bool gauge = form.kind == LimitKind::kGauge;
  if (gauge != statement_.hold) {
    return Bad(call.callee.span,
               gauge ? "a gauge is held, and not consumed" : "only a gauge is held",
               gauge ? "write `hold 1 of gauge(…)`" : "write `consume … of …`");
  }
  made_.kind = form.kind;
  if (call.arguments.empty() || call.arguments.front().name) {
    return Bad(call.callee.span, fmt::format("the first argument of `{}` goes without a name",
                                             form.name),
               fmt::format("write `{}`", form.usage));
  }
  const ast::ExprId first = call.arguments.front().value;
  bool good = true;
  if (form.name == "rate") {
    good = As(first, context_.types.Rate(), "the rate", made_.limit);
  } else if (form.name == "spacing") {
    good = As(first, context_.types.Duration(), "the spacing", made_.span);
  } else {
    good = Countable(first, "a limit", made_.limit);
  }
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    const ast::Argument& argument = call.arguments[i];
    if (argument.name) {
      good = Named(form, argument) && good;
    } else {
      good = Bad(At(argument.value).span, "only the first argument of a quota goes without its name",
                 fmt::format("write `{}`", form.usage));
    }
  }
  return good && !Missing(form, call.callee.span);
}

bool QuotaReader::Quota() {
  const ast::Expr& expr = At(statement_.quota);
  if (const auto* call = std::get_if<ast::CallExpr>(&expr.node)) {
    for (const Form& form : Forms()) {
      if (form.name == call->callee.text) return Read(form, *call);
    }
    std::vector<std::string_view> known;
    for (const Form& form : Forms()) known.push_back(form.name);
    return Bad(call->callee.span, fmt::format("no quota `{}`", call->callee.text),
               MeantOrKnown(call->callee.text, known).text);
  }
  if (statement_.hold) {
    return std::holds_alternative<ast::ErrorExpr>(expr.node)
               ? false
               : Bad(expr.span, "only a gauge is held", "write `hold 1 of gauge(3, expires: 10m)`");
  }
  made_.kind = LimitKind::kRate;
  return As(statement_.quota, context_.types.Rate(), "what is consumed", made_.limit);
}

/// Numbers of numbers, money of money.
bool QuotaReader::SameKinds() {
  Types& types = context_.types;
  const TypeKind amount = types.KindOf(context_.nodes[made_.amount].type);
  const TypeKind limit = made_.kind == LimitKind::kRate
                             ? TypeKind::kInt
                             : types.KindOf(context_.nodes[made_.limit].type);
  if (amount == limit) return true;
  context_.Error(diag::Code::kLimitKinds, At(statement_.amount).span,
                 {.message = made_.kind == LimitKind::kRate
                                 ? "a rate counts things, and no money"
                                 : fmt::format("an amount of {} of a limit of {}",
                                               context_.TypeName(made_.amount),
                                               context_.TypeName(made_.limit)),
                  .label = "of another kind",
                  .help = "consume money of a limit in money, and an int of an int",
                  .notes = {}});
  return false;
}

bool QuotaReader::Keys() {
  if (!statement_.per) return true;
  made_.keys_span = At(*statement_.per).span;
  if (const auto* name = std::get_if<ast::NameExpr>(&At(*statement_.per).node)) {
    const Symbol* symbol = checker_.scope().Find(name->name.text);
    if (symbol != nullptr && symbol->kind == SymbolKind::kKey) {
      if (context_.nodes.IsError(symbol->node)) return false;
      made_.key_parameter = context_.nodes[symbol->node].index;
      return true;
    }
  }
  const NodeId keys = CheckKeys(context_, checker_, *statement_.per);
  if (keys == kNone) return false;
  made_.keys = context_.keys[keys];
  return true;
}

std::optional<LimitSource> QuotaReader::Run() {
  bool good = Countable(statement_.amount, "what is counted", made_.amount);
  good = Quota() && good;
  good = Keys() && good;
  if (!good || !SameKinds()) return std::nullopt;
  return std::move(made_);
}

// --- keys ---

bool IsKey(TypeKind kind) {
  return IsTextKind(kind) || kind == TypeKind::kInt || kind == TypeKind::kEnum ||
         kind == TypeKind::kDate;
}

NodeId BadKey(Context& context, const SourceSpan& span, std::string message, std::string help) {
  context.Error(diag::Code::kBadKey, span,
                {.message = std::move(message),
                 .label = "no key",
                 .help = std::move(help),
                 .notes = {}});
  return kNone;
}

/// One key, and what to call it so that the same keys are called the same.
bool OneKey(Context& context, ExprChecker& checker, ast::ExprId id, std::vector<NodeId>& keys,
            std::string& text) {
  const ast::Expr& expr = checker.module()[id];
  const auto* name = std::get_if<ast::NameExpr>(&expr.node);
  if (name != nullptr && name->name.text == "subject") {
    if (checker.scope().Find("subject") != nullptr) {
      return BadKey(context, expr.span,
                    "`subject` is the holder of the grant here, and a name of the action too",
                    "leave the key out for the holder, or name the other one by a `let`") != kNone;
    }
    keys.push_back(kSubjectKey);
    text += "subject;";
    return true;
  }
  const Symbol* symbol = name == nullptr ? nullptr : checker.scope().Find(name->name.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::kKey) {
    return BadKey(context, expr.span, "a parameter of type `key` is the whole key",
                  fmt::format("write `per {}`", name->name.text)) != kNone;
  }
  const NodeId node = checker.Check(id);
  if (context.nodes.IsError(node)) return false;
  const Node& key = context.nodes[node];
  if (!IsKey(context.types.KindOf(key.type))) {
    return BadKey(context, expr.span,
                  fmt::format("a key is a text, an int, a member of an enum or a date, not {}",
                              context.TypeName(node)),
                  "key by what names the thing: an id") != kNone;
  }
  keys.push_back(node);
  const bool known = key.kind == NodeKind::kSlot || key.kind == NodeKind::kBound;
  text += known ? fmt::format("{} {};", static_cast<int>(key.kind), key.index)
                : fmt::format("node {};", node);
  return true;
}

// --- constants ---

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

std::optional<LimitSource> CheckConsume(Context& context, ExprChecker& checker,
                                        const ast::ConsumeStmt& statement) {
  return QuotaReader(context, checker, statement).Run();
}

NodeId CheckKeys(Context& context, ExprChecker& checker, ast::ExprId id) {
  const ast::Expr& expr = checker.module()[id];
  std::vector<NodeId> keys;
  std::string text;
  bool good = true;
  if (const auto* list = std::get_if<ast::ListExpr>(&expr.node)) {
    if (list->items.empty() || list->items.size() > limits::kLimitKeys) {
      return BadKey(context, expr.span,
                    fmt::format("a counter has 1 to {} keys", limits::kLimitKeys),
                    "leave `per` out for the holder of the grant");
    }
    for (const ast::ExprId item : list->items) {
      good = OneKey(context, checker, item, keys, text) && good;
    }
  } else {
    good = OneKey(context, checker, id, keys, text);
  }
  if (!good) return kNone;
  const NodeId node =
      context.AddLiteral(Value{.v = std::move(text)}, context.types.String(), expr.span);
  if (keys == std::vector<NodeId>{kSubjectKey}) keys.clear();
  context.keys[node] = std::move(keys);
  return node;
}

bool CheckConstants(Context& context, const LimitSource& source, const GivenOf& value,
                    const SourceSpan& place) {
  return ConstantsChecker(context, source, value, place).Run();
}

bool IsKeyType(const Context& context, const ast::Module& module, ast::TypeId id) {
  const ast::Type& type = module[id];
  return type.name.text == "key" && type.arguments.empty() && !type.optional &&
         context.names.types.Find("key") == kNone;
}

}  // namespace cap::check
