// Literals: a text or a list is what is expected of it; every literal is a checked value.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/expr.h"
#include "runtime/base/limits.h"
#include "runtime/value/decimal.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

/// Order of a set's elements: as the runtime sorts them.
bool Before(const EnumType* enumeration, const Value& a, const Value& b) {
  if (const auto* text = std::get_if<std::string>(&a.v)) return *text < std::get<std::string>(b.v);
  if (const auto* word = std::get_if<int64_t>(&a.v)) return *word < std::get<int64_t>(b.v);
  if (const auto* time = std::get_if<Instant>(&a.v)) return time->us < std::get<Instant>(b.v).us;
  if (const auto* span = std::get_if<Duration>(&a.v)) return span->us < std::get<Duration>(b.v).us;
  if (const auto* day = std::get_if<Date>(&a.v)) return day->days < std::get<Date>(b.v).days;
  if (const auto* decimal = std::get_if<Decimal>(&a.v)) {
    return CoefficientOf(*decimal) < CoefficientOf(std::get<Decimal>(b.v));
  }
  if (enumeration == nullptr) return false;
  const auto rank = [enumeration](const Value& value) {
    return std::ranges::find(enumeration->members, std::get<EnumMember>(value.v).name);
  };
  return rank(a) < rank(b);
}

}  // namespace

NodeId ExprChecker::CheckString(const ast::StringExpr& text, const SourceSpan& span,
                                TypeIndex expected) {
  const TypeKind kind = expected == kNone ? TypeKind::kString : types_.KindOf(expected);
  if (kind == TypeKind::kEnum) return EnumLiteral(text.value, span, expected);
  if (kind == TypeKind::kZone) return ZoneLiteral(text.value, span);
  if (IsCanonicalKind(kind)) return TextLiteral(text.value, span, expected);
  if (text.value.size() > limits::kStringBytesMax) {
    context_.Error(diag::Code::kOutOfBounds, span,
                   {.message = fmt::format("a text of {} bytes; no string is longer than {}",
                                           text.value.size(), limits::kStringBytesMax),
                    .label = "too long",
                    .help = {},
                    .notes = {}});
    return nodes_.Error(span);
  }
  return context_.AddLiteral(Value{.v = text.value}, types_.String(), span);
}

NodeId ExprChecker::EnumLiteral(const std::string& text, const SourceSpan& span, TypeIndex type) {
  const EnumType& declared = context_.program.enums[types_[type].ref];
  if (std::ranges::find(declared.members, text) == declared.members.end()) {
    const std::vector<std::string_view> members(declared.members.begin(), declared.members.end());
    context_.Error(
        diag::Code::kNoSuchMember, span,
        {.message = fmt::format("no member \"{}\" in the enum `{}`", text, declared.name),
         .label = "not a member",
         .help = MeantOrKnown(text, members),
         .notes = {}});
    return nodes_.Error(span);
  }
  return context_.AddLiteral(Value{.v = EnumMember{text}}, types_.Canonical(type), span);
}

NodeId ExprChecker::TextLiteral(const std::string& text, const SourceSpan& span, TypeIndex type) {
  const TypeKind kind = types_.KindOf(type);
  Result<std::string> canonical = CanonicalText(kind, text);
  if (canonical) {
    return context_.AddLiteral(Value{.v = std::move(*canonical)}, types_.Canonical(type), span);
  }
  const bool domain_only = kind == TypeKind::kEmail && text.find('@') == std::string::npos &&
                           text.find('.') != text.npos;
  const bool email = kind == TypeKind::kEmail;
  const bool vowel = email || kind == TypeKind::kIp;
  context_.Error(
      diag::Code::kBadValueText, span,
      {.message = fmt::format("\"{}\" is no {}", text, email ? "email address" : NameOfText(kind)),
       .label = fmt::format("{} {} is expected here", vowel ? "an" : "a", NameOfText(kind)),
       .help = domain_only ? "to compare the domain alone, write `x.domain == \"…\"`"
                           : canonical.error().message,
       .notes = {}});
  return nodes_.Error(span);
}

