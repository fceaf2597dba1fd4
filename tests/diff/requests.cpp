#include "tests/diff/requests.h"

#include <algorithm>
#include <cstdlib>

#include "tests/diff/places.h"

#include "runtime/frame/opaque.h"
#include "runtime/value/map.h"

namespace cap::diff {
namespace {

constexpr uint32_t kUsdId = 840;
constexpr uint32_t kEurId = 978;

void Around(std::vector<int64_t>& into, int64_t value) {
  into.push_back(value);
  if (value < INT64_MAX) into.push_back(value + 1);
  if (value > INT64_MIN) into.push_back(value - 1);
}

}  // namespace

void Aims::Add(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value.v)) Around(ints, *number);
  if (const auto* instant = std::get_if<Instant>(&value.v)) Around(instants, instant->us);
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    for (const int step : {-1, 0, 1}) shares.push_back(CoefficientOf(*decimal) + step);
  }
  if (const auto* duration = std::get_if<Duration>(&value.v)) Around(durations, duration->us);
  if (const auto* date = std::get_if<Date>(&value.v)) {
    for (const int step : {-1, 0, 1, 7}) {
      const int64_t day = date->days + step;
      if (day >= kFirstDay && day <= kLastDay) days.push_back(day);
    }
  }
  if (const auto* money = std::get_if<Money>(&value.v)) {
    Around(amounts, std::abs(money->minor_units));
    std::erase_if(amounts, [](int64_t amount) { return amount < 0; });
  }
  if (const auto* text = std::get_if<std::string>(&value.v)) {
    if (text->find('@') != std::string::npos) {
      mails.push_back(*text);
    } else {
      texts.push_back(*text);
      texts.push_back(*text + "x");
    }
  }
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    for (const Value& item : *list) Add(item);
  }
  if (const auto* record = std::get_if<Value::Record>(&value.v)) {
    for (const Field& field : *record) Add(field.value);
  }
}

Value RequestMaker::MakeList(Ty element, uint32_t depth) {
  Value::List list;
  const uint64_t count = Chance(random_, 0.04) ? 17 : Below(random_, 4);
  for (uint64_t i = 0; i < count; ++i) list.push_back(MakeValue(element, depth + 1));
  return {list};
}

Value RequestMaker::MakeMap(Ty map, uint32_t depth) {
  std::vector<std::pair<Value, Value>> entries;
  const uint64_t draws = Chance(random_, 0.1) ? 40 : Below(random_, 8);
  for (uint64_t i = 0; i < draws; ++i) {
    Value key = MakeValue(InfoOf(map).key, depth + 1);
    const auto same = [&](const auto& entry) { return entry.first == key; };
    if (std::ranges::any_of(entries, same)) continue;
    entries.emplace_back(std::move(key), MakeValue(InfoOf(map).value, depth + 1));
  }
  return MapOf(std::move(entries));
}

Value RequestMaker::Anything() {
  static const std::vector<Json> kValues = {*ParseJson("null"), *ParseJson("98.70"),
                                            *ParseJson(R"({"note": [true, {}], "count": 7})")};
  return {kValues[Below(random_, kValues.size())]};
}

