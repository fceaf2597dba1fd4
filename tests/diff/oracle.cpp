#include "tests/diff/oracle.h"

#include <algorithm>
#include <set>

#include "runtime/base/limits.h"
#include "runtime/value/decimal.h"
#include "tests/diff/times.h"
#include "tests/diff/places.h"
#include "tests/diff/regexes.h"

namespace cap::diff {
namespace {

Tri Of(bool value) { return value ? Tri::kTrue : Tri::kFalse; }
Tri Not(Tri t) {
  return t == Tri::kFault ? t : Of(t == Tri::kFalse);
}
Tri And(Tri a, Tri b) {
  if (a == Tri::kFalse || b == Tri::kFalse) return Tri::kFalse;
  return a == Tri::kTrue && b == Tri::kTrue ? Tri::kTrue : Tri::kFault;
}
Tri Or(Tri a, Tri b) { return Not(And(Not(a), Not(b))); }

/// A text that compares and orders like the value does (numbers apart).
const std::string& Text(const Value& value) {
  if (const auto* member = std::get_if<EnumMember>(&value.v)) return member->name;
  return std::get<std::string>(value.v);
}

bool Same(const Value& a, const Value& b) {
  if (std::holds_alternative<std::string>(a.v) || std::holds_alternative<EnumMember>(a.v)) {
    return Text(a) == Text(b);
  }
  return a == b;
}

Coefficient Number(const Value& value) { return NumberOf(value); }

}  // namespace

Coefficient NumberOf(const Value& value) {
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) return CoefficientOf(*decimal);
  if (const auto* number = std::get_if<int64_t>(&value.v)) return *number;
  if (const auto* instant = std::get_if<Instant>(&value.v)) return instant->us;
  if (const auto* duration = std::get_if<Duration>(&value.v)) return duration->us;
  if (const auto* date = std::get_if<Date>(&value.v)) return date->days;
  return std::get<Money>(value.v).minor_units;
}

namespace {

const Value::List& List(const Value& value) { return std::get<Value::List>(value.v); }

bool Contains(const Value::List& list, const Value& item) {
  return std::ranges::any_of(list, [&](const Value& each) { return Same(each, item); });
}

/// An address in a network, or in one of several.
bool InNetworks(const Value& address, const Value& networks) {
  if (std::holds_alternative<std::string>(networks.v)) {
    return LiesWithin(Text(address), Text(networks));
  }
  return std::ranges::any_of(List(networks), [&](const Value& network) {
    return LiesWithin(Text(address), Text(network));
  });
}

size_t SizeOf(const Value& value, Kind kind) {
  if (const auto* text = std::get_if<std::string>(&value.v)) return text->size();
  if (kind == Kind::kList) return List(value).size();
  std::vector<const Value*> distinct;
  for (const Value& item : List(value)) {
    if (std::ranges::none_of(distinct, [&](const Value* d) { return Same(*d, item); })) {
      distinct.push_back(&item);
    }
  }
  return distinct.size();
}

}  // namespace

bool Oracle::Malformed() const {
  if (!request_.undeclared.empty()) return true;
  for (size_t i = 0; i < action_.arguments.size(); ++i) {
    const FieldModel& argument = action_.arguments[i];
    if (!request_.arguments[i] && !argument.optional && !argument.default_value) return true;
  }
  return false;
}

Oracle::Read Oracle::LookLet(const LetModel& let) {
  Value::List joined;
  for (const Var& source : let.sources) {
    const Read read = Look(source);
    if (read.value == nullptr) return {nullptr, read.fault};
    // A set arrives sorted and without duplicates; only its members matter to what lets are for.
    for (const Value& item : List(*read.value)) joined.push_back(item);
  }
  return {Keep({joined})};
}