NodeId ExprChecker::InstantLiteral(const std::string& text, const SourceSpan& span) {
  const Result<Instant> instant = ParseInstant(text);
  if (instant) return context_.AddLiteral(Value{.v = *instant}, types_.Instant(), span);
  context_.Error(diag::Code::kBadValueText, span,
                 {.message = fmt::format("\"{}\" is no instant", text),
                  .label = "an RFC 3339 time with its offset is expected",
                  .help = "write it like `instant(\"2026-03-31T00:00:00Z\")`",
                  .notes = {}});
  return nodes_.Error(span);
}

NodeId ExprChecker::CheckMoney(const ast::MoneyExpr& money, const SourceSpan& span) {
  const Currency* currency = FindCurrency(money.currency);
  if (currency == nullptr) {
    context_.Error(diag::Code::kNoSuchCurrency, span,
                   {.message = fmt::format("no currency `{}`", money.currency),
                    .label = "not an ISO 4217 code",
                    .help = "currencies are ISO 4217 codes with a minor unit, such as `USD`",
                    .notes = {}});
    return nodes_.Error(span);
  }
  const Result<int64_t> units = ParseMoney(money.amount, currency->id);
  if (units) {
    return context_.AddLiteral(Value{.v = Money{*units, currency->id}},
                               types_.MoneyIn(currency->id), span);
  }
  const bool precise = units.error().code == "money-too-precise";
  context_.Error(diag::Code::kBadValueText, span,
                 {.message = fmt::format("`{} {}` is no amount of {}", money.amount, money.currency,
                                         money.currency),
                  .label = precise ? fmt::format("{} has {} digits after the point", money.currency,
                                                 currency->digits)
                                   : "not an amount",
                  .help = precise ? "amounts are exact; nothing is rounded" : units.error().message,
                  .notes = {}});
  return nodes_.Error(span);
}

/// A decimal number has the scale that is expected of it; where nothing is, that of its digits.
NodeId ExprChecker::CheckDecimal(const ast::DecimalExpr& decimal, const SourceSpan& span,
                                 TypeIndex expected) {
  const bool known = expected != kNone && types_.KindOf(expected) == TypeKind::kDecimal;
  const auto digits = static_cast<uint32_t>(decimal.text.size() - decimal.text.find('.') - 1);
  const uint32_t scale = known ? types_[expected].ref : std::min(digits, limits::kDecimalScale);
  const Result<Decimal> value = ParseDecimal(decimal.text, scale);
  if (value) return context_.AddLiteral(Value{.v = *value}, types_.Decimal(scale), span);
  const bool precise = value.error().code == "decimal-too-precise";
  context_.Error(diag::Code::kBadValueText, span,
                 {.message = fmt::format("`{}` is no {}", decimal.text,
                                         types_.NameOf(types_.Decimal(scale))),
                  .label = precise ? fmt::format("at most {} digits after the point", scale)
                                   : "too many digits",
                  .help = precise ? "decimals are exact; nothing is rounded"
                                  : value.error().message,
                  .notes = {}});
  return nodes_.Error(span);
}

TypeIndex ExprChecker::ElementOfLiterals(const ast::ListExpr& list, TypeIndex expected) {
  if (expected != kNone && types_.IsContainer(expected)) return types_[expected].element;
  if (list.items.empty()) return kNone;
  const NodeId first = Check(list.items.front());
  return nodes_.IsError(first) ? kNone : nodes_[first].type;
}

/// Amounts below zero are held by a list of signed ones, whatever the first of them was.
TypeIndex ExprChecker::ElementToHold(TypeIndex element, const Value::List& values) {
  if (types_.KindOf(element) != TypeKind::kMoney) return element;
  const bool below = std::ranges::any_of(values, IsBelowZero);
  return types_.MoneyIn(types_[element].currency, below || types_[element].is_signed);
}

