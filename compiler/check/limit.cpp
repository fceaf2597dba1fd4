#include "compiler/check/limit.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

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
      good = Bad(At(argument.value).span,
                 "only the first argument of a quota goes without its name",
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

bool IsKeyType(const Context& context, const ast::Module& module, ast::TypeId id) {
  const ast::Type& type = module[id];
  return type.name.text == "key" && type.arguments.empty() && !type.optional &&
         context.names.types.Find("key") == kNone;
}

}  // namespace cap::check
