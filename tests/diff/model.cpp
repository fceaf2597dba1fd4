#include "tests/diff/model.h"

#include <fmt/format.h>

#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "tests/diff/regexes.h"

namespace cap::diff {

const TyInfo& InfoOf(Ty ty) {
  static const TyInfo kInfos[kTyCount] = {
      {"bool", Kind::kBool},
      {"int", Kind::kInt},
      {"money in \"USD\"", Kind::kMoney},
      {"money in \"USD\" minor", Kind::kMoney},
      {"money", Kind::kMoney},
      {"money in currency", Kind::kMoney},
      {"string", Kind::kString},
      {"email", Kind::kEmail},
      {"Color", Kind::kEnum},
      {"Size", Kind::kEnum},
      {"instant", Kind::kInstant},
      {"set<Color>", Kind::kSet, kColor},
      {"set<string>", Kind::kSet, kString},
      {"set<int>", Kind::kSet, kInt},
      {"set<email>", Kind::kSet, kEmail},
      {"list<int>", Kind::kList, kInt},
      {"list<string>", Kind::kList, kString},
      {"list<email>", Kind::kList, kEmail},
      {"list<Color>", Kind::kList, kColor},
      {"list<bool>", Kind::kList, kBool},
      {"list<Item>", Kind::kList, kItem},
      {"Item", Kind::kRecord},
      {"Order", Kind::kRecord},
      {"duration", Kind::kDuration},
      {"set<duration>", Kind::kSet, kDuration},
      {"decimal(2)", Kind::kDecimal},
      {"list<decimal(2)>", Kind::kList, kShare},
      {"date", Kind::kDate},
      {"set<date>", Kind::kSet, kDay},
      {"instant in \"America/New_York\"", Kind::kInstant},
      {"path", Kind::kPath},
      {"ip", Kind::kIp},
      {"cidr", Kind::kCidr},
      {"url", Kind::kUrl},
      {"set<cidr>", Kind::kSet, kCidr},
      {"list<path>", Kind::kList, kPath},
      {"set<url>", Kind::kSet, kUrl},
      {"json", Kind::kJson},
      {"list<json>", Kind::kList, kAnything},
      {"money in \"USD\" signed", Kind::kMoney},
      {"set<decimal(2)>", Kind::kSet, kShare},
      {"map<string, int>", Kind::kMap, kNoTy, kString, kInt},
      {"map<email, int>", Kind::kMap, kNoTy, kEmail, kInt},
      {"map<Color, Item>", Kind::kMap, kNoTy, kColor, kItem},
      {"map<int, string> max 100", Kind::kMap, kNoTy, kInt, kString},
      {"map<date, money in \"USD\">", Kind::kMap, kNoTy, kDay, kUsd},
  };
  return kInfos[ty];
}

const std::vector<std::string>& MembersOf(Ty ty) {
  static const std::vector<std::string> kColorNames = {"red", "green", "blue", "grey"};
  static const std::vector<std::string> kSizeNames = {"small", "medium", "large"};
  return ty == kColor ? kColorNames : kSizeNames;
}

const std::vector<FieldModel>& FieldsOf(Ty record) {
  static const std::vector<FieldModel> kItemFields = {
      {"count", kInt},        {"color", kColor},       {"price", kUsd},
      {"note", kString, true}, {"marks", kTags, true}, {"mail", kEmail, true},
      {"good", kBool},        {"weights", kInts, true}, {"grade", kInt, true},
      {"tone", kColor, true}, {"wait", kDuration},     {"share", kShare},
      {"file", kPath, true},  {"page", kUrl, true},    {"blob", kAnything, true}};
  static const std::vector<FieldModel> kOrderFields = {
      {"owner", kString}, {"shade", kColor},        {"total", kUsd},  {"paid", kAnyMoney, true},
      {"items", kItems},  {"urgent", kBool, true}, {"made", kInstant}, {"mails", kMails},
      {"hues", kColors},  {"contact", kEmail},      {"codes", kNumbers},
      {"delay", kDuration}, {"rate", kShare, true}, {"due", kDay},
      {"home", kPath},    {"link", kUrl},           {"peer", kIp},    {"net", kCidr},
      {"stock", kStock}};
  return record == kItem ? kItemFields : kOrderFields;
}

const std::vector<FieldModel>& LiveFields() {
  static const std::vector<FieldModel> kFields = {
      {"environment", kString}, {"level", kInt},          {"tier", kSize},
      {"seen", kInstant, true}, {"allowed", kTags, true}, {"drill", kBool}, {"quotas", kQuotas}};
  return kFields;
}

const std::vector<FieldModel>& BoundFields() {
  static const std::vector<FieldModel> kFields = {{"customer", kString}, {"most", kInt},
                                                  {"budget", kUsd},      {"labels", kTags},
                                                  {"shades", kColors},   {"owner_mail", kEmail},
                                                  {"root", kPath},       {"base", kUrl},
                                                  {"nets", kNets},       {"caps", kStock},
                                                  {"steps", kShareSet}};
  return kFields;
}

const std::vector<FieldModel>& ParameterFields() {
  static const std::vector<FieldModel> kFields = {{"ceiling", kUsd, false, Value{Money{700, 840}}},
                                                  {"at_most", kInt},
                                                  {"regions", kTags},
                                                  {"place", kString}};
  return kFields;
}

namespace {

std::string Quoted(const std::string& text) {
  return "\"" + text + "\"";  // generated texts have nothing to escape
}

std::string ListText(const Value::List& list, Ty element) {
  std::string text;
  for (const Value& item : list) {
    text += (text.empty() ? "" : ", ") + LiteralText(item, element);
  }
  return "[" + text + "]";
}

std::string Infix(const Expr& expr, std::string_view op) {
  return fmt::format("({} {} {})", TextOf(*expr.kids[0]), op, TextOf(*expr.kids[1]));
}

std::string Call(const Expr& expr, std::string_view name) {
  std::string text;
  for (const ExprPtr& kid : expr.kids) text += (text.empty() ? "" : ", ") + TextOf(*kid);
  return fmt::format("{}({})", name, text);
}

std::string Picked(const Expr& expr) {
  const std::string of = TextOf(*expr.kids[0]);
  const std::string element = expr.kids.size() == 1
                                  ? fmt::format("{}({})", expr.def, of)
                                  : fmt::format("{}[{}]", of, TextOf(*expr.kids[1]));
  return expr.compare.empty() ? element : element + "." + expr.compare;
}

std::string Quantifier(const Expr& expr, std::string_view name) {
  return fmt::format("{}(e{} in {}: {})", name, expr.element, TextOf(*expr.kids[0]),
                     TextOf(*expr.kids[1]));
}

}  // namespace

std::string LiteralText(const Value& value, Ty ty) {
  switch (InfoOf(ty).kind) {
    case Kind::kBool: return std::get<bool>(value.v) ? "true" : "false";
    case Kind::kInt: return fmt::format("{}", std::get<int64_t>(value.v));
    case Kind::kMoney: return FormatMoney(std::get<Money>(value.v));
    case Kind::kIp: return fmt::format("ip({})", Quoted(std::get<std::string>(value.v)));
    case Kind::kCidr: return fmt::format("cidr({})", Quoted(std::get<std::string>(value.v)));
    case Kind::kString:
    case Kind::kPath:
    case Kind::kUrl:
    case Kind::kEmail: return Quoted(std::get<std::string>(value.v));
    case Kind::kEnum: return Quoted(std::get<EnumMember>(value.v).name);
    case Kind::kInstant:
      return fmt::format("instant(\"{}\")", FormatInstant(std::get<Instant>(value.v)));
    case Kind::kDuration: return FormatDuration(std::get<Duration>(value.v));
    case Kind::kDate: return fmt::format("date(\"{}\")", FormatDate(std::get<Date>(value.v)));
    case Kind::kDecimal: return FormatDecimal(std::get<Decimal>(value.v));
    case Kind::kSet:
    case Kind::kList: return ListText(std::get<Value::List>(value.v), InfoOf(ty).element);
    case Kind::kRecord:
    case Kind::kMap:
    case Kind::kJson: break;  // nothing writes one
  }
  return "";
}

std::string TextOf(const Expr& expr) {
  switch (expr.op) {
    case ExprOp::kVar: return expr.var.text;
    case ExprOp::kLiteral: return LiteralText(expr.literal, expr.ty);
    case ExprOp::kAdd: return Infix(expr, "+");
    case ExprOp::kSub: return Infix(expr, "-");
    case ExprOp::kMul: return Infix(expr, "*");
    case ExprOp::kSizeOf: return Call(expr, "size");
    case ExprOp::kAge: return Call(expr, "age");
    case ExprOp::kToday: return fmt::format("today(\"{}\")", expr.def);
    case ExprOp::kLocalDate:
      return fmt::format("localDate({}, \"{}\")", TextOf(*expr.kids[0]), expr.def);
    case ExprOp::kTimeOfDay:
      return fmt::format("timeOfDay({}, \"{}\")", TextOf(*expr.kids[0]), expr.def);
    case ExprOp::kWithin:
      return fmt::format("({} in schedule({}))", TextOf(*expr.kids[0]), expr.def);
    case ExprOp::kWeekday: return Call(expr, "weekday");
    case ExprOp::kIf:
      return fmt::format("(if {} then {} else {})", TextOf(*expr.kids[0]), TextOf(*expr.kids[1]),
                         TextOf(*expr.kids[2]));
    case ExprOp::kDef: {
      Expr call = expr;
      call.kids.pop_back();
      return Call(call, expr.def);
    }
    case ExprOp::kUnder: return Infix(expr, "under");
    case ExprOp::kPart: return TextOf(*expr.kids[0]) + "." + expr.compare;
    case ExprOp::kDomain: return TextOf(*expr.kids[0]) + ".domain";
    case ExprOp::kNot: return fmt::format("(not {})", TextOf(*expr.kids[0]));
    case ExprOp::kAnd: return Infix(expr, "and");
    case ExprOp::kOr: return Infix(expr, "or");
    case ExprOp::kCompare: return Infix(expr, expr.compare);
    case ExprOp::kIn: return Infix(expr, "in");
    case ExprOp::kSubset: return Infix(expr, "subset");
    case ExprOp::kDisjoint: return Infix(expr, "disjoint");
    case ExprOp::kStarts: return Call(expr, "startsWith");
    case ExprOp::kEnds: return Call(expr, "endsWith");
    case ExprOp::kContains: return Call(expr, "contains");
    case ExprOp::kMatches:
      return fmt::format("({} matches {})", TextOf(*expr.kids[0]), RegexLiteral(expr.compare));
    case ExprOp::kAny: return Quantifier(expr, "any");
    case ExprOp::kAll: return Quantifier(expr, "all");
    case ExprOp::kCount: return Quantifier(expr, "count");
    case ExprOp::kSum: return Quantifier(expr, "sum");
    case ExprOp::kPresent: return fmt::format("({} is present)", expr.var.text);
    case ExprOp::kAbsent: return fmt::format("({} is absent)", expr.var.text);
    case ExprOp::kPick: return Picked(expr);
    case ExprOp::kPickTest: return fmt::format("({} is {})", Picked(expr), expr.var.text);
    case ExprOp::kHasKey:
      return fmt::format("({} in {})", TextOf(*expr.kids[1]), TextOf(*expr.kids[0]));
    case ExprOp::kCharge:
    case ExprOp::kUsable: return "";  // of statements that are written in their own way
    case ExprOp::kNull: return fmt::format("({} is null)", expr.var.text);
  }
  return "";
}

}  // namespace cap::diff