Oracle::Read Oracle::Look(const Var& var) {
  const Value* value = nullptr;
  switch (var.root) {
    case Var::Root::kArgument: {
      const std::optional<Value>& given = request_.arguments[var.index];
      const auto& otherwise = action_.arguments[var.index].default_value;
      if (!given && !otherwise) return {};
      value = given ? &*given : &*otherwise;
      break;
    }
    case Var::Root::kLive: {
      const LiveInputModel& live = request_.live[var.index];
      if (live.state == LiveState::kUnreadable) return {nullptr, true};
      const bool good = live.state == LiveState::kGood;
      if (good) return OrNull(&live.value);
      return {nullptr, !LiveFields()[var.index].optional};
    }
    case Var::Root::kFact: {
      const FactInputModel& fact = request_.facts[var.index];
      const FactModel& declared = action_.facts[var.index];
      const bool fine = fact.state == FactState::kGood ||
                        (fact.state == FactState::kStale && declared.within_us == 0) ||
                        (fact.state == FactState::kWrongAttestor && declared.attestor.empty());
      if (!fine) return {nullptr, true};
      value = &fact.value;
      break;
    }
    case Var::Root::kBound: return {&bound_[var.index]};
    case Var::Root::kNow: return {Keep({Instant{request_.now_us}})};
    case Var::Root::kLet: return LookLet(action_.lets[var.index]);
    case Var::Root::kElement: value = elements_[var.index]; break;
  }
  if (var.field < 0) return OrNull(value);
  const auto& record = std::get<Value::Record>(value->v);
  const std::string name = var.text.substr(var.text.rfind('.') + 1);
  const auto found = std::ranges::find(record, name, &Field::name);
  return OrNull(found == record.end() ? nullptr : &found->value);
}

/// In 128 bits. A product overflows nothing where both of its factors have 64.
const Value* Oracle::Decimals(ExprOp op, Coefficient x, Coefficient y) {
  if (op == ExprOp::kMul) {
    if (x > INT64_MAX || x < INT64_MIN) return nullptr;
    return Keep({MakeDecimal(x * y, 2)});
  }
  // Through unsigned numbers, which wrap: the sign says whether they did.
  const auto ux = static_cast<unsigned __int128>(x);
  const auto uy = static_cast<unsigned __int128>(op == ExprOp::kAdd ? y : ~y);
  const auto sum = static_cast<Coefficient>(ux + uy + (op == ExprOp::kAdd ? 0 : 1));
  const bool y_falls = op == ExprOp::kAdd ? y < 0 : y >= 0;
  if (op == ExprOp::kSub && y == 0) return Keep({MakeDecimal(x, 2)});
  if ((x < 0) == y_falls && (sum < 0) != (x < 0)) return nullptr;
  return Keep({MakeDecimal(sum, 2)});
}

/// What is asked of the clock of a zone.
const Value* Oracle::WallClock(const Expr& expr) {
  const Value* time = expr.kids.empty() ? nullptr : Get(*expr.kids[0]);
  if (time == nullptr && expr.op != ExprOp::kToday) return nullptr;
  const int64_t us = time == nullptr ? request_.now_us : std::get<Instant>(time->v).us;
  if (expr.op == ExprOp::kWithin) {
    const std::optional<bool> within = Within(expr.def, us);
    return within ? Keep({*within}) : nullptr;
  }
  const std::optional<int64_t> wall = WallTime(expr.def, us);
  if (!wall) return nullptr;
  if (expr.op == ExprOp::kTimeOfDay) return Keep({Duration{WallOfDay(*wall)}});
  return Keep({Date{WallDay(*wall)}});
}

/// A date and a date, or a span of time.
const Value* Oracle::Dates(ExprOp op, const Value& a, const Value& b) {
  const int64_t day = std::get<Date>(a.v).days;
  if (const auto* other = std::get_if<Date>(&b.v)) {
    return Keep({Duration{(day - other->days) * kDayUs}});
  }
  const int64_t span = std::get<Duration>(b.v).us;
  if (span % kDayUs != 0) return nullptr;
  const int64_t moved = op == ExprOp::kAdd ? day + span / kDayUs : day - span / kDayUs;
  return moved < kFirstDay || moved > kLastDay ? nullptr : Keep({Date{moved}});
}

