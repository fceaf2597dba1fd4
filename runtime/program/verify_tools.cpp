// Tools, their frames' layouts, and the actions with their resources.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/layout.h"
#include "runtime/program/verify_context.h"
#include "runtime/value/text.h"

namespace cap::verify {
namespace {

// CapabilityRecord names a skeleton in 8 bits.
constexpr size_t kSkeletonsMax = 125;  // one byte of a record has other uses too

/// Walks the inputs of one tool in the order of their slots; every slot has exactly one owner.
class ToolVerifier {
 public:
  ToolVerifier(Context& context, uint32_t index)
      : context_(context), tool_(context.program.tools[index]), index_(index) {}

  bool Run();

 private:
  bool Arguments();
  bool Facts();
  bool EachFact(const FactDesc& fact);
  TypeIndex EachKeyType(const FactDesc& fact) const;
  bool LiveValues();
  bool Lets();
  bool Actions();
  bool Own(const std::string& name, TypeIndex type, uint32_t slot, SlotSource source,
           bool optional);
  bool CurrencySlot(const std::string& name, TypeIndex type, uint32_t slot);
  bool Fail(const std::string& where, std::string what) {
    return context_.Fail(fmt::format("tools[{}].{}", index_, where), std::move(what));
  }
  const Type& TypeOfSlot(uint32_t slot) const { return context_.TypeAt(tool_.slots[slot].type); }

