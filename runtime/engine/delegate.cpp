#include "runtime/engine/delegate.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <tuple>

#include "runtime/engine/limit_parameter.h"
#include "runtime/engine/narrower.h"
#include "runtime/engine/program_state.h"
#include "runtime/engine/show.h"
#include "runtime/engine/value_bytes.h"
#include "runtime/frame/encode.h"
#include "runtime/value/duration.h"
#include "runtime/value/text.h"

namespace cap::engine {
namespace {

void AppendText(std::string_view text, std::string& bytes) {
  AppendValue({std::string(text)}, bytes);
}
void AppendNumber(size_t number, std::string& bytes) {
  AppendValue({static_cast<int64_t>(number)}, bytes);
}
void AppendMaybe(const std::optional<Value>& value, std::string& bytes) {
  AppendNumber(value.has_value() ? 1 : 0, bytes);
  if (value) AppendValue(*value, bytes);
}

std::string ReadText(std::string_view bytes, size_t& at) {
  return std::get<std::string>(ReadValue(bytes, at).v);
}
size_t ReadNumber(std::string_view bytes, size_t& at) {
  return static_cast<size_t>(std::get<int64_t>(ReadValue(bytes, at).v));
}
std::optional<Value> ReadMaybe(std::string_view bytes, size_t& at) {
  if (ReadNumber(bytes, at) == 0) return std::nullopt;
  return ReadValue(bytes, at);
}

std::string PackOnly(const Only& only) {
  std::string bytes;
  AppendText(only.argument, bytes);
  AppendNumber(static_cast<size_t>(only.kind), bytes);
  std::set<std::string> values;
  for (const Value& value : only.values) {
    std::string one;
    AppendValue(value, one);
    values.insert(std::move(one));
  }
  AppendNumber(values.size(), bytes);
  for (const std::string& value : values) bytes += value;
  AppendMaybe(only.low, bytes);
  AppendMaybe(only.high, bytes);
  return bytes;
}

Only ReadOnly(std::string_view bytes, size_t& at) {
  Only only;
  only.argument = ReadText(bytes, at);
  only.kind = static_cast<Only::Kind>(ReadNumber(bytes, at));
  for (size_t left = ReadNumber(bytes, at); left > 0; --left) {
    only.values.push_back(ReadValue(bytes, at));
  }
  only.low = ReadMaybe(bytes, at);
  only.high = ReadMaybe(bytes, at);
  return only;
}

DelegationSpec ReadLink(std::string_view bytes, size_t& at) {
  DelegationSpec link;
  link.subject = ReadText(bytes, at);
  for (size_t left = ReadNumber(bytes, at); left > 0; --left) {
    link.capabilities.push_back(ReadText(bytes, at));
  }
  for (size_t left = ReadNumber(bytes, at); left > 0; --left) {
    Narrowing& narrowing = link.narrow.emplace_back();
    narrowing.capability = ReadText(bytes, at);
    narrowing.parameter = ReadText(bytes, at);
    narrowing.value = ReadValue(bytes, at);
  }
  for (size_t left = ReadNumber(bytes, at); left > 0; --left) {
    link.only.push_back(ReadOnly(bytes, at));
  }
  return link;
}

}  // namespace

std::string PackLink(const DelegationSpec& link) {
  std::string bytes;
  AppendText(link.subject, bytes);
  const std::set<std::string> capabilities(link.capabilities.begin(), link.capabilities.end());
  AppendNumber(capabilities.size(), bytes);
  for (const std::string& capability : capabilities) AppendText(capability, bytes);
  std::vector<const Narrowing*> narrow;
  for (const Narrowing& each : link.narrow) narrow.push_back(&each);
  std::ranges::stable_sort(narrow, {}, [](const Narrowing* each) {
    return std::tie(each->capability, each->parameter);
  });
  AppendNumber(narrow.size(), bytes);
  for (const Narrowing* each : narrow) {
    AppendText(each->capability, bytes);
    AppendText(each->parameter, bytes);
    AppendValue(each->value, bytes);
  }
  std::set<std::string> only;
  for (const Only& each : link.only) only.insert(PackOnly(each));
  AppendNumber(only.size(), bytes);
  for (const std::string& each : only) bytes += each;
  return bytes;
}

std::string PackChain(const Chain& chain) {
  std::string bytes;
  AppendText(chain.root, bytes);
  AppendNumber(chain.links.size(), bytes);
  for (const DelegationSpec& link : chain.links) bytes += PackLink(link);
  return bytes;
}

Chain UnpackChain(std::string_view bytes) {
  Chain chain;
  size_t at = 0;
  chain.root = ReadText(bytes, at);
  for (size_t left = ReadNumber(bytes, at); left > 0; --left) {
    chain.links.push_back(ReadLink(bytes, at));
  }
  return chain;
}

ChainFolder::ChainFolder(ProgramState& state, const CounterHash& hash, uint32_t policy,
                         const std::vector<TypedSlot>& bound, const Chain& chain)
    : state_(state),
      program_(*state.program),
      hash_(hash),
      policy_(policy),
      bound_(bound),
      chain_(chain) {}

Result<std::unique_ptr<Delegation>> ChainFolder::Fold() {
  auto delegation = std::make_unique<Delegation>();
  delegation->subject = chain_.root;
  if (auto done = Fill(*delegation); !done) {
    ReleaseConstants(state_, *delegation);
    return std::unexpected(done.error());
  }
  return delegation;
}

Result<void> ChainFolder::Fill(Delegation& delegation) {
  if (auto done = Begin(delegation); !done) return done;
  for (const DelegationSpec& link : chain_.links) {
    if (auto done = Link(link, delegation); !done) return done;
  }
  return {};
}

/// The constants of a capability or shared limit, as the mint has them.
template <typename Rule>
Result<void> ChainFolder::BeginOne(uint32_t index, const Rule& rule,
                                   std::vector<Descent>& into) {
  auto constants = ConstantsOf(program_, rule.shape, rule.consts, bound_, values_);
  if (!constants) return std::unexpected(constants.error());
  into.push_back({index, std::move(*constants)});
  return {};
}

Result<void> ChainFolder::Begin(Delegation& delegation) {
  const Policy& policy = program_.policies[policy_];
  for (const uint32_t index : policy.capabilities) {
    auto done = BeginOne(index, program_.capabilities[index], descents_);
    if (!done) return done;
  }
  const bool shared = std::ranges::any_of(chain_.links, [](const DelegationSpec& link) {
    return std::ranges::any_of(link.narrow, [](const Narrowing& narrowing) {
      return LimitName(narrowing.capability).has_value();
    });
  });
  for (const uint32_t index : shared ? policy.limits : std::vector<uint32_t>()) {
    if (auto done = BeginOne(index, program_.limits[index], limits_); !done) return done;
  }
  std::ranges::sort(descents_, {}, &Descent::capability);
  std::ranges::sort(limits_, {}, &Descent::capability);
  return Close(delegation);
}

Result<void> ChainFolder::Link(const DelegationSpec& link, Delegation& delegation) {
  for (const std::string& name : link.capabilities) {
    if (std::ranges::any_of(descents_, [&](const Descent& each) {
          return program_.capabilities[each.capability].name == name;
        })) {
      continue;
    }
    return Fail("unknown-capability", "the grant has no capability `" + name + "` to delegate");
  }
  std::erase_if(descents_, [&](const Descent& each) {
    return std::ranges::find(link.capabilities, program_.capabilities[each.capability].name) ==
           link.capabilities.end();
  });
  // What is said without effect makes no other counter of the same.
  DelegationSpec said{.subject = link.subject, .capabilities = link.capabilities};
  for (const Narrowing& narrowing : link.narrow) {
    const Result<bool> done = Narrow(narrowing);
    if (!done) return std::unexpected(done.error());
    if (*done) said.narrow.push_back(narrowing);
  }
  for (const Only& only : link.only) {
    const Result<bool> done = Confine(only, delegation);
    if (!done) return std::unexpected(done.error());
    if (*done) said.only.push_back(only);
  }
  if (auto done = Close(delegation); !done) return done;
  delegation.blocks.back().hash = hash_.Text({}, 'B', PackLink(said));
  return {};
}

/// Every parameter of that name, of every capability of that name, is narrowed.
Result<bool> ChainFolder::Narrow(const Narrowing& narrowing) {
  if (const auto limit = LimitName(narrowing.capability)) return NarrowLimit(*limit, narrowing);
  bool found = false, said = false;
  for (Descent& descent : descents_) {
    const Capability& capability = program_.capabilities[descent.capability];
    if (capability.name != narrowing.capability) continue;
    const Shape& shape = program_.shapes[capability.shape];
    for (const CapabilityParameter& parameter : capability.parameters) {
      if (parameter.constraint + "." + parameter.name != narrowing.parameter) continue;
      found = true;
      const TypeIndex constant = shape.const_types[parameter.const_index];
      Target target{parameter.const_index, parameter.type, parameter.order,
                    IsInterval(program_, parameter.type, constant)};
      if (target.interval) {
        target.type = constant;
        // A longer time between two calls is a smaller rate.
        if (target.order == ParameterOrder::kAtLeast) target.order = ParameterOrder::kAtMost;
      }
      const Result<bool> done = NarrowOne(target, narrowing, descent);
      if (!done) return done;
      said = said || *done;
    }
  }
  if (found) return said;
  return Fail("unknown-parameter", "capability `" + narrowing.capability +
                                       "` has no parameter `" + narrowing.parameter +
                                       "` that can be narrowed");
}

/// … of every action that the limit is for.
Result<bool> ChainFolder::NarrowLimit(std::string_view limit, const Narrowing& narrowing) {
  bool found = false, said = false;
  for (Descent& descent : limits_) {
    const SharedLimit& shared = program_.limits[descent.capability];
    if (shared.name != limit) continue;
    const auto parameter = FindLimitParameter(program_, shared, narrowing.parameter);
    if (!parameter) continue;
    found = true;
    const Result<bool> done = NarrowOne({parameter->const_index, parameter->type,
                                         parameter->order, parameter->interval},
                                        narrowing, descent);
    if (!done) return done;
    said = said || *done;
  }
  if (found) return said;
  return Fail("unknown-parameter", "the grant has no `" + narrowing.capability + "` with a `" +
                                       narrowing.parameter + "` that can be narrowed");
}

/// The value as the constant that it is to become. What is encoded lives until the constants are
/// interned, as the chain does.
Result<Slot> ChainFolder::Encode(const Target& target, const Value& value) {
  if (!target.interval) return EncodeConstant(program_, target.type, value, values_);
  const auto* interval = std::get_if<Duration>(&value.v);
  if (interval == nullptr) return Fail("bad-value", "a duration is wanted");
  if (interval->us < limits::kRateIntervalUs || interval->us > limits::kTimeUs) {
    return Fail("bad-value", "no such time between two calls is counted");
  }
  return EncodeConstant(program_, target.type, Value{Rate{1, interval->us}}, values_);
}

Result<bool> ChainFolder::NarrowOne(const Target& target, const Narrowing& narrowing,
                                    Descent& descent) {
  const std::string name = "`" + narrowing.capability + "." + narrowing.parameter + "`";
  TypedSlot& above = descent.constants[target.const_index];
  auto own = Encode(target, narrowing.value);
  if (!own) return Fail("bad-value", name + ": " + own.error().message);
  const auto show = [&](const Slot& slot) {
    if (!target.interval) return ShowSlot(program_, target.type, slot);
    return FormatDuration({static_cast<int64_t>(slot.hi / slot.lo)});
  };
  if (!IsAsTight(program_, target.type, target.order, *own, above.slot)) {
    return Fail("widening", name + " is " + show(above.slot) + " and cannot become " + show(*own));
  }
  // Of two that are each as tight as the other, either is the other.
  const bool same = IsAsTight(program_, target.type, target.order, above.slot, *own);
  above.slot = *own;
  return !same;
}

/// Keeps what is left of every capability as one more block.
Result<void> ChainFolder::Close(Delegation& delegation) {
  DelegationBlock& block = delegation.blocks.emplace_back();
  for (const Descent& descent : descents_) {
    auto slots = state_.pool.Intern(
        descent.constants,
        state_.plan->Templates(program_, descent.capability, descent.constants));
    if (!slots) return std::unexpected(slots.error());
    block.constants.push_back({descent.capability, *slots});
  }
  for (const Descent& descent : limits_) {
    auto slots = state_.pool.Intern(descent.constants);
    if (!slots) return std::unexpected(slots.error());
    block.limits.push_back({descent.capability, *slots});
  }
  return {};
}

Result<bool> ChainFolder::Confine(const Only& only, Delegation& delegation) {
  std::set<uint32_t> tools;
  for (const Descent& descent : descents_) {
    tools.insert(program_.actions[program_.capabilities[descent.capability].action].tool);
  }
  bool known = false, said = false;
  for (const uint32_t tool : tools) {
    known = known || std::ranges::find(program_.tools[tool].arguments, only.argument,
                                       &ArgumentDesc::name) !=
                         program_.tools[tool].arguments.end();
    const Result<bool> done = ConfineTool(only, tool, delegation);
    if (!done) return done;
    said = said || *done;
  }
  if (known) return said;
  return Fail("bad-only", "no tool of the capabilities has an argument `" + only.argument + "`");
}

namespace {

Result<Slot> BoundOf(const Program& program, TypeIndex type, const Value& value, Arena& arena) {
  auto slot = EncodeConstant(program, type, value, arena);
  if (!slot) return Fail("bad-only", slot.error().message);
  return slot;
}

/// Fills in what is held against a value of the scalar type.
Result<void> FillTest(const Program& program, TypeIndex type, const Only& only, Arena& arena,
                      OnlyTest& test) {
  const bool text = IsTextKind(program.types[type].kind);
  const bool ordered = ClassOf(program, type) == ValueClass::kWord ||
                       ClassOf(program, type) == ValueClass::kMoney ||
                       ClassOf(program, type) == ValueClass::kDecimal;
  if (only.kind == Only::Kind::kRange && (!ordered || (!only.low && !only.high))) {
    return Fail("bad-only", "`" + only.argument + "` has no range");
  }
  if (only.kind == Only::Kind::kPrefix && (!text || only.values.size() != 1)) {
    return Fail("bad-only", "`" + only.argument + "` has no prefix");
  }
  for (const Value& value : only.values) {
    auto slot = BoundOf(program, type, value, arena);
    if (!slot) return std::unexpected(slot.error());
    test.members.push_back(*slot);
  }
  if (only.kind == Only::Kind::kPrefix) test.low = test.members.front();
  test.has_low = only.low.has_value();
  test.has_high = only.high.has_value();
  for (const auto& [bound, slot] : {std::pair(&only.low, &test.low), {&only.high, &test.high}}) {
    if (!bound->has_value()) continue;
    auto encoded = BoundOf(program, type, **bound, arena);
    if (!encoded) return std::unexpected(encoded.error());
    *slot = *encoded;
  }
  return {};
}

/// Whether every value of the type passes, as far as its type alone says.
bool HoldsForAll(const Program& program, TypeIndex type, const OnlyTest& test) {
  const Type& of = program.types[type];
  switch (test.kind) {
    case OnlyTest::Kind::kPrefix:
      return of.kind == TypeKind::kString && CountOf(test.low) == 0;
    case OnlyTest::Kind::kOneOf: {
      if (of.kind != TypeKind::kEnum) return false;
      std::set<uint64_t> members;
      for (const Slot& member : test.members) members.insert(member.lo);
      return members.size() == program.enums[of.ref].members.size();
    }
    case OnlyTest::Kind::kRange: {
      const auto number = [](const Slot& slot) { return static_cast<int64_t>(slot.lo); };
      constexpr auto kLeast = std::numeric_limits<int64_t>::min();
      constexpr auto kMost = std::numeric_limits<int64_t>::max();
      const bool money = of.kind == TypeKind::kMoney && of.currency != 0;
      if (!money && of.kind != TypeKind::kInt) return false;
      const int64_t least = money && !of.is_signed ? 0 : kLeast;
      return (!test.has_low || number(test.low) <= least) &&
             (!test.has_high || number(test.high) == kMost);
    }
    case OnlyTest::Kind::kAbsent:
    case OnlyTest::Kind::kNever: return false;
  }
  return false;
}

bool IsScalar(const Program& program, TypeIndex type) {
  const ValueClass value_class = ClassOf(program, type);
  return value_class != ValueClass::kList && value_class != ValueClass::kMask;
}

}  // namespace

Result<bool> ChainFolder::ConfineTool(const Only& only, uint32_t tool, Delegation& delegation) {
  OnlyTest test;
  test.tool = tool;
  test.argument = only.argument;
  const std::vector<ArgumentDesc>& arguments = program_.tools[tool].arguments;
  const auto found = std::ranges::find(arguments, only.argument, &ArgumentDesc::name);
  const bool absent = only.kind == Only::Kind::kAbsent;
  if (found == arguments.end()) {
    // Without the argument a call is within `absent`, and outside of all else.
    if (!absent) delegation.only.push_back(std::move(test));
    return !absent;
  }
  test.slot = found->slot;
  test.type = found->type;
  test.kind = absent ? OnlyTest::Kind::kAbsent : OnlyTest::Kind::kNever;
  const Result<bool> says = absent ? Result<bool>(true) : Test(only, *found, delegation, test);
  if (!says) return says;
  delegation.only.push_back(std::move(test));
  return says;
}

/// What is held against the argument's value. False: it holds for every call.
Result<bool> ChainFolder::Test(const Only& only, const ArgumentDesc& argument,
                               Delegation& delegation, OnlyTest& test) {
  TypeIndex scalar = argument.type;
  const Type& type = program_.types[argument.type];
  if (type.kind == TypeKind::kSet || type.kind == TypeKind::kList) {
    test.of_elements = true;
    scalar = type.element;
  }
  if (!IsScalar(program_, scalar)) {
    return Fail("bad-only", "`" + only.argument + "` is no single value, nor a list of them");
  }
  if (auto done = FillTest(program_, scalar, only, delegation.arena, test); !done) {
    return std::unexpected(done.error());
  }
  switch (only.kind) {
    case Only::Kind::kOneOf: test.kind = OnlyTest::Kind::kOneOf; break;
    case Only::Kind::kRange: test.kind = OnlyTest::Kind::kRange; break;
    case Only::Kind::kPrefix: test.kind = OnlyTest::Kind::kPrefix; break;
    case Only::Kind::kAbsent: break;
  }
  if (ClassOf(program_, argument.type) == ValueClass::kMask) {
    if (only.kind != Only::Kind::kOneOf) {
      return Fail("bad-only", "`" + only.argument + "` is a set of names: it has no order");
    }
    test.low = {};
    for (const Slot& member : test.members) test.low.lo |= uint64_t{1} << member.lo;
  }
  return argument.optional || !HoldsForAll(program_, scalar, test);
}

void ReleaseConstants(ProgramState& state, const Delegation& delegation) {
  for (const DelegationBlock& block : delegation.blocks) {
    for (const DelegationBlock::Constants& each : block.constants) state.pool.Release(each.slots);
    for (const DelegationBlock::Constants& each : block.limits) state.pool.Release(each.slots);
  }
}

}  // namespace cap::engine
