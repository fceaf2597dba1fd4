#include "runtime/engine/delegate.h"

#include <algorithm>
#include <bit>
#include <set>
#include <tuple>

#include "runtime/engine/narrower.h"
#include "runtime/engine/program_state.h"
#include "runtime/engine/show.h"
#include "runtime/engine/value_bytes.h"
#include "runtime/frame/encode.h"
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
  AppendNumber(only.values.size(), bytes);
  for (const Value& value : only.values) AppendValue(value, bytes);
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

Result<void> ChainFolder::Begin(Delegation& delegation) {
  for (const uint32_t index : program_.policies[policy_].capabilities) {
    const Capability& capability = program_.capabilities[index];
    auto constants =
        ConstantsOf(program_, capability.shape, capability.consts, bound_, values_);
    if (!constants) return std::unexpected(constants.error());
    descents_.push_back({index, std::move(*constants)});
  }
  std::ranges::sort(descents_, {}, &Descent::capability);
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
  for (const Narrowing& narrowing : link.narrow) {
    if (auto done = Narrow(narrowing); !done) return done;
  }
  for (const Only& only : link.only) {
    if (auto done = Confine(only, delegation); !done) return done;
  }
  if (auto done = Close(delegation); !done) return done;
  delegation.blocks.back().hash = hash_.Text({}, 'B', PackLink(link));
  return {};
}

/// Every parameter of that name, of every capability of that name, is narrowed.
Result<void> ChainFolder::Narrow(const Narrowing& narrowing) {
  bool found = false;
  for (Descent& descent : descents_) {
    const Capability& capability = program_.capabilities[descent.capability];
    if (capability.name != narrowing.capability) continue;
    for (const CapabilityParameter& parameter : capability.parameters) {
      if (parameter.constraint + "." + parameter.name != narrowing.parameter) continue;
      found = true;
      if (auto done = NarrowOne(parameter, narrowing, descent); !done) return done;
    }
  }
  if (found) return {};
  return Fail("unknown-parameter", "capability `" + narrowing.capability +
                                       "` has no parameter `" + narrowing.parameter +
                                       "` that can be narrowed");
}

Result<void> ChainFolder::NarrowOne(const CapabilityParameter& parameter,
                                    const Narrowing& narrowing, Descent& descent) {
  const std::string name = "`" + narrowing.capability + "." + narrowing.parameter + "`";
  TypedSlot& above = descent.constants[parameter.const_index];
  // What is encoded here lives until the constants are interned, as the chain does.
  auto own = EncodeConstant(program_, parameter.type, narrowing.value, values_);
  if (!own) return Fail("bad-value", name + ": " + own.error().message);
  if (!IsAsTight(program_, parameter.type, parameter.order, *own, above.slot)) {
    return Fail("widening", name + " is " + ShowSlot(program_, parameter.type, above.slot) +
                                " and cannot become " +
                                ShowSlot(program_, parameter.type, *own));
  }
  above.slot = *own;
  return {};
}

/// Keeps what is left of every capability as one more block.
Result<void> ChainFolder::Close(Delegation& delegation) {
  DelegationBlock& block = delegation.blocks.emplace_back();
  for (const Descent& descent : descents_) {
    auto slots = state_.pool.Intern(descent.constants);
    if (!slots) return std::unexpected(slots.error());
    block.constants.push_back({descent.capability, *slots});
  }
  return {};
}

Result<void> ChainFolder::Confine(const Only& only, Delegation& delegation) {
  std::set<uint32_t> tools;
  for (const Descent& descent : descents_) {
    tools.insert(program_.actions[program_.capabilities[descent.capability].action].tool);
  }
  bool known = false;
  for (const uint32_t tool : tools) {
    known = known || std::ranges::find(program_.tools[tool].arguments, only.argument,
                                       &ArgumentDesc::name) !=
                         program_.tools[tool].arguments.end();
    if (auto done = ConfineTool(only, tool, delegation); !done) return done;
  }
  if (known) return {};
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

bool IsScalar(const Program& program, TypeIndex type) {
  const ValueClass value_class = ClassOf(program, type);
  return value_class != ValueClass::kList && value_class != ValueClass::kMask;
}

}  // namespace

Result<void> ChainFolder::ConfineTool(const Only& only, uint32_t tool, Delegation& delegation) {
  OnlyTest& test = delegation.only.emplace_back();
  test.tool = tool;
  test.argument = only.argument;
  const std::vector<ArgumentDesc>& arguments = program_.tools[tool].arguments;
  const auto found = std::ranges::find(arguments, only.argument, &ArgumentDesc::name);
  if (found == arguments.end()) {
    // Without the argument a call is within `absent`, and outside of all else.
    if (only.kind == Only::Kind::kAbsent) delegation.only.pop_back();
    return {};
  }
  test.slot = found->slot;
  test.type = found->type;
  if (only.kind == Only::Kind::kAbsent) {
    test.kind = OnlyTest::Kind::kAbsent;
    return {};
  }
  TypeIndex scalar = found->type;
  const Type& type = program_.types[found->type];
  if (type.kind == TypeKind::kSet || type.kind == TypeKind::kList) {
    test.of_elements = true;
    scalar = type.element;
  }
  if (!IsScalar(program_, scalar)) {
    return Fail("bad-only", "`" + only.argument + "` is no single value, nor a list of them");
  }
  if (auto done = FillTest(program_, scalar, only, delegation.arena, test); !done) return done;
  switch (only.kind) {
    case Only::Kind::kOneOf: test.kind = OnlyTest::Kind::kOneOf; break;
    case Only::Kind::kRange: test.kind = OnlyTest::Kind::kRange; break;
    case Only::Kind::kPrefix: test.kind = OnlyTest::Kind::kPrefix; break;
    case Only::Kind::kAbsent: break;
  }
  if (ClassOf(program_, found->type) != ValueClass::kMask) return {};
  if (only.kind != Only::Kind::kOneOf) {
    return Fail("bad-only", "`" + only.argument + "` is a set of names: it has no order");
  }
  test.low = {};
  for (const Slot& member : test.members) test.low.lo |= uint64_t{1} << member.lo;
  return {};
}

void ReleaseConstants(ProgramState& state, const Delegation& delegation) {
  for (const DelegationBlock& block : delegation.blocks) {
    for (const DelegationBlock::Constants& each : block.constants) state.pool.Release(each.slots);
  }
}

}  // namespace cap::engine