  Context& context_;
  const Tool& tool_;
  uint32_t index_;
  std::unordered_set<std::string_view> names_;
  std::vector<bool> owned_;
  size_t owned_count_ = 0;
};

bool ToolVerifier::Own(const std::string& name, TypeIndex type, uint32_t slot, SlotSource source,
                       bool optional) {
  if (name.empty() || !IsUtf8(name)) return Fail(name, "the name is empty or not UTF-8");
  if (!names_.insert(name).second) return Fail(name, "the name stands there twice");
  if (type >= context_.program.types.size()) return Fail(name, "there is no such type");
  const TypeKind kind = context_.TypeAt(type).kind;
  if (kind == TypeKind::kApprovers || IsWritten(kind)) {
    return Fail(name, "approvers and tables are no input");
  }
  std::vector<SlotDesc> wanted;
  AppendSlots(context_.program, name, type, source, optional, wanted);
  if (slot > tool_.slots.size() || wanted.size() > tool_.slots.size() - slot) {
    return Fail(name, "its slots are past the last one");
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (tool_.slots[slot + i] != wanted[i]) {
      return Fail(name, fmt::format("slot {} does not fit its type", slot + i));
    }
    if (owned_[slot + i]) return Fail(name, fmt::format("slot {} has two owners", slot + i));
    owned_[slot + i] = true;
  }
  owned_count_ += wanted.size();
  return true;
}

bool ToolVerifier::CurrencySlot(const std::string& name, TypeIndex type, uint32_t slot) {
  const Type& t = context_.TypeAt(type);
  const bool sibling = t.kind == TypeKind::kMoney && t.form == MoneyForm::kSibling;
  if (sibling != (slot != kNone)) return Fail(name, "the currency slot is missing or unwanted");
  if (!sibling) return true;
  if (slot >= tool_.slots.size()) return Fail(name, "there is no such currency slot");
  const TypeKind kind = TypeOfSlot(slot).kind;
  if (kind != TypeKind::kString && kind != TypeKind::kEnum) {
    return Fail(name, "a currency is named by a string or an enum");
  }
  return true;
}

bool ToolVerifier::Arguments() {
  for (const ArgumentDesc& argument : tool_.arguments) {
    if (!Own(argument.name, argument.type, argument.slot, SlotSource::kArgument,
             argument.optional)) {
      return false;
    }
    if (!CurrencySlot(argument.name, argument.type, argument.currency_slot)) return false;
    if (argument.default_value != kNone &&
        !context_.ValueConforms(argument.default_value, argument.type)) {
      return Fail(argument.name, "the default does not fit the type");
    }
    if (!context_.SpanOk(argument.span)) return Fail(argument.name, "there is no such file");
  }
  return true;
}

TypeIndex ToolVerifier::EachKeyType(const FactDesc& fact) const {
  return ElementLeafType(context_.program, TypeOfSlot(fact.key_slots[0]).element,
                         fact.each_offset);
}

/// A fact for each element of a list is a list.
bool ToolVerifier::EachFact(const FactDesc& fact) {
  if (fact.key_slots.size() != 1 || fact.key_slots[0] >= tool_.slots.size()) {
    return Fail(fact.name, "a fact for each element has one key");
  }
  const TypeIndex list = tool_.slots[fact.key_slots[0]].type;
  const bool lists = context_.TypeAt(list).element != kNone &&
                     ClassOf(context_.program, list) == ValueClass::kList &&
                     context_.TypeAt(fact.type).kind == TypeKind::kList;
  if (!lists) return Fail(fact.name, "a fact for each element, and no list");
  if (fact.each_offset >= SlotsOf(context_.program, context_.TypeAt(list).element)) {
    return Fail(fact.name, "an element has no such slot");
  }
  return true;
}

bool ToolVerifier::Facts() {
  for (const FactDesc& fact : tool_.facts) {
    if (!Own(fact.name, fact.type, fact.slot, SlotSource::kFact, false)) return false;
    if (!CurrencySlot(fact.name, fact.type, fact.currency_slot)) return false;
    if (fact.key_slots.empty()) return Fail(fact.name, "a fact is keyed by an argument");
    if (fact.each_offset != kNone && !EachFact(fact)) return false;
    for (uint32_t slot : fact.key_slots) {
      if (slot >= tool_.slots.size() || tool_.slots[slot].source != SlotSource::kArgument) {
        return Fail(fact.name, "a key is no argument");
      }
      TypeKind kind = TypeOfSlot(slot).kind;
      if (fact.each_offset != kNone) kind = context_.TypeAt(EachKeyType(fact)).kind;
      if (!IsTextKind(kind) && kind != TypeKind::kInt && kind != TypeKind::kEnum) {
        return Fail(fact.name, "a key is a text, an int or an enum");
      }
    }
    if (fact.max_age_us < 0) return Fail(fact.name, "the age is negative");
    if (!IsUtf8(fact.attestor)) return Fail(fact.name, "the attestor is not UTF-8");
    if (!context_.SpanOk(fact.span)) return Fail(fact.name, "there is no such file");
  }
  return true;
}

bool ToolVerifier::LiveValues() {
  for (const LiveDesc& live : tool_.live) {
    if (!Own(live.name, live.type, live.slot, SlotSource::kLive, live.optional)) return false;
    if (!CurrencySlot(live.name, live.type, kNone)) return false;
    if (!context_.SpanOk(live.span)) return Fail(live.name, "there is no such file");
  }
  return true;
}

bool ToolVerifier::Lets() {
  for (const LetDesc& let : tool_.lets) {
    if (let.slot >= tool_.slots.size()) return Fail(let.name, "there is no such slot");
    const SlotDesc& own = tool_.slots[let.slot];
    if (!Own(let.name, own.type, let.slot, SlotSource::kLet, own.optional)) return false;
    const auto is_list = [&](TypeIndex type) {
      const TypeKind kind = context_.TypeAt(type).kind;
      return (kind == TypeKind::kList || kind == TypeKind::kSet) &&
             ClassOf(context_.program, type) == ValueClass::kList;
    };
    if (!is_list(own.type)) return Fail(let.name, "a let is a list");
    const TypeIndex element = context_.TypeAt(own.type).element;
    for (uint32_t slot : let.source_slots) {
      if (slot >= tool_.slots.size()) return Fail(let.name, "there is no such source");
      if (!is_list(tool_.slots[slot].type) ||
          !context_.SameRepresentation(TypeOfSlot(slot).element, element)) {
        return Fail(let.name, "a source is no list of these elements");
      }
      if (tool_.slots[slot].source == SlotSource::kLet && slot >= let.slot) {
        return Fail(let.name, "a source is made later");
      }
    }
  }
  return true;
}

bool ToolVerifier::Actions() {
  for (size_t i = 0; i < tool_.actions.size(); ++i) {
    const uint32_t action = tool_.actions[i];
    if (action >= context_.program.actions.size() ||
        context_.program.actions[action].tool != index_ ||
        std::ranges::count(tool_.actions, action) != 1) {
      return Fail("actions", "an action is missing, another tool's, or doubled");
    }
  }
  return true;
}

bool ToolVerifier::Run() {
  if (tool_.name.empty() || !IsUtf8(tool_.name)) return Fail("name", "it is empty or not UTF-8");
  if (tool_.slots.size() > limits::kFrameSlots) return Fail("slots", "there are too many");
  if (tool_.actions.size() > limits::kToolActions) return Fail("actions", "there are too many");
  for (const SlotDesc& slot : tool_.slots) {
    if (slot.type >= context_.program.types.size()) return Fail("slots", "there is no such type");
  }
  owned_.assign(tool_.slots.size(), false);
  if (!Arguments() || !Facts() || !LiveValues() || !Lets() || !Actions()) return false;
  if (owned_count_ != tool_.slots.size()) return Fail("slots", "a slot belongs to nothing");
  return true;
}

/// A cidr and a whole url hold separators, so that neither ever is one segment.
bool IsSegment(const ResourceHole& hole, TypeKind kind) {
  if (kind == TypeKind::kUrl) return hole.email_domain;
  return (IsTextKind(kind) && kind != TypeKind::kCidr) || kind == TypeKind::kInt ||
         kind == TypeKind::kEnum || kind == TypeKind::kInstant || kind == TypeKind::kDate;
}

bool VerifyHole(Context& context, const Action& action, const ResourceHole& hole,
                const std::string& where) {
  const Program& program = context.program;
  const Tool& tool = program.tools[action.tool];
  if (hole.type >= program.types.size() || !IsSegment(hole, context.TypeAt(hole.type).kind)) {
    return context.Fail(where, "the value of a hole is no text");
  }
  if (hole.email_domain && context.TypeAt(hole.type).kind != TypeKind::kEmail &&
      context.TypeAt(hole.type).kind != TypeKind::kUrl) {
    return context.Fail(where, "only an email has a domain, only a url a host");
  }
  TypeIndex source = kNone;
  if (hole.source == HoleSource::kSlot) {
    if (hole.index < tool.slots.size()) source = tool.slots[hole.index].type;
  } else if (hole.source == HoleSource::kElement && action.resource.each_slot != kNone) {
    const TypeIndex element =
        context.TypeAt(tool.slots[action.resource.each_slot].type).element;
    if (hole.index < SlotsOf(program, element)) {
      source = ElementLeafType(program, element, hole.index);
    }
  }
  if (source == kNone || !context.SameRepresentation(source, hole.type)) {
    return context.Fail(where, "the hole does not fit its source");
  }
  return true;
}

bool VerifyResource(Context& context, const Action& action, const std::string& where) {
  const Resource& resource = action.resource;
  const Tool& tool = context.program.tools[action.tool];
  if (!context.SpanOk(resource.span)) return context.Fail(where, "there is no such file");
  if (resource.holes.size() > limits::kResourceHoles) {
    return context.Fail(where, "there are too many holes");
  }
  if (!action.has_resource &&
      (!resource.holes.empty() || !resource.segments.empty() || resource.each_slot != kNone)) {
    return context.Fail(where, "there is a resource that should not be");
  }
  if (resource.each_slot != kNone) {
    if (resource.each_slot >= tool.slots.size()) return context.Fail(where, "no such list");
    const TypeIndex type = tool.slots[resource.each_slot].type;
    if (ClassOf(context.program, type) != ValueClass::kList ||
        context.TypeAt(type).kind == TypeKind::kRecord) {
      return context.Fail(where, "`each` is over no list");
    }
  }
  for (const ResourceHole& hole : resource.holes) {
    if (!VerifyHole(context, action, hole, where)) return false;
  }
  if (!IsUtf8(resource.scheme)) return context.Fail(where, "the scheme is not UTF-8");
  for (const ResourceSegment& segment : resource.segments) {
    if (segment.hole != kNone && segment.hole >= resource.holes.size()) {
      return context.Fail(where, "a segment names no hole");
    }
    if (!IsUtf8(segment.key) || !IsUtf8(segment.literal)) {
      return context.Fail(where, "a segment is not UTF-8");
    }
  }
  return true;
}

bool VerifyAction(Context& context, size_t index, std::unordered_set<std::string_view>& names) {
  const Program& program = context.program;
  const Action& action = program.actions[index];
  const std::string where = fmt::format("actions[{}]", index);
  if (action.name.empty() || !IsUtf8(action.name) || !names.insert(action.name).second) {
    return context.Fail(where, "the name is empty, doubled or not UTF-8");
  }
  if (action.risk > Risk::kCritical) return context.Fail(where, "there is no such risk");
  if (action.tool >= program.tools.size()) return context.Fail(where, "there is no such tool");
  if (std::ranges::count(program.tools[action.tool].actions, index) != 1) {
    return context.Fail(where, "its tool does not know it");
  }
  if (!VerifyResource(context, action, where + ".resource")) return false;
  if (action.skeletons.size() > kSkeletonsMax) return context.Fail(where, "too many skeletons");
  for (size_t i = 0; i < action.skeletons.size(); ++i) {
    if (action.skeletons[i] >> action.resource.holes.size() != 0 ||
        std::ranges::count(action.skeletons, action.skeletons[i]) != 1) {
      return context.Fail(where, "a skeleton is doubled or names no hole");
    }
  }
  return context.SpanOk(action.span) || context.Fail(where, "there is no such file");
}

/// `names`: of all tools. A wrapper is none of them, or a call would have two meanings.
bool VerifyWrappers(Context& context, std::unordered_set<std::string_view> names) {
  for (size_t i = 0; i < context.program.wrappers.size(); ++i) {
    const Wrapper& wrapper = context.program.wrappers[i];
    const std::string where = fmt::format("wrappers[{}]", i);
    if (wrapper.tool.empty() || !IsUtf8(wrapper.tool) || !names.insert(wrapper.tool).second) {
      return context.Fail(where, "the tool is empty, doubled or not UTF-8");
    }
    if (!IsUtf8(wrapper.tool_member) || !IsUtf8(wrapper.arguments_member) ||
        wrapper.tool_member == wrapper.arguments_member) {
      return context.Fail(where, "its members are one, or not UTF-8");
    }
    if (!context.SpanOk(wrapper.span)) return context.Fail(where, "there is no such file");
  }
  return true;
}

}  // namespace

bool VerifyTools(Context& context) {
  const Program& program = context.program;
  if (program.actions.size() > limits::kActions) {
    return context.Fail("actions", "there are too many");
  }
  std::unordered_set<std::string_view> names;
  for (uint32_t i = 0; i < program.tools.size(); ++i) {
    if (!ToolVerifier(context, i).Run()) return false;
    if (!names.insert(program.tools[i].name).second) {
      return context.Fail(fmt::format("tools[{}]", i), "the name stands there twice");
    }
  }
  if (!VerifyWrappers(context, std::move(names))) return false;
  names.clear();
  for (size_t i = 0; i < program.actions.size(); ++i) {
    if (!VerifyAction(context, i, names)) return false;
  }
  for (size_t i = 0; i < program.tools.size(); ++i) {
    if (program.tools[i].layout_hash != LayoutHash(program, program.tools[i])) {
      return context.Fail(fmt::format("tools[{}].layout_hash", i), "it is not the layout's");
    }
  }
  return true;
}

}  // namespace cap::verify
