// Types as they are written, and defaults.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/declare.h"
#include "compiler/check/declare_record.h"
#include "compiler/check/expr.h"
#include "compiler/check/fixes.h"
#include "compiler/check/time_tables.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/text.h"

namespace cap::check {

std::string_view NameOf(TypePlace place) {
  switch (place) {
    case TypePlace::kArgument:
      return "an argument";
    case TypePlace::kField:
      return "a field";
    case TypePlace::kFact:
      return "a fact";
    case TypePlace::kLive:
      return "a live context value";
    case TypePlace::kBound:
      return "a bound context value";
    case TypePlace::kParameter:
      return "a parameter";
    case TypePlace::kData:
      return "a datum";
  }
  return "a value";
}

namespace {

class TypeReader {
 public:
  TypeReader(Context& context, const ast::Module& module, TypePlace place)
      : context_(context), types_(context.types), module_(module), place_(place) {}

  DeclaredType Read(ast::TypeId id);

 private:
  TypeIndex ReadType(const ast::Type& type);
  TypeIndex ReadContainer(const ast::Type& type, TypeKind kind);
  TypeIndex ReadMap(const ast::Type& type);
  TypeIndex ReadKey(const ast::Type& type);
  TypeIndex ReadMoney(const ast::Type& type);
  TypeIndex ReadDecimal(const ast::Type& type);
  TypeIndex ReadInstant(const ast::Type& type);
  TypeIndex ReadTable(TypeIndex table, const ast::Type& type);
  TypeIndex ReadNamed(const ast::Type& type);
  TypeIndex ReadJson(const ast::Type& type);
  bool RecordAllowed(const SourceSpan& span);
  bool ElementAllowed(TypeIndex element, TypeKind container, const ast::Type& at);
  bool FitsElement(TypeIndex element, const ast::Type& at);
  bool SuffixesFit(const ast::Type& type);
  uint32_t Bound(const ast::Type& type, uint32_t default_max, uint32_t most);
  void Refuse(const SourceSpan& span, std::string message, std::string help) {
    context_.Error(
        diag::Code::kTypeNotAllowed, span,
        {.message = std::move(message), .label = "not here", .help = std::move(help), .notes = {}});
    failed_ = true;
  }