const Value* Oracle::Arithmetic(const Expr& expr) {
  const Value* a = Get(*expr.kids[0]);
  const Value* b = Get(*expr.kids[1]);
  if (a == nullptr || b == nullptr) return nullptr;
  if (std::holds_alternative<Date>(a->v)) return Dates(expr.op, *a, *b);
  const __int128 x = Number(*a);
  const __int128 y = Number(*b);
  if (std::holds_alternative<Decimal>(a->v)) return Decimals(expr.op, x, y);
  const __int128 exact = expr.op == ExprOp::kAdd ? x + y : expr.op == ExprOp::kSub ? x - y : x * y;
  if (exact != static_cast<int64_t>(exact)) return nullptr;
  const auto result = static_cast<int64_t>(exact);
  const bool from_time = std::holds_alternative<Instant>(a->v);
  const bool to_time = std::holds_alternative<Instant>(b->v);
  if (from_time && !to_time) return Keep({Instant{result}});
  if (from_time || std::holds_alternative<Duration>(a->v)) return Keep({Duration{result}});
  const auto* money = std::get_if<Money>(&a->v);
  if (money == nullptr) return Keep({result});
  const auto* other = std::get_if<Money>(&b->v);
  const bool mixed = other != nullptr && other->currency != money->currency;
  if (mixed || (result < 0 && !IsSigned(expr))) return nullptr;
  return Keep({Money{result, money->currency}});
}

const Value* Oracle::Get(const Expr& expr) {
  switch (expr.op) {
    case ExprOp::kLiteral: return &expr.literal;
    case ExprOp::kVar: return Look(expr.var).value;
    case ExprOp::kAdd:
    case ExprOp::kSub:
    case ExprOp::kMul: return Arithmetic(expr);
    case ExprOp::kIf: {
      const Tri condition = Bool(*expr.kids[0]);
      if (condition == Tri::kFault) return nullptr;
      return Get(*expr.kids[condition == Tri::kTrue ? 1 : 2]);
    }
    case ExprOp::kDef: return Get(*expr.kids.back());
    case ExprOp::kCount:
    case ExprOp::kSum: return Fold(expr);
    case ExprOp::kAge: {
      const Value* time = Get(*expr.kids[0]);
      if (time == nullptr) return nullptr;
      const __int128 exact = static_cast<__int128>(request_.now_us) - Number(*time);
      if (exact != static_cast<int64_t>(exact)) return nullptr;
      return Keep({Duration{static_cast<int64_t>(exact)}});
    }
    case ExprOp::kToday:
    case ExprOp::kLocalDate:
    case ExprOp::kTimeOfDay:
    case ExprOp::kWithin: return WallClock(expr);
    case ExprOp::kWeekday: {
      const Value* day = Get(*expr.kids[0]);
      if (day == nullptr) return nullptr;
      // 0001-01-01 was a Monday.
      return Keep({(std::get<Date>(day->v).days - kFirstDay) % 7 + 1});
    }
    case ExprOp::kSizeOf: {
      const Value* value = Get(*expr.kids[0]);
      if (value == nullptr) return nullptr;
      return Keep({static_cast<int64_t>(SizeOf(*value, InfoOf(expr.kids[0]->ty).kind))});
    }
    case ExprOp::kDomain: {
      const Value* value = Get(*expr.kids[0]);
      if (value == nullptr) return nullptr;
      const std::string& mail = Text(*value);
      return Keep({mail.substr(mail.find('@') + 1)});
    }
    case ExprOp::kPart: {
      const Value* url = Get(*expr.kids[0]);
      return url == nullptr ? nullptr : Keep(PartOf(Text(*url), expr.compare));
    }
    case ExprOp::kPick: return Picked(expr);
    case ExprOp::kPickTest: case ExprOp::kHasKey: case ExprOp::kUnder:
    case ExprOp::kNot: case ExprOp::kAnd: case ExprOp::kOr: case ExprOp::kCompare:
    case ExprOp::kIn: case ExprOp::kSubset: case ExprOp::kDisjoint: case ExprOp::kStarts:
    case ExprOp::kEnds: case ExprOp::kContains: case ExprOp::kAny: case ExprOp::kAll:
    case ExprOp::kCharge: case ExprOp::kUsable: case ExprOp::kPresent: case ExprOp::kAbsent:
    case ExprOp::kNull: case ExprOp::kMatches: break;
  }
  const Tri value = Bool(expr);
  return value == Tri::kFault ? nullptr : Keep({value == Tri::kTrue});
}