Value RequestMaker::MakeValue(Ty ty, uint32_t depth) {
  const auto pick = [this](const auto& items) { return items[Below(random_, items.size())]; };
  const TyInfo& info = InfoOf(ty);
  switch (info.kind) {
    case Kind::kBool: return {Below(random_, 2) == 1};
    case Kind::kInt: return {pick(aims_.ints)};
    case Kind::kMoney: {
      const bool other = (ty == kAnyMoney) && Chance(random_, 0.1);
      const int64_t amount = pick(aims_.amounts);
      const bool below = ty == kSigned && Chance(random_, 0.4);
      return {Money{below ? -amount : amount, other ? kEurId : kUsdId}};
    }
    case Kind::kString: return {pick(aims_.texts)};
    case Kind::kEmail: return {pick(aims_.mails)};
    case Kind::kPath:
    case Kind::kIp:
    case Kind::kCidr:
    case Kind::kUrl: return {pick(PlaceTexts(ty))};
    case Kind::kEnum: return {EnumMember{pick(MembersOf(ty))}};
    case Kind::kInstant: return {Instant{pick(aims_.instants)}};
    case Kind::kDuration: return {Duration{pick(aims_.durations)}};
    case Kind::kDate: return {Date{pick(aims_.days)}};
    case Kind::kDecimal: return {MakeDecimal(pick(aims_.shares), 2)};
    case Kind::kSet: return MakeList(info.element, depth);
    case Kind::kList: return MakeList(info.element, depth);
    case Kind::kJson: return Anything();
    case Kind::kMap: return MakeMap(ty, depth);
    case Kind::kRecord: break;
  }
  Value::Record record;
  for (const FieldModel& field : FieldsOf(ty)) {
    if (field.optional && Chance(random_, 0.3)) {
      if (Chance(random_, 0.5)) record.push_back({field.name, Value{}});  // null
      continue;
    }
    record.push_back({field.name, MakeValue(field.ty, depth + 1)});
  }
  // Records of generated modules are open.
  if (Chance(random_, 0.2)) record.push_back({"surplus", Anything()});
  return {record};
}

void RequestMaker::MakeArgument(RequestModel& request, size_t index) {
  const FieldModel& argument = action_.arguments[index];
  request.arguments[index] = MakeValue(argument.ty);
  if (argument.name == "currency") {
    request.arguments[index] = Value{std::string(Chance(random_, 0.9) ? "USD" : "EUR")};
  }
  const bool may_omit = argument.optional || argument.default_value.has_value();
  if (may_omit && Chance(random_, 0.25)) request.arguments[index].reset();
  if (argument.optional && Chance(random_, 0.15)) request.arguments[index] = Value{};  // null
}

/// A sibling's amount is written without a currency: it has the one that the sibling names.
void RequestMaker::FixCurrency(RequestModel& request) {
  uint32_t currency = kUsdId;
  for (size_t i = 0; i < action_.arguments.size(); ++i) {
    if (action_.arguments[i].name == "currency" && request.arguments[i]) {
      currency = std::get<std::string>(request.arguments[i]->v) == "USD" ? kUsdId : kEurId;
    }
  }
  for (size_t i = 0; i < action_.arguments.size(); ++i) {
    if (action_.arguments[i].ty == kSibling && request.arguments[i]) {
      std::get<Money>(request.arguments[i]->v).currency = currency;
    }
  }
}

RequestModel RequestMaker::Fresh() {
  RequestModel request;
  request.arguments.resize(action_.arguments.size());
  for (size_t i = 0; i < action_.arguments.size(); ++i) MakeArgument(request, i);
  for (const FactModel& fact : action_.facts) {
    request.facts.push_back({FactState::kGood, MakeValue(fact.ty)});
  }
  for (const FieldModel& field : LiveFields()) {
    LiveInputModel live{LiveState::kGood, MakeValue(field.ty)};
    if (field.optional && Chance(random_, 0.3)) live.state = LiveState::kMissing;
    request.live.push_back(live);
  }
  request.approvals = Below(random_, 4);
  FixCurrency(request);
  return request;
}