  Context& context_;
  Types& types_;
  const ast::Module& module_;
  TypePlace place_;
  bool failed_ = false;
  std::optional<ast::Ident> sibling_;
};

DeclaredType TypeReader::Read(ast::TypeId id) {
  const ast::Type& type = module_[id];
  const TypeIndex read = ReadType(type);
  const bool may_be_absent =
      place_ == TypePlace::kArgument || place_ == TypePlace::kField || place_ == TypePlace::kLive;
  if (type.optional && !may_be_absent) {
    context_.Error(diag::Code::kOptionalNotAllowed, type.span,
                   {.message = fmt::format("{} is never optional", NameOf(place_)),
                    .label = "leave out the `?`",
                    .help = place_ == TypePlace::kFact
                                ? "a missing fact is a fault, and denies; make a field optional"
                                : "give every value",
                    .notes = {}});
    failed_ = true;
  }
  if (failed_ || read == kNone) return {};
  return {.type = read, .optional = type.optional, .sibling = sibling_};
}

TypeIndex TypeReader::ReadType(const ast::Type& type) {
  const std::string& name = type.name.text;
  if (type.record) {
    if (!SuffixesFit(type) || !RecordAllowed(type.span)) return kNone;
    const TypeIndex record = DeclareInlineRecord(context_, module_, type);
    failed_ = failed_ || record == kNone;
    return record;
  }
  if (name.empty()) return kNone;
  if (!SuffixesFit(type)) return kNone;
  if (name == "set") return ReadContainer(type, TypeKind::kSet);
  if (name == "list") return ReadContainer(type, TypeKind::kList);
  if (name == "map") return ReadMap(type);
  if (!type.arguments.empty()) {
    Refuse(type.span, fmt::format("`{}` takes no type in `<…>`", name),
           "only `set<T>`, `list<T>` and `map<K, V>` do");
    return kNone;
  }
  if (name == "bool") return types_.Bool();
  if (name == "int") return types_.Int();
  if (name == "email") return types_.Email();
  if (name == "path") return types_.Path();
  if (name == "ip") return types_.Ip();
  if (name == "cidr") return types_.Cidr();
  if (name == "url") return types_.Url();
  if (name == "instant") return ReadInstant(type);
  if (name == "zone") return ReadTable(types_.Zone(), type);
  if (name == "schedule") return ReadTable(types_.Schedule(), type);
  if (name == "duration") return types_.Duration();
  if (name == "date") return types_.Date();
  if (name == "decimal") return ReadDecimal(type);
  if (name == "money") return ReadMoney(type);
  if (name == "json") return ReadJson(type);
  if (name == "string") {
    return types_.Intern({.kind = TypeKind::kString,
                          .max = Bound(type, limits::kStringBytes, limits::kStringBytesMax)});
  }
  if (name == "rate") {
    if (place_ == TypePlace::kParameter) return types_.Rate();
    Refuse(type.span, "only a parameter of a constraint is a `rate`",
           "a rate stands in the policy, where it is consumed");
    return kNone;
  }
  if (name == "approver") {
    if (place_ == TypePlace::kParameter) return types_.Approvers();
    Refuse(type.span, "only a parameter of a constraint is an `approver`",
           "approvals reach a decision by themselves, apart from the arguments");
    return kNone;
  }
  return ReadNamed(type);
}

bool TypeReader::SuffixesFit(const ast::Type& type) {
  const std::string& name = type.name.text;
  const bool money = name == "money";
  const bool bounded = name == "string" || name == "set" || name == "list" || name == "map" ||
                       name == "json";
  const auto bad = [&](std::string_view suffix, std::string_view help) {
    context_.Error(diag::Code::kBadTypeSuffix, type.span,
                   {.message = fmt::format("`{}` does not go with `{}`", suffix, name),
                    .label = "does not fit",
                    .help = std::string(help),
                    .notes = {}});
    failed_ = true;
    return false;
  };
  const bool local = name == "instant" && type.in_text.has_value();
  if ((type.in_text || type.in_expr) && !money && !local) {
    return bad("in", "only money has a currency, and only an instant a zone, as a text");
  }
  if (type.minor && !money) return bad("minor", "only money has minor units");
  if (type.is_signed && !money) return bad("signed", "only money is signed or not");
  if (type.scale && name != "decimal") {
    return bad("(…)", "only `decimal` has digits after a point");
  }
  if (type.max && !bounded) return bad("max", "strings, sets, lists, maps and jsons have bounds");
  return true;
}

uint32_t TypeReader::Bound(const ast::Type& type, uint32_t default_max, uint32_t most) {
  if (!type.max) return default_max;
  if (*type.max >= 1 && *type.max <= most) return static_cast<uint32_t>(*type.max);
  context_.Error(diag::Code::kOutOfBounds, type.max_span,
                 {.message = fmt::format("`max` of {} is from 1 to {}", type.name.text, most),
                  .label = "out of range",
                  .help = {},
                  .notes = {}});
  failed_ = true;
  return default_max;
}

TypeIndex TypeReader::ReadDecimal(const ast::Type& type) {
  if (type.scale && *type.scale <= limits::kDecimalScale) {
    return types_.Decimal(static_cast<uint32_t>(*type.scale));
  }
  const std::string range = fmt::format("from 0 to {}", limits::kDecimalScale);
  context_.Error(
      type.scale ? diag::Code::kOutOfBounds : diag::Code::kBadTypeSuffix, type.span,
      {.message = type.scale ? "a decimal has " + range + " digits after the point"
                             : std::string("a decimal says how many digits follow the point"),
       .label = type.scale ? "out of range" : "how many?",
       .help = "write it like `decimal(2)`",
       .notes = {}});
  failed_ = true;
  return kNone;
}

/// `instant in "Europe/Berlin"`: what the wire writes is a time of that zone's clock.
TypeIndex TypeReader::ReadInstant(const ast::Type& type) {
  if (!type.in_text) return types_.Instant();
  const uint32_t zone = ZoneTable(context_, type.in_text->text, type.in_text->span);
  return zone == kNone ? kNone : types_.InstantIn(zone);
}

TypeIndex TypeReader::ReadTable(TypeIndex table, const ast::Type& type) {
  if (place_ == TypePlace::kParameter || place_ == TypePlace::kData) return table;
  Refuse(type.span, fmt::format("{} is no `{}`", NameOf(place_), type.name.text),
         "zones and schedules stand in the policy or come as its data");
  return kNone;
}

TypeIndex TypeReader::ReadMoney(const ast::Type& type) {
  Type money{.kind = TypeKind::kMoney, .form = MoneyForm::kObject, .minor = type.minor,
             .is_signed = type.is_signed};
  if (type.in_text) {
    const Currency* currency = FindCurrency(type.in_text->text);
    if (currency == nullptr) {
      context_.Error(diag::Code::kNoSuchCurrency, type.in_text->span,
                     {.message = fmt::format("no currency \"{}\"", type.in_text->text),
                      .label = "not an ISO 4217 code",
                      .help = "currencies are ISO 4217 codes in capitals, such as \"USD\"",
                      .notes = {},
                      .fixes = Certain(CapitalsFix(context_.sources, type.in_text->span))});
      return kNone;
    }
    money.form = MoneyForm::kFixed;
    money.currency = currency->id;
  } else if (type.in_expr) {
    const ast::Expr& expr = module_[*type.in_expr];
    if (std::holds_alternative<ast::ErrorExpr>(expr.node)) return kNone;
    const auto* name = std::get_if<ast::NameExpr>(&expr.node);
    const bool has_siblings =
        place_ == TypePlace::kArgument || place_ == TypePlace::kField || place_ == TypePlace::kFact;
    if (name == nullptr || !has_siblings) {
      context_.Error(
          diag::Code::kBadSiblingCurrency, expr.span,
          {.message = name == nullptr ? "a currency is a code or the name of a sibling"
                                      : fmt::format("{} has no sibling that names its currency",
                                                    NameOf(place_)),
           .label = "not a sibling",
           .help = "write `in \"USD\"`, or leave it out for an object with both",
           .notes = {}});
      return kNone;
    }
    money.form = MoneyForm::kSibling;
    sibling_ = name->name;
  }
  return types_.Intern(money);
}

TypeIndex TypeReader::ReadContainer(const ast::Type& type, TypeKind kind) {
  const uint32_t max = Bound(type, limits::kElements, limits::kElementsMax);
  if (type.arguments.size() != 1) {
    Refuse(type.span,
           fmt::format("`{}` is of one type: `{}<string>`", type.name.text, type.name.text), "");
    return kNone;
  }
  const ast::Type& inner = module_[type.arguments.front()];
  if (inner.optional) {
    Refuse(inner.span, "an element is never optional", "leave absent elements out of the list");
    return kNone;
  }
  const TypeIndex element = ReadType(inner);
  if (element == kNone || !ElementAllowed(element, kind, inner)) return kNone;
  return types_.Intern({.kind = kind, .element = element, .max = max});
}

TypeIndex TypeReader::ReadKey(const ast::Type& type) {
  if (type.optional) {
    Refuse(type.span, "a key is never optional", "leave the `?` out");
    return kNone;
  }
  const TypeIndex key = ReadType(type);
  if (key == kNone) return kNone;
  const TypeKind kind = types_.KindOf(key);
  if (IsTextKind(kind) || kind == TypeKind::kEnum || kind == TypeKind::kInt ||
      kind == TypeKind::kDate) {
    return key;
  }
  Refuse(type.span, fmt::format("a map with keys of `{}`", types_.NameOf(key)),
         "keys are texts, members of an enum, int or date: what JSON can write as a name");
  sibling_.reset();
  return kNone;
}

/// A map is a list of rows, of which each is a record of a key and its value.
TypeIndex TypeReader::ReadMap(const ast::Type& type) {
  const uint32_t max = Bound(type, limits::kElements, limits::kElementsMax);
  if (type.arguments.size() != 2) {
    Refuse(type.span, "`map` is of two types: `map<string, int>`", "the keys' first");
    return kNone;
  }
  const TypeIndex key = ReadKey(module_[type.arguments[0]]);
  const ast::Type& written = module_[type.arguments[1]];
  if (written.optional) {
    Refuse(written.span, "a value of a map is never optional", "leave its key out of the map");
    return kNone;
  }
  const TypeIndex value = ReadType(written);
  if (key == kNone || value == kNone) return kNone;
  const Type& of = types_[value];
  if (of.kind == TypeKind::kApprovers || IsWritten(of.kind) || of.form == MoneyForm::kSibling) {
    Refuse(written.span, fmt::format("a map of `{}`", types_.NameOf(value)),
           of.kind == TypeKind::kMoney ? "a value has no sibling that names its currency"
                                       : "values are what a field of a record may be");
    sibling_.reset();
    return kNone;
  }
  const uint32_t depth = std::max(uint32_t{1}, NestingOf(context_, value));
  if (NestsTooDeep(context_, depth, type.span)) {
    failed_ = true;
    return kNone;
  }
  RecordType row{.name = "{ key, value }", .fields = {}, .open = false};
  row.fields.push_back({.name = std::string(kRowKey), .type = key});
  row.fields.push_back({.name = std::string(kRowValue), .type = value});
  const TypeIndex element = AddInlineRecord(context_, std::move(row), depth);
  if (!FitsElement(element, type)) return kNone;
  return types_.Intern({.kind = TypeKind::kMap, .element = element, .max = max});
}

bool TypeReader::ElementAllowed(TypeIndex element, TypeKind container, const ast::Type& at) {
  const Type& type = types_[element];
  const std::string name = types_.NameOf(element);
  if (types_.IsContainer(element) || type.kind == TypeKind::kApprovers || IsWritten(type.kind)) {
    Refuse(at.span, fmt::format("a list or set of `{}`", name),
           "elements are scalars; those of a list may be records, which may hold lists");
    return false;
  }
  if (type.kind == TypeKind::kMoney && type.form == MoneyForm::kSibling) {
    Refuse(at.span, "an element has no sibling that names its currency",
           "use a list of a record with both, or `money in \"USD\"`");
    sibling_.reset();
    return false;
  }
  const bool set_only = container == TypeKind::kSet && !types_.IsSetElement(element);
  if (set_only) {
    Refuse(
        at.span, fmt::format("a set of `{}`", name),
        fmt::format("write `list<{}>`; a set holds texts, int, decimal, instant, date, duration or "
                    "enum",
                    name));
    return false;
  }
  return FitsElement(element, at);
}

bool TypeReader::FitsElement(TypeIndex element, const ast::Type& at) {
  if (SlotsOf(context_.program, element) <= limits::kElementSlots) return true;
  context_.Error(diag::Code::kRecordTooWide, at.span,
                 {.message = fmt::format("an element of a list or map has at most {} values, but "
                                         "`{}` has more",
                                         limits::kElementSlots, types_.NameOf(element)),
                  .label = "too wide",
                  .help = "declare only the fields that the policy reads",
                  .notes = {}});
  failed_ = true;
  return false;
}

TypeIndex TypeReader::ReadNamed(const ast::Type& type) {
  const std::string& name = type.name.text;
  bool hidden = false;
  const uint32_t index = context_.Find(context_.names.types, module_, type.name, &hidden);
  if (hidden) failed_ = true;
  if (index == kNone && !hidden) {
    std::vector<std::string_view> known = {"bool", "int", "money", "string",  "email", "path",
                                           "ip",   "cidr", "url",  "instant", "date",  "duration",
                                           "set",  "list", "map",  "json"};
    for (const std::string_view other : context_.Known(context_.names.types)) {
      known.push_back(other);
    }
    if (place_ == TypePlace::kParameter) known.insert(known.end(), {"approver", "rate", "key"});
    context_.Error(diag::Code::kNoSuchType, type.name.span,
                   {.message = fmt::format("no type `{}`", name),
                    .label = "not declared",
                    .help = DidYouMean(name, known),
                    .notes = {}});
    failed_ = true;
  }
  if (index == kNone) return kNone;
  const TypeIndex found = context_.named_types[index];
  if (found == kNone) return kNone;
  if (types_.KindOf(found) == TypeKind::kRecord && !RecordAllowed(type.span)) return kNone;
  return found;
}

bool TypeReader::RecordAllowed(const SourceSpan& span) {
  const bool context_value =
      place_ == TypePlace::kLive || place_ == TypePlace::kBound || place_ == TypePlace::kData;
  if (!context_value) return true;
  Refuse(span, fmt::format("{} is no record", NameOf(place_)),
         "declare each of its fields as a value of its own");
  return false;
}

/// Only what a call brings may be unreadable: everything else is there to be read.
TypeIndex TypeReader::ReadJson(const ast::Type& type) {
  const bool brought = place_ == TypePlace::kArgument || place_ == TypePlace::kField ||
                       place_ == TypePlace::kFact;
  if (!brought) {
    Refuse(type.span, fmt::format("{} is no `json`", NameOf(place_)),
           "no policy reads one, so that it would say nothing here");
    return kNone;
  }
  return types_.Intern({.kind = TypeKind::kJson,
                        .max = Bound(type, limits::kJsonBytes, limits::kJsonBytesMax)});
}

}  // namespace

DeclaredType DeclareType(Context& context, const ast::Module& module, ast::TypeId id,
                         TypePlace place) {
  return TypeReader(context, module, place).Read(id);
}

uint32_t DeclareDefault(Context& context, const ast::Module& module, const ast::Param& param,
                        TypeIndex type) {
  Scope scope(context, fmt::format("the default of `{}`", param.name.text), false);
  ExprChecker checker(context, module, scope);
  const std::string what = fmt::format("the default of `{}`", param.name.text);
  const NodeId node = checker.CheckAs(*param.default_value, type, what);
  if (context.nodes.IsError(node)) return kNone;
  const auto bad = [&](std::string message, std::string help) {
    context.Error(diag::Code::kBadDefault, context.nodes[node].span,
                  {.message = std::move(message),
                   .label = "not a default",
                   .help = std::move(help),
                   .notes = {}});
    return kNone;
  };
  if (context.nodes[node].kind != NodeKind::kLiteral) {
    return bad("a default is a literal", "write a value that does not depend on the call");
  }
  const Type& declared = context.types[type];
  if (declared.kind == TypeKind::kMoney && declared.form == MoneyForm::kSibling) {
    return bad("an amount whose currency a sibling names has no default",
               "the currency is known only with the call");
  }
  const Value& value = context.ValueOf(node);
  const auto* text = std::get_if<std::string>(&value.v);
  const auto* list = std::get_if<Value::List>(&value.v);
  const bool too_long = declared.max != 0 && ((text != nullptr && text->size() > declared.max) ||
                                              (list != nullptr && list->size() > declared.max));
  if (too_long) {
    return bad(fmt::format("the default is over the bound of {}", declared.max),
               "raise the bound with `max`, or shorten the default");
  }
  if (!declared.is_signed && IsBelowZero(value)) {
    return bad("the default is below zero, and its type is not `signed`",
               "declare it `signed`, or give a default that is not below zero");
  }
  return context.nodes[node].index;
}

}  // namespace cap::check