/// Something of something that is not below zero, of one currency.
Tri Oracle::Charge(const Expr& expr) {
  const Value* amount = Get(*expr.kids[0]);
  const Value* limit = Get(*expr.kids[1]);
  if (amount == nullptr || limit == nullptr) return Tri::kFault;
  const auto* money = std::get_if<Money>(&amount->v);
  if (money != nullptr && money->currency != std::get<Money>(limit->v).currency) {
    return Tri::kFault;
  }
  return Of(Number(*amount) > 0 && Number(*limit) >= 0);
}

Tri Oracle::Compare(const Expr& expr) {
  const Value* a = Get(*expr.kids[0]);
  const Value* b = Get(*expr.kids[1]);
  if (a == nullptr || b == nullptr) return Tri::kFault;
  const auto* money = std::get_if<Money>(&a->v);
  if (money != nullptr && money->currency != std::get<Money>(b->v).currency) return Tri::kFault;
  if (std::holds_alternative<Value::List>(a->v)) {  // two sets
    const auto within = [](const Value& inner, const Value& outer) {
      return std::ranges::all_of(
          List(inner), [&](const Value& item) { return Contains(List(outer), item); });
    };
    return Of((within(*a, *b) && within(*b, *a)) == (expr.compare == "=="));
  }
  if (expr.compare == "==") return Of(Same(*a, *b));
  if (expr.compare == "!=") return Of(!Same(*a, *b));
  bool less = false;
  bool more = false;
  if (std::holds_alternative<EnumMember>(a->v) || std::holds_alternative<EnumMember>(b->v)) {
    // In the order of their declaration.
    const auto place = [&](const Value& value) {
      return std::ranges::find(MembersOf(expr.kids[0]->ty), Text(value));
    };
    less = place(*a) < place(*b);
    more = place(*b) < place(*a);
  } else if (std::holds_alternative<std::string>(a->v)) {
    less = Text(*a) < Text(*b);
    more = Text(*b) < Text(*a);
  } else {
    less = Number(*a) < Number(*b);
    more = Number(*b) < Number(*a);
  }
  if (expr.compare == "<") return Of(less);
  if (expr.compare == "<=") return Of(!more);
  return Of(expr.compare == ">" ? more : !less);
}

Tri Oracle::Contain(const Expr& expr) {
  const Value* a = Get(*expr.kids[0]);
  const Value* b = Get(*expr.kids[1]);
  if (a == nullptr || b == nullptr) return Tri::kFault;
  if (expr.op == ExprOp::kIn && expr.kids[0]->ty == kIp) return Of(InNetworks(*a, *b));
  if (expr.op == ExprOp::kIn) return Of(Contains(List(*b), *a));
  const auto in_b = [&](const Value& item) { return Contains(List(*b), item); };
  if (expr.op == ExprOp::kDisjoint) return Of(std::ranges::none_of(List(*a), in_b));
  return Of(std::ranges::all_of(List(*a), in_b));
}