NodeId ExprChecker::CheckList(const ast::ListExpr& list, const SourceSpan& span,
                              TypeIndex expected) {
  const TypeIndex element = ElementOfLiterals(list, expected);
  // What no set holds is a list, where nothing else is expected.
  const bool expects = expected != kNone && types_.IsContainer(expected);
  const bool as_list = expects ? types_.KindOf(expected) == TypeKind::kList
                               : element != kNone && !types_.IsSetElement(element);
  if (element == kNone) {
    if (list.items.empty()) {
      context_.Error(diag::Code::kUntypedList, span,
                     {.message = "an empty list, and nothing says of what",
                      .label = "of which type?",
                      .help = "use it where a set or list of a known type is expected",
                      .notes = {}});
    }
    return nodes_.Error(span);
  }
  if (list.items.size() > limits::kElementsMax) {
    context_.Error(diag::Code::kOutOfBounds, span,
                   {.message = fmt::format("a list of {} elements; no list has more than {}",
                                           list.items.size(), limits::kElementsMax),
                    .label = "too many elements",
                    .help = {},
                    .notes = {}});
    return nodes_.Error(span);
  }
  Value::List values;
  bool good = true;
  for (const ast::ExprId item : list.items) {
    const NodeId node = CheckAs(item, element, "an element of this list");
    if (nodes_.IsError(node)) {
      good = false;
    } else if (nodes_[node].kind != NodeKind::kLiteral) {
      good = false;
      context_.Error(diag::Code::kNeedsLiterals, nodes_[node].span,
                     {.message = "a list in an expression holds literals only",
                      .label = "not a literal",
                      .help = "compare with it: `x == a or x in [\"b\", \"c\"]`",
                      .notes = {}});
    } else {
      values.push_back(context_.ValueOf(node));
    }
  }
  if (!good) return nodes_.Error(span);
  const TypeIndex held = ElementToHold(element, values);
  if (!as_list) {
    const Type& type = types_[element];
    const EnumType* members =
        type.kind == TypeKind::kEnum ? &context_.program.enums[type.ref] : nullptr;
    std::ranges::sort(values,
                      [members](const Value& a, const Value& b) { return Before(members, a, b); });
    const auto repeats = std::ranges::unique(values);
    values.erase(repeats.begin(), repeats.end());
  }
  const TypeIndex type = as_list ? types_.ListOf(held) : types_.SetOf(held);
  return context_.AddLiteral(Value{.v = std::move(values)}, type, span);
}

NodeId ExprChecker::CheckApprovers(ast::ExprId id) {
  const ast::Expr& expr = At(id);
  std::vector<ast::ExprId> names = {id};
  if (const auto* list = std::get_if<ast::ListExpr>(&expr.node)) names = list->items;
  ApproverMask mask;
  bool good = !names.empty();
  for (const ast::ExprId item : names) {
    const ast::Expr& at = At(item);
    if (std::holds_alternative<ast::ErrorExpr>(at.node)) return nodes_.Error(expr.span);
    const auto* name = std::get_if<ast::NameExpr>(&at.node);
    // A constraint hands its own parameter on.
    const Symbol* symbol = name == nullptr ? nullptr : scope_.Find(name->name.text);
    if (symbol != nullptr && symbol->kind == SymbolKind::kParameter && names.size() == 1) {
      return CheckName(name->name, kNone, true);
    }
    bool hidden = false;
    const uint32_t index =
        name == nullptr ? kNone
                        : context_.Find(context_.names.approvers, module_, name->name, &hidden);
    if (index != kNone) {
      if (index < limits::kApprovers) mask.mask |= uint64_t{1} << index;
      continue;
    }
    good = false;
    if (hidden) continue;
    const std::vector<std::string_view> known = context_.Known(context_.names.approvers);
    context_.Error(
        diag::Code::kNoSuchApprover, at.span,
        {.message = fmt::format("{} is no approver", context_.Quoted(at.span)),
         .label = "an approver is expected here",
         .help = known.empty()     ? "declare one: `approver manager`"
                 : name == nullptr ? "write its name, or a list of names: `[manager, user]`"
                                   : MeantOrKnown(name->name.text, known),
         .notes = {}});
  }
  if (names.empty()) {
    context_.Error(diag::Code::kUntypedList, expr.span,
                   {.message = "an empty list of approvers approves everything",
                    .label = "nobody is asked",
                    .help = "name at least one approver",
                    .notes = {}});
  }
  if (!good) return nodes_.Error(expr.span);
  return context_.AddLiteral(Value{.v = mask}, types_.Approvers(), expr.span);
}

}  // namespace cap::check
