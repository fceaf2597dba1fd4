#include "tests/diff/expressions.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/value/decimal.h"
#include "tests/diff/places.h"
#include "tests/diff/regexes.h"

namespace cap::diff {

using test::Chance;

ExprPtr ExpressionMaker::Node(ExprOp op, Ty ty, std::vector<ExprPtr> kids, std::string compare) {
  for (const ExprPtr& kid : kids) {
    if (kid == nullptr) return nullptr;
  }
  Expr expr;
  expr.op = op;
  expr.ty = ty;
  expr.kids = std::move(kids);
  expr.compare = std::move(compare);
  return Make(std::move(expr));
}

ExprPtr ExpressionMaker::VarOf(Ty ty) {
  return Pick([ty](const Var& var) { return var.ty == ty; });
}
ExprPtr ExpressionMaker::VarOfKind(Kind kind) {
  return Pick([kind](const Var& var) { return InfoOf(var.ty).kind == kind; });
}

Value ExpressionMaker::Simple(Ty ty) {
  static const std::vector<int64_t> kInts = {0, 1, 2, 3, 5, 10, 100, -1, -7, 1'000'000,
                                             INT64_MAX, INT64_MAX - 1, INT64_MAX / 2};
  static const std::vector<int64_t> kAmounts = {1, 100, 9870, 50'000, 1'000'000,
                                                INT64_MAX / 2};
  static const std::vector<std::string> kTexts = {
      "a", "b", "ab", "C1", "delivered", "open", "red", "company.com",
      "a-text-that-is-longer-than-sixteen-bytes", "a-text-that-is-longer-than-sixteen-bytez"};
  static const std::vector<std::string> kMails = {"ann@company.com", "bob@company.com",
                                                  "eve@evil.example", "root@b.org"};
  const TyInfo& info = InfoOf(ty);
  switch (info.kind) {
    case Kind::kBool: return {Dice(2) == 1};
    case Kind::kInt: return {kInts[Dice(kInts.size())]};
    case Kind::kMoney: {
      const int64_t amount = kAmounts[Dice(kAmounts.size())];
      return {Money{ty == kSigned && Dice(2) == 0 ? -amount : amount, 840}};
    }
    case Kind::kString: return {kTexts[Dice(kTexts.size())]};
    case Kind::kEmail: return {kMails[Dice(kMails.size())]};
    case Kind::kPath:
    case Kind::kIp:
    case Kind::kCidr:
    case Kind::kUrl: return {PlaceTexts(ty)[Dice(PlaceTexts(ty).size())]};
    case Kind::kEnum: return {EnumMember{MembersOf(ty)[Dice(MembersOf(ty).size())]}};
    case Kind::kInstant:
      return {Instant{kNowUs + (static_cast<int64_t>(Dice(5)) - 2) * 1'000'000}};
    case Kind::kDecimal: {
      static const std::vector<Coefficient> kShares = {
          0, 1, 5, -1, 100, 9870, -250, Coefficient{1} << 63, Coefficient{1} << 64,
          (Coefficient{1} << 126) - 1, -(Coefficient{1} << 126)};
      return {MakeDecimal(kShares[Dice(kShares.size())], 2)};
    }
    case Kind::kDate: {
      static const std::vector<int64_t> kDaysOfInterest = {
          0, kFirstDay, kLastDay, kNowUs / kDayUs - 1, kNowUs / kDayUs,
          kNowUs / kDayUs + 1, 19'782};
      return {Date{kDaysOfInterest[Dice(kDaysOfInterest.size())]}};
    }
    case Kind::kDuration: {
      static const std::vector<int64_t> kSpansUs = {0, 1'000, 1'000'000, -1'000'000, 2'000'000,
                                                    86'400'000'000, 106'751'991 * 86'400'000'000};
      return {Duration{kSpansUs[Dice(kSpansUs.size())]}};
    }
    case Kind::kSet:
    case Kind::kList: {
      Value::List list;
      const uint64_t count = Chance(random_, 0.05) ? 20 : 1 + Dice(4);
      for (uint64_t i = 0; i < count; ++i) list.push_back(Simple(info.element));
      return {list};
    }
    case Kind::kRecord:
    case Kind::kMap:
    case Kind::kJson: break;
  }
  return {};
}

ExprPtr ExpressionMaker::LiteralOf(Ty ty, Value value) {
  Expr expr;
  expr.op = ExprOp::kLiteral;
  expr.ty = ty;
  expr.literal = std::move(value);
  literals_.push_back(expr.literal);
  return Make(std::move(expr));
}
ExprPtr ExpressionMaker::Literal(Ty ty) { return LiteralOf(ty, Simple(ty)); }

ExprPtr ExpressionMaker::SizeOf() {
  if (Chance(random_, 0.3)) {
    if (const ExprPtr colors = VarOf(kColors)) return Node(ExprOp::kSizeOf, kInt, {colors});
  }
  const ExprPtr sized = Pick([](const Var& var) {
    const Kind kind = InfoOf(var.ty).kind;
    return kind == Kind::kList || kind == Kind::kSet || kind == Kind::kString ||
           kind == Kind::kMap;
  });
  return Node(ExprOp::kSizeOf, kInt, {sized});
}

ExprPtr ExpressionMaker::Int(int depth, bool literal_fine) {
  if (literal_fine && Chance(random_, 0.5)) {
    return LiteralOf(kInt, {Chance(random_, 0.7) ? static_cast<int64_t>(Dice(6))
                                                 : std::get<int64_t>(Simple(kInt).v)});
  }
  if (depth > 0 && Chance(random_, 0.35)) {
    static const ExprOp kOps[] = {ExprOp::kAdd, ExprOp::kSub, ExprOp::kMul};
    return Node(kOps[Dice(3)], kInt, {Int(depth - 1, false), Int(depth - 1, true)});
  }
  if (depth > 0 && sums_ == 0 && Chance(random_, 0.1)) return Choice(kInt, depth);
  if (depth > 0 && Chance(random_, 0.2)) {
    const ExprPtr fold = Dice(2) == 0 ? Count(depth) : Sum(kInt, depth);
    if (fold != nullptr) return fold;
  }
  if (Chance(random_, 0.3)) return SizeOf();
  const ExprPtr picked = Chance(random_, 0.2) ? Picked(kInt) : nullptr;
  if (picked != nullptr) return picked;
  const ExprPtr var = VarOf(kInt);
  return var != nullptr ? var : SizeOf();
}

/// One of two values of a type, by a condition.
ExprPtr ExpressionMaker::Choice(Ty ty, int depth) {
  const auto branch = [&](bool literal_fine) -> ExprPtr {
    if (ty == kBool) return Bool(depth - 1);
    if (ty == kInt) return Int(depth - 1, literal_fine);
    if (ty == kDuration) return Span(depth - 1, literal_fine);
    return Text(literal_fine);
  };
  const ExprPtr condition = Bool(0);
  return Node(ExprOp::kIf, ty, {condition, branch(false), branch(true)});
}

/// A call of a function that every module has, beside what it means.
ExprPtr ExpressionMaker::Def(int depth) {
  const ExprPtr n = Int(depth, false);
  const ExprPtr most = Int(0, true);
  const ExprPtr over = Node(ExprOp::kCompare, kBool, {n, most}, ">");
  const ExprPtr same = Node(ExprOp::kCompare, kBool, {n, most}, "==");
  const ExprPtr meaning = Node(ExprOp::kOr, kBool, {over, same});
  if (meaning == nullptr) return nullptr;
  Expr call;
  call.op = ExprOp::kDef;
  call.ty = kBool;
  call.def = "reaches";
  call.kids = {n, most, meaning};
  return Make(std::move(call));
}

ExprPtr ExpressionMaker::MoneyOf(int depth, bool literal_fine) {
  if (literal_fine && Chance(random_, 0.5)) return Literal(Dice(5) == 0 ? kSigned : kUsd);
  if (depth > 0 && Chance(random_, 0.35)) {
    if (Chance(random_, 0.3)) {
      return Node(ExprOp::kMul, kAnyMoney, {MoneyOf(depth - 1, false), Int(0, true)});
    }
    return Node(Dice(2) == 0 ? ExprOp::kAdd : ExprOp::kSub, kAnyMoney,
                {MoneyOf(depth - 1, false), MoneyOf(depth - 1, true)});
  }
  if (depth > 0 && Chance(random_, 0.3)) {
    if (const ExprPtr sum = Sum(kAnyMoney, depth)) return sum;
  }
  return VarOfKind(Kind::kMoney);
}

ExprPtr ExpressionMaker::Text(bool literal_fine) {
  if (literal_fine && Chance(random_, 0.6)) return Literal(kString);
  if (Chance(random_, 0.25)) {
    if (const ExprPtr mail = VarOf(kEmail)) return Node(ExprOp::kDomain, kString, {mail});
  }
  return VarOf(kString);
}

ExprPtr ExpressionMaker::Time(int depth, bool literal_fine) {
  if (literal_fine && Chance(random_, 0.5)) return Literal(kInstant);
  if (depth <= 0 || Chance(random_, 0.6)) return VarOfKind(Kind::kInstant);
  return Node(Dice(2) == 0 ? ExprOp::kAdd : ExprOp::kSub, kInstant,
              {Time(depth - 1, false), Span(depth - 1, true)});
}

ExprPtr ExpressionMaker::Span(int depth, bool literal_fine) {
  if (literal_fine && Chance(random_, 0.5)) return Literal(kDuration);
  if (Chance(random_, 0.3)) return Node(ExprOp::kAge, kDuration, {Time(depth - 1, false)});
  if (depth > 0 && Chance(random_, 0.2)) {
    if (const ExprPtr sum = Sum(kDuration, depth)) return sum;
  }
  if (depth <= 0 || Chance(random_, 0.5)) return VarOf(kDuration);
  if (sums_ == 0 && Chance(random_, 0.1)) return Choice(kDuration, depth);
  if (Chance(random_, 0.3)) {
    return Node(ExprOp::kSub, kDuration, {Time(depth - 1, false), Time(depth - 1, true)});
  }
  if (Chance(random_, 0.2)) {
    return Node(ExprOp::kSub, kDuration, {Day(depth - 1, false), Day(depth - 1, true)});
  }
  if (Chance(random_, 0.1)) return InZone(ExprOp::kTimeOfDay, kDuration, depth - 1);
  if (Chance(random_, 0.3)) {
    return Node(ExprOp::kMul, kDuration, {Span(depth - 1, false), Int(0, true)});
  }
  return Node(Dice(2) == 0 ? ExprOp::kAdd : ExprOp::kSub, kDuration,
              {Span(depth - 1, false), Span(depth - 1, true)});
}

ExprPtr ExpressionMaker::Share(int depth, bool literal_fine) {
  if (literal_fine && Chance(random_, 0.5)) return Literal(kShare);
  if (depth > 0 && Chance(random_, 0.2)) {
    if (const ExprPtr sum = Sum(kShare, depth)) return sum;
  }
  if (depth <= 0 || Chance(random_, 0.3)) return VarOf(kShare);
  if (Chance(random_, 0.3)) {
    return Node(ExprOp::kMul, kShare, {Share(depth - 1, false), Int(0, true)});
  }
  return Node(Dice(2) == 0 ? ExprOp::kAdd : ExprOp::kSub, kShare,
              {Share(depth - 1, false), Share(depth - 1, true)});
}

ExprPtr ExpressionMaker::CompareScalars(int depth) {
  static const std::vector<std::string> kOrders = {"<", "<=", ">", ">="};
  static const std::vector<std::string> kEquals = {"==", "!="};
  const std::string order = Chance(random_, 0.75) ? kOrders[Dice(4)] : kEquals[Dice(2)];
  const std::string equal = kEquals[Chance(random_, 0.7) ? 0 : 1];
  const auto right = [&](Ty ty) { return Chance(random_, 0.6) ? Literal(ty) : VarOf(ty); };
  switch (Dice(10)) {
    case 0: return Node(ExprOp::kCompare, kBool, {VarOf(kColor), right(kColor)}, equal);
    case 1: return Node(ExprOp::kCompare, kBool, {VarOf(kSize), right(kSize)}, order);
    case 2: return Node(ExprOp::kCompare, kBool, {VarOf(kEmail), right(kEmail)}, equal);
    case 3:
      return Node(ExprOp::kCompare, kBool, {Time(depth, false), Time(depth, true)}, order);
    case 8:
      return Node(ExprOp::kCompare, kBool, {Share(depth, false), Share(depth, true)}, order);
    case 7:
      return Node(ExprOp::kCompare, kBool, {Span(depth, false), Span(depth, true)}, order);
    case 4: return Node(ExprOp::kCompare, kBool, {Text(false), Text(true)}, order);
    case 5: return Node(ExprOp::kCompare, kBool, {Text(false), Text(true)}, equal);
    case 6: return Node(ExprOp::kCompare, kBool, {VarOf(kBool), VarOf(kBool)}, equal);
    default: return Node(ExprOp::kCompare, kBool, {Int(depth, false), Int(depth, true)}, order);
  }
}

ExprPtr ExpressionMaker::Comparison(int depth) {
  static const std::vector<std::string> kOps = {"<", "<=", ">", ">=", "==", "!="};
  if (Chance(random_, 0.25)) {
    return Node(ExprOp::kCompare, kBool, {MoneyOf(depth, false), MoneyOf(depth, true)},
                kOps[Dice(6)]);
  }
  if (Chance(random_, 0.15)) {
    return Node(ExprOp::kCompare, kBool, {Share(depth + 1, false), Share(depth, true)},
                kOps[Dice(6)]);
  }
  if (Chance(random_, 0.2)) return CompareDays(depth);
  return CompareScalars(depth);
}

ExprPtr ExpressionMaker::Membership(int depth) {
  static const std::pair<Ty, Ty> kPairs[] = {
      {kColor, kColors}, {kColor, kColorList}, {kString, kTags},  {kString, kTexts},
      {kInt, kNumbers},  {kInt, kInts},        {kEmail, kMails}, {kEmail, kMailSet},
      {kDuration, kSpans}, {kDay, kDays},      {kPath, kPaths},   {kUrl, kUrls},
      {kShare, kShareSet}, {kShare, kShares}};
  const auto& [item, list] = kPairs[Dice(14)];
  if (item == kInt) {
    return Node(ExprOp::kIn, kBool,
                {Int(depth, false), Chance(random_, 0.4) ? Literal(list) : VarOf(list)});
  }
  const ExprPtr value = item == kString  ? Text(false)
                        : item == kShare ? Share(depth, false)
                                         : VarOf(item);
  return Node(ExprOp::kIn, kBool, {value, Chance(random_, 0.5) ? Literal(list) : VarOf(list)});
}

ExprPtr ExpressionMaker::SetRelation() {
  static const Ty kSides[] = {kColors, kTags,  kNumbers, kInts,    kTexts,
                              kMails,  kMailSet, kSpans, kNumbers, kSpans, kDays,
                              kShareSet, kShareSet};
  const Ty ty = kSides[Dice(13)];
  const ExprOp op = Dice(2) == 0 ? ExprOp::kSubset : ExprOp::kDisjoint;
  return Node(op, kBool, {VarOf(ty), Chance(random_, 0.6) ? Literal(ty) : VarOf(ty)});
}

/// A string against one of the regular expressions, with texts that aim at its edges.
ExprPtr ExpressionMaker::Matching() {
  const RegexSample& sample = RegexSamples()[Dice(RegexSamples().size())];
  for (const std::string& text : sample.texts) literals_.push_back({text});
  return Node(ExprOp::kMatches, kBool, {Text(false)}, sample.regex);
}

ExprPtr ExpressionMaker::TextRelation() {
  if (Chance(random_, 0.4)) return Matching();
  static const ExprOp kOps[] = {ExprOp::kStarts, ExprOp::kEnds, ExprOp::kContains};
  return Node(kOps[Dice(3)], kBool, {Text(false), Text(true)});
}

/// A condition on just this variable.
ExprPtr ExpressionMaker::About(const Var& var) {
  Expr expr;
  expr.op = ExprOp::kVar;
  expr.ty = var.ty;
  expr.var = var;
  return Condition(Make(std::move(expr)));
}

/// A condition on just this value.
ExprPtr ExpressionMaker::Condition(const ExprPtr& self) {
  static const std::vector<std::string> kOps = {"<", ">=", "==", "!="};
  const Ty ty = self->ty;
  const TyInfo& info = InfoOf(ty);
  if (info.kind == Kind::kBool) return self;
  if (info.kind == Kind::kSet || info.kind == Kind::kList || info.kind == Kind::kMap) {
    if (Dice(2) == 0 && info.kind != Kind::kMap && info.element != kItem &&
        info.element != kBool && info.element != kAnything) {
      return Node(Dice(2) == 0 ? ExprOp::kSubset : ExprOp::kDisjoint, kBool,
                  {self, Literal(ty)});
    }
    const ExprPtr size = Node(ExprOp::kSizeOf, kInt, {self});
    return Node(ExprOp::kCompare, kBool, {size, LiteralOf(kInt, {int64_t{2}})}, kOps[Dice(4)]);
  }
  if (info.kind == Kind::kEmail && Dice(2) == 0) {
    return Node(ExprOp::kCompare, kBool,
                {Node(ExprOp::kDomain, kString, {self}), Literal(kString)}, "==");
  }
  const bool place = info.kind == Kind::kPath || info.kind == Kind::kUrl ||
                     info.kind == Kind::kCidr || info.kind == Kind::kIp;
  if (place && info.kind != Kind::kIp && Dice(3) != 0) {
    return Node(ExprOp::kUnder, kBool, {self, PlaceLiteral(ty)});
  }
  const bool ordered = info.kind != Kind::kEmail && info.kind != Kind::kEnum && !place;
  const Ty literal = info.kind == Kind::kMoney ? kUsd : ty;
  return Node(ExprOp::kCompare, kBool, {self, Literal(literal)},
              kOps[ordered ? Dice(4) : 2 + Dice(2)]);
}

/// `x is present and P(x)`, `x is absent or P(x)`, or the test alone.
ExprPtr ExpressionMaker::Presence(int depth) {
  std::vector<size_t> optionals;
  std::vector<size_t> inner;
  for (size_t i = 0; i < scope_.size(); ++i) {
    if (!scope_[i].optional) continue;
    optionals.push_back(i);
    // Of a json there is nothing more to ask.
    const bool asks = scope_[i].ty != kAnything;
    if (asks && scope_[i].text.starts_with(focus_)) inner.push_back(i);
  }
  if (optionals.empty()) return nullptr;
  // Those of the element are asked for more often; each of them, since only one whose value is a
  // number or an enum's is read by native code where it is absent.
  const bool of_element = open_ > 0 && !inner.empty() && Chance(random_, 0.5);
  const std::vector<size_t>& from = of_element ? inner : optionals;
  const size_t at = from[Dice(from.size())];
  if (Chance(random_, open_ > 0 ? 0.35 : 0.2)) return Null(scope_[at], depth);
  const bool present = Dice(2) == 0;
  Expr test;
  test.op = present ? ExprOp::kPresent : ExprOp::kAbsent;
  test.var = scope_[at];
  const ExprPtr tested = Make(std::move(test));
  if (depth <= 0 || scope_[at].ty == kAnything) return tested;
  const std::string outer = std::exchange(focus_, scope_[at].text);
  scope_[at].optional = false;
  const ExprPtr rest = Chance(random_, 0.6) ? About(scope_[at]) : Bool(depth - 1);
  scope_[at].optional = true;
  focus_ = outer;
  return Node(present ? ExprOp::kAnd : ExprOp::kOr, kBool, {tested, rest});
}

/// `x is null`, alone or beside another question, often of the same.
ExprPtr ExpressionMaker::Null(const Var& var, int depth) {
  Expr test;
  test.op = ExprOp::kNull;
  test.var = var;
  const ExprPtr tested = Make(std::move(test));
  if (depth <= 0) return tested;
  const std::string outer = std::exchange(focus_, var.text);
  const ExprPtr rest = Presence(depth - 1);
  focus_ = outer;
  return Node(Dice(2) == 0 ? ExprOp::kAnd : ExprOp::kOr, kBool, {tested, rest});
}

/// Records are what elements are most often, and the only ones with optional parts.
ExprPtr ExpressionMaker::ListToVisit() {
  const ExprPtr items = Chance(random_, 0.4) ? VarOf(kItems) : nullptr;
  if (items != nullptr) return items;
  return Pick([](const Var& var) {
    const Kind kind = InfoOf(var.ty).kind;
    return kind == Kind::kList || kind == Kind::kMap ||
           (kind == Kind::kSet && InfoOf(var.ty).element != kColor);
  });
}

/// The quantifier over the list, with a body that knows its element.
ExprPtr ExpressionMaker::WithBody(Expr quantifier, const ExprPtr& list,
                                  const std::function<ExprPtr()>& make) {
  if (list == nullptr) return nullptr;
  const Ty element = InfoOf(list->ty).element;
  quantifier.element = quantifiers_++;
  const std::string name = fmt::format("e{}", quantifier.element);
  const size_t before = scope_.size();
  const TyInfo& of = InfoOf(list->ty);
  if (of.kind == Kind::kMap) {
    scope_.push_back({name + ".key", of.key, false, Var::Root::kElement, quantifier.element, 0});
    if (of.value != kItem) {
      scope_.push_back(
          {name + ".value", of.value, false, Var::Root::kElement, quantifier.element, 1});
    }
  } else if (element != kItem) {
    scope_.push_back({name, element, false, Var::Root::kElement, quantifier.element, -1});
  } else {
    for (size_t i = 0; i < FieldsOf(kItem).size(); ++i) {
      const FieldModel& field = FieldsOf(kItem)[i];
      scope_.push_back({name + "." + field.name, field.ty, field.optional, Var::Root::kElement,
                        quantifier.element, static_cast<int>(i)});
    }
  }
  const std::string outer = std::exchange(focus_, name);
  ++open_;
  const ExprPtr body = make();
  --open_;
  focus_ = outer;
  scope_.resize(before);
  if (body == nullptr) return nullptr;
  quantifier.kids = {list, body};
  return Make(std::move(quantifier));
}

ExprPtr ExpressionMaker::Quantifier(int depth) {
  if (depth <= 0 || open_ >= 3) return nullptr;
  Expr quantifier;
  quantifier.op = Dice(2) == 0 ? ExprOp::kAny : ExprOp::kAll;
  return WithBody(std::move(quantifier), ListToVisit(), [&] { return Bool(depth - 1); });
}

ExprPtr ExpressionMaker::Leaf(int depth) {
  const uint64_t dice = Dice(32);
  if (dice >= 28) return Collection(depth);
  if (dice >= 23) return Place();
  if (dice < 8) return Comparison(depth);
  if (dice < 12) return Membership(depth);
  if (dice < 17) return SetRelation();
  if (dice < 19) return TextRelation();
  if (dice < 21) return Presence(depth);
  if (depth > 0 && Chance(random_, 0.3)) return Choice(kBool, depth);
  if (depth > 0 && Chance(random_, 0.3)) return Def(depth);
  return VarOf(kBool);
}

ExprPtr ExpressionMaker::Bool(int depth) {
  for (int attempt = 0; attempt < 12; ++attempt) {
    ExprPtr made;
    const uint64_t dice = depth > 0 ? Dice(20) : 19;
    if (open_ > 0 && Chance(random_, 0.2)) {
      made = Presence(depth);
    } else if (dice < 3) {
      made = Node(ExprOp::kAnd, kBool, {Bool(depth - 1), Bool(depth - 1)});
    } else if (dice < 6) {
      made = Node(ExprOp::kOr, kBool, {Bool(depth - 1), Bool(depth - 1)});
    } else if (dice < 8) {
      made = Node(ExprOp::kNot, kBool, {Bool(depth - 1)});
    } else if (dice < 11) {
      made = Quantifier(depth);
    } else {
      made = Leaf(depth);
    }
    if (made != nullptr) return made;
  }
  return Node(ExprOp::kCompare, kBool, {SizeOf(), Literal(kInt)}, "<=");
}

}  // namespace cap::diff