Tri Oracle::Quantify(const Expr& expr) {
  const Value* list = Get(*expr.kids[0]);
  if (list == nullptr) return Tri::kFault;
  Tri result = Of(expr.op == ExprOp::kAll);
  if (elements_.size() <= expr.element) elements_.resize(expr.element + 1);
  for (const Value& item : List(*list)) {
    elements_[expr.element] = &item;
    const Tri body = Bool(*expr.kids[1]);
    result = expr.op == ExprOp::kAll ? And(result, body) : Or(result, body);
  }
  return result;
}

Tri Oracle::Bool(const Expr& expr) {
  switch (expr.op) {
    case ExprOp::kNot: return Not(Bool(*expr.kids[0]));
    case ExprOp::kAnd: return And(Bool(*expr.kids[0]), Bool(*expr.kids[1]));
    case ExprOp::kOr: return Or(Bool(*expr.kids[0]), Bool(*expr.kids[1]));
    case ExprOp::kCompare: return Compare(expr);
    case ExprOp::kIn:
    case ExprOp::kSubset:
    case ExprOp::kDisjoint: return Contain(expr);
    case ExprOp::kStarts:
    case ExprOp::kEnds:
    case ExprOp::kContains: {
      const Value* a = Get(*expr.kids[0]);
      const Value* b = Get(*expr.kids[1]);
      if (a == nullptr || b == nullptr) return Tri::kFault;
      if (expr.op == ExprOp::kStarts) return Of(Text(*a).starts_with(Text(*b)));
      if (expr.op == ExprOp::kEnds) return Of(Text(*a).ends_with(Text(*b)));
      return Of(Text(*a).find(Text(*b)) != std::string::npos);
    }
    case ExprOp::kUnder: {
      const Value* a = Get(*expr.kids[0]);
      const Value* b = Get(*expr.kids[1]);
      if (a == nullptr || b == nullptr) return Tri::kFault;
      return LiesUnder(expr.kids[0]->ty, Text(*a), Text(*b));
    }
    case ExprOp::kMatches: {
      const Value* text = Get(*expr.kids[0]);
      return text == nullptr ? Tri::kFault : Of(RegexMatches(expr.compare, Text(*text)));
    }
    case ExprOp::kAny:
    case ExprOp::kAll: return Quantify(expr);
    case ExprOp::kPickTest: return PickTest(expr);
    case ExprOp::kHasKey: return HasKey(expr);
    case ExprOp::kCharge: return Charge(expr);
    case ExprOp::kUsable: return Get(*expr.kids[0]) == nullptr ? Tri::kFault : Tri::kTrue;
    case ExprOp::kPresent:
    case ExprOp::kAbsent: {
      const Read read = Look(expr.var);
      if (read.fault) return Tri::kFault;
      return Of((read.value != nullptr) == (expr.op == ExprOp::kPresent));
    }
    case ExprOp::kNull: {
      const Read read = Look(expr.var);
      return read.fault ? Tri::kFault : Of(read.null);
    }
    case ExprOp::kVar: case ExprOp::kLiteral: case ExprOp::kAdd: case ExprOp::kSub:
    case ExprOp::kMul: case ExprOp::kSizeOf: case ExprOp::kDomain: case ExprOp::kAge:
    case ExprOp::kIf: case ExprOp::kDef: case ExprOp::kCount: case ExprOp::kSum:
    case ExprOp::kWeekday: case ExprOp::kToday: case ExprOp::kLocalDate:
    case ExprOp::kTimeOfDay: case ExprOp::kWithin: case ExprOp::kPart: case ExprOp::kPick: break;
  }
  const Value* value = Get(expr);
  return value == nullptr ? Tri::kFault : Of(std::get<bool>(value->v));
}

Tri Oracle::Condition(const ExprPtr& condition) {
  kept_.clear();
  return condition == nullptr ? Tri::kTrue : Bool(*condition);
}