void RequestMaker::Mutate(RequestModel& request) {
  const size_t inputs = request.arguments.size() + request.facts.size() + request.live.size() + 2;
  size_t at = Below(random_, inputs);
  if (at < request.arguments.size()) {
    MakeArgument(request, at);
    return FixCurrency(request);
  }
  at -= request.arguments.size();
  if (at < request.facts.size()) {
    FactInputModel& fact = request.facts[at];
    const Ty ty = action_.facts[at].ty;
    fact.state = FactState::kGood;
    if (InfoOf(ty).kind != Kind::kRecord) {
      fact.value = MakeValue(ty);
      return;
    }
    // One field of the record, so that the others keep what already fits.
    const Value fresh = MakeValue(ty);
    const FieldModel& field = FieldsOf(ty)[Below(random_, FieldsOf(ty).size())];
    Value::Record mixed;
    for (const FieldModel& each : FieldsOf(ty)) {
      const auto& from = std::get<Value::Record>(each.name == field.name ? fresh.v : fact.value.v);
      const auto found = std::ranges::find(from, each.name, &Field::name);
      if (found != from.end()) mixed.push_back(*found);
    }
    fact.value = {mixed};
    return;
  }
  at -= request.facts.size();
  if (at < request.live.size()) {
    request.live[at] = {LiveState::kGood, MakeValue(LiveFields()[at].ty)};
    if (!LiveFields()[at].optional) return;
    if (Chance(random_, 0.3)) request.live[at].state = LiveState::kMissing;
    if (Chance(random_, 0.2)) request.live[at].value = Value{};  // null
    return;
  }
  if (at == request.live.size()) {
    request.approvals = Below(random_, 4);
  } else {
    request.now_us = aims_.instants[Below(random_, aims_.instants.size())];
  }
}

void RequestMaker::Break(RequestModel& request) {
  const size_t inputs = request.facts.size() * 3 + request.live.size();
  const size_t at = Below(random_, inputs);
  if (at < request.facts.size() * 3) {
    request.facts[at / 3].state = static_cast<FactState>(1 + Below(random_, 7));
  } else {
    request.live[at - request.facts.size() * 3].state =
        Chance(random_, 0.5) ? LiveState::kMissing : LiveState::kUnreadable;
  }
}

namespace {

void AddFacts(CallInputs& call, const ActionModel& action, const RequestModel& request) {
  for (size_t i = 0; i < action.facts.size(); ++i) {
    const FactModel& fact = action.facts[i];
    const FactInputModel& given = request.facts[i];
    if (given.state == FactState::kMissing) continue;
    FactInput input;
    input.name = fact.name;
    const std::optional<Value>& key = request.arguments[fact.key];
    input.key = {key ? *key : Value{std::string()}};  // without the argument: malformed anyway
    input.as_of_us = request.now_us - fact.within_us;  // as old as it may be
    input.attestor = fact.attestor.empty() ? "anybody" : fact.attestor;
    input.value = given.value;
    if (given.state == FactState::kWrongKey) input.key = {{std::string("other-object")}};
    if (given.state == FactState::kStale) input.as_of_us -= 1;
    if (given.state == FactState::kFuture) input.as_of_us = request.now_us + 3'000'000;
    if (given.state == FactState::kWrongAttestor) input.attestor = "stranger";
    if (given.state == FactState::kUnreadable) input.value = Fail("bad-value", "no such value");
    if (given.state == FactState::kDoubled) call.facts.push_back(input);
    call.facts.push_back(std::move(input));
  }
}

}  // namespace

CallInputs InputsOf(uint32_t tool, const ActionModel& action, const RequestModel& request) {
  CallInputs call;
  call.tool = tool;
  call.subject = kSubject;
  call.now_us = request.now_us;
  for (size_t i = 0; i < action.arguments.size(); ++i) {
    if (!request.arguments[i]) continue;
    call.arguments.emplace_back(action.arguments[i].name, *request.arguments[i]);
  }
  if (!request.undeclared.empty()) call.arguments.emplace_back(request.undeclared, Value{true});
  AddFacts(call, action, request);
  for (size_t i = 0; i < LiveFields().size(); ++i) {
    const LiveInputModel& live = request.live[i];
    if (live.state == LiveState::kMissing) continue;
    call.live.emplace_back(LiveFields()[i].name, live.value);
    if (live.state != LiveState::kGood) {
      call.live.back().second = Fail("bad-value", "no such value");
    }
  }
  for (size_t i = 0; i < kApproverNames.size(); ++i) {
    if ((request.approvals >> i & 1) != 0) call.approvers.emplace_back(kApproverNames[i]);
  }
  return call;
}

Frame BuildFrame(const Program& program, uint32_t tool, const ActionModel& action,
                 const RequestModel& request) {
  return test::BuildFrame(program, InputsOf(tool, action, request));
}

}  // namespace cap::diff