Tri Oracle::Judge(const Statement& statement) {
  // A guard acts on true or fault.
  if (statement.guard != nullptr && Condition(statement.guard) == Tri::kFalse) return Tri::kTrue;
  if (statement.approvers != 0) {
    return Of((request_.approvals & statement.approvers) == statement.approvers);
  }
  Tri all = Tri::kTrue;
  for (const ExprPtr& body : statement.bodies) all = And(all, Condition(body));
  return all;
}

bool Oracle::Covers(const std::string& on) const {
  if (on.empty() || on == "*") return true;
  const auto& given = request_.arguments[static_cast<size_t>(action_.resource_argument)];
  const std::string& segment = std::get<std::string>(given->v);
  return segment == (on == "{{customer}}" ? std::get<std::string>(bound_[0].v) : on);
}

bool Oracle::Acts(const ForbidModel& forbid) {
  if (!Covers(forbid.on) || Condition(forbid.when) == Tri::kFalse) return false;
  return forbid.unless == 0 || (request_.approvals & forbid.unless) != forbid.unless;
}

namespace {

/// Of the texts that calls are given: which may stand for one segment of a resource.
bool IsSegment(const std::string& text) {
  return !text.empty() && text != "." && text != ".." &&
         text.find_first_of("/\\*%") == std::string::npos;
}

}  // namespace

bool Oracle::IsTold() const {
  return 0 <= request_.now_us && request_.now_us <= limits::kTimeUs;
}

bool Oracle::IsSpent(const Statement& statement) {
  const bool asks = statement.past != Past::kNothing;
  if ((statement.amount == nullptr && !asks) || Judge(statement) != Tri::kTrue) return false;
  if (Condition(statement.guard) == Tri::kFalse) return false;
  // Nothing was carried out so far, and at such times nobody is asked.
  if (asks) return statement.past == Past::kAfter || !IsTold();
  // No store counts so far, nor at such times.
  constexpr int64_t kLongestPeriodUs = 32 * kDayUs;
  if (!IsTold() || request_.now_us > limits::kTimeUs - kLongestPeriodUs) return true;
  const Coefficient limit = NumberOf(*Get(*statement.limit));
  return limit > limits::kQuantity || NumberOf(*Get(*statement.amount)) > limit;
}

Outcome Oracle::Decide(const PolicyModel& policy, const void* without) {
  if (Malformed()) return Outcome::kDeny;
  bool forbid_steps_up = false;
  for (const ForbidModel& forbid : policy.forbids) {
    if (&forbid == without || !Acts(forbid)) continue;
    if (forbid.unless == 0) return Outcome::kDeny;
    forbid_steps_up = true;
  }
  if (action_.resource_argument >= 0) {
    const auto& given = request_.arguments[static_cast<size_t>(action_.resource_argument)];
    if (!IsSegment(std::get<std::string>(given->v))) return Outcome::kDeny;
  }
  Outcome best = Outcome::kDeny;
  for (const CapabilityModel& capability : policy.capabilities) {
    if (!Covers(capability.on)) continue;
    Outcome own = Outcome::kPermit;
    for (const Statement& statement : capability.statements) {
      if (&statement == without || Judge(statement) == Tri::kTrue) continue;
      own = statement.approvers != 0 ? std::min(own, Outcome::kStepUp) : Outcome::kDeny;
    }
    const auto spent = [&](const Statement& s) { return &s != without && IsSpent(s); };
    // The kindest of those that have room; what permits and is spent hides no step-up.
    if (std::ranges::none_of(capability.statements, spent)) best = std::max(best, own);
  }
  if (best == Outcome::kDeny) return best;
  for (const LimitModel& limit : policy.limits) {
    if (Judge(limit.statement) != Tri::kTrue || IsSpent(limit.statement)) return Outcome::kDeny;
  }
  return forbid_steps_up ? std::min(best, Outcome::kStepUp) : best;
}

}  // namespace cap::diff
