#include "runtime/frame/seal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/frame/canonical.h"
#include "runtime/frame/describe.h"
#include "runtime/frame/resource_texts.h"
#include "runtime/program/layout.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

template <typename Range>
auto FindNamed(Range& range, std::string_view name) -> decltype(&*range.begin()) {
  const auto it = std::ranges::find_if(range, [&](const auto& x) { return x.name == name; });
  return it == range.end() ? nullptr : &*it;
}

bool IsNull(const Value& value) { return std::holds_alternative<std::monostate>(value.v); }

/// The name of an element of `given` that stands twice, or null.
template <typename Range>
const std::string* FindDoubled(const Range& given) {
  for (auto it = given.begin(); it != given.end(); ++it) {
    const auto same = [&](const auto& other) { return other.name == it->name; };
    if (std::find_if(std::next(it), given.end(), same) != given.end()) return &it->name;
  }
  return nullptr;
}

template <typename Range, typename Declared>
const std::string* FindUndeclared(const Range& given, const Declared& declared) {
  for (const auto& one : given) {
    if (FindNamed(declared, one.name) == nullptr) return &one.name;
  }
  return nullptr;
}

constexpr EncodeOptions kOptions{.arena_bytes = limits::kFrameBytes};

FaultNote NoteOf(const Error& error) {
  return error.code == "oversize" ? FaultNote::kOversize : FaultNote::kBadValue;
}
MalformedKind KindOf(const Error& error) {
  return error.code == "oversize" ? MalformedKind::kOversize : MalformedKind::kBadArgument;
}

void SetBit(uint64_t (&mask)[2], uint32_t slot) { mask[slot >> 6] |= uint64_t{1} << (slot & 63); }
void ClearBit(uint64_t (&mask)[2], uint32_t slot) {
  mask[slot >> 6] &= ~(uint64_t{1} << (slot & 63));
}

}  // namespace

Sealer::Sealer(const FrameBuilder& inputs)
    : in_(inputs), program_(inputs.program_), out_(std::make_unique<Frame::Impl>()) {}

Frame Sealer::Run() {
  if (in_.tool_ >= program_.tools.size()) {
    return Frame::Refused({MalformedKind::kUnknownTool, "", "no tool has this index", {}});
  }
  tool_ = &program_.tools[in_.tool_];
  out_->tool = in_.tool_;
  out_->subject = in_.subject_;
  OpenHeader();
  bool good = CheckCounts() && CheckNames() && PutArguments(false);
  if (good) {
    // An amount whose currency a fact names waits for the fact; a fact is keyed by arguments that
    // are no amounts. So two rounds are enough, and neither input can wait for itself.
    PutFacts(false);
    good = PutArguments(true);
  }
  if (good) {
    PutFacts(true);
    PutLive();
    PutLets();
    good = PutResources() && CheckResource();
  }
  if (!good) return Frame::Refused(std::move(out_->malformed), in_.tool_);
  FormCanonical();
  PutApprovals();
  return Frame(std::move(out_));
}

void Sealer::OpenHeader() {
  const size_t size = sizeof(FrameHeader) + tool_->slots.size() * sizeof(Slot);
  auto* header = static_cast<FrameHeader*>(out_->arena.Allocate(size, alignof(FrameHeader)));
  header->layout_hash = tool_->layout_hash;
  header->now_us = in_.now_us_;
  header->tool = in_.tool_;
  header->slot_count = static_cast<uint32_t>(tool_->slots.size());
  out_->header = header;
  using Texts = std::span<const ResourceTexts>;
  const size_t count = tool_->actions.size();
  auto* texts = static_cast<Texts*>(out_->arena.Allocate(count * sizeof(Texts), alignof(Texts)));
  std::uninitialized_value_construct_n(texts, count);
  out_->resources = {texts, count};
}

bool Sealer::PutResources() {
  for (size_t nth = 0; nth < tool_->actions.size(); ++nth) {
    const Action& action = program_.actions[tool_->actions[nth]];
    if (!action.has_resource) continue;
    auto derived = DeriveResources(program_, action, out_->header, out_->arena);
    if (!derived) {
      return Refuse(MalformedKind::kOversize, "resource", derived.error().message, {});
    }
    out_->resources[nth] = *derived;
  }
  return true;
}

bool Sealer::Refuse(MalformedKind kind, std::string_view name, std::string detail, Span span) {
  out_->malformed = {kind, SafeName(name), std::move(detail), span};
  return false;
}

bool Sealer::CheckCounts() {
  if (in_.facts_.size() > limits::kFacts) {
    return Refuse(MalformedKind::kOversize, "facts", "too many facts", {});
  }
  if (in_.approvals_.size() > limits::kApprovals) {
    return Refuse(MalformedKind::kOversize, "approvals", "too many approvals", {});
  }
  return true;
}

bool Sealer::CheckNames() {
  for (const FrameBuilder::Given& given : in_.arguments_) {
    if (FindNamed(tool_->arguments, given.name) != nullptr) continue;
    std::string detail = given.value ? DescribeValue(*given.value) : given.value.error().message;
    return Refuse(MalformedKind::kUndeclaredArgument, given.name, std::move(detail), {});
  }
  for (const auto* given : {&in_.arguments_, &in_.live_}) {
    if (const std::string* name = FindDoubled(*given)) {
      return Refuse(MalformedKind::kDuplicateKey, *name, "given twice", {});
    }
  }
  for (const ArgumentDesc& argument : tool_->arguments) {
    if (argument.optional || argument.default_value != kNone) continue;
    if (FindNamed(in_.arguments_, argument.name) != nullptr) continue;
    return Refuse(MalformedKind::kMissingArgument, argument.name, "", argument.span);
  }
  if (const std::string* name = FindUndeclared(in_.facts_, tool_->facts)) {
    return Refuse(MalformedKind::kUndeclaredFact, *name, "", {});
  }
  if (const std::string* name = FindUndeclared(in_.live_, tool_->live)) {
    return Refuse(MalformedKind::kUndeclaredLive, *name, "", {});
  }
  return true;
}

bool Sealer::PutArguments(bool with_sibling) {
  return std::ranges::all_of(tool_->arguments, [&](const ArgumentDesc& argument) {
    return (argument.currency_slot != kNone) != with_sibling || PutArgument(argument);
  });
}

bool Sealer::PutArgument(const ArgumentDesc& argument) {
  const FrameBuilder::Given* given = FindNamed(in_.arguments_, argument.name);
  if (given != nullptr && !given->value) {
    const Error& error = given->value.error();
    return Refuse(KindOf(error), argument.name, error.message, argument.span);
  }
  if (given == nullptr && argument.default_value == kNone) return true;  // optional, left out
  const Value& value = given != nullptr ? *given->value : program_.values[argument.default_value];
  if (IsNull(value) && argument.optional) {
    *SlotAt(argument.slot) = kNullSlot;
    return true;
  }
  EncodeOptions options = kOptions;
  if (argument.currency_slot != kNone) {
    options.sibling_currency = CurrencyAt(argument.currency_slot);
    if (options.sibling_currency == 0) {
      return Refuse(MalformedKind::kBadArgument, argument.name,
                    DescribeValue(value) + " has no known currency", argument.span);
    }
  }
  const Result<void> done = Encode(program_, argument.type, value, out_->arena,
                                   TargetAt(argument.slot), options);
  if (done) return true;
  return Refuse(KindOf(done.error()), argument.name, done.error().message, argument.span);
}

void Sealer::PutFacts(bool with_sibling) {
  for (const FactDesc& fact : tool_->facts) {
    if ((fact.currency_slot != kNone) == with_sibling) PutFact(fact);
  }
}

void Sealer::PutFact(const FactDesc& fact) {
  if (fact.each_offset != kNone) return PutFactOfEach(fact);
  const FactInput* given = FindNamed(in_.facts_, fact.name);
  // Poison, not absence: what nobody attested is not known, so that `is absent` of one of its
  // fields is a fault as well.
  if (given == nullptr) {
    return Poison(fact.slot, fact.type, FaultNote::kMissing, "was not given");
  }
  const auto of_name = [&](const FactInput& f) { return f.name == fact.name; };
  if (std::ranges::count_if(in_.facts_, of_name) > 1) {
    return Poison(fact.slot, fact.type, FaultNote::kFactDoubled, "was given more than once");
  }
  std::string text;
  if (const FaultNote note = AttestorOf(fact, *given, text); note != FaultNote::kFine) {
    return Poison(fact.slot, fact.type, note, std::move(text));
  }
  if (!SameKey(fact, *given)) {
    return Poison(fact.slot, fact.type, FaultNote::kFactWrongKey, "speaks of another object");
  }
  if (const FaultNote note = FreshnessOf(fact, *given, text); note != FaultNote::kFine) {
    return Poison(fact.slot, fact.type, note, std::move(text));
  }
  EncodeOptions options = kOptions;
  if (fact.currency_slot != kNone) {
    options.sibling_currency = CurrencyAt(fact.currency_slot);
    if (options.sibling_currency == 0) {
      return Poison(fact.slot, fact.type, FaultNote::kBadValue, "has no known currency");
    }
  }
  Result<void> done;
  if (given->value) {
    done = Encode(program_, fact.type, *given->value, out_->arena, TargetAt(fact.slot), options);
  } else {
    done = std::unexpected(given->value.error());
  }
  if (!done) Poison(fact.slot, fact.type, NoteOf(done.error()), done.error().message);
}

/// Which elements of the list a fact speaks of: those whose key is the fact's. A fact that speaks
/// of none is no fact of this call.
FaultNote Sealer::PlaceFact(const FactDesc& fact, const FactInput& given,
                            std::vector<const FactInput*>& places, std::string& text) {
  if (const FaultNote note = AttestorOf(fact, given, text); note != FaultNote::kFine) return note;
  const Slot list = *SlotAt(fact.key_slots[0]);
  const TypeIndex element = program_.types[tool_->slots[fact.key_slots[0]].type].element;
  const TypeIndex type = ElementLeafType(program_, element, fact.each_offset);
  const bool record = program_.types[element].kind == TypeKind::kRecord;
  text = "speaks of another object";
  if (given.key.size() != 1) return FaultNote::kFactWrongKey;
  const Result<Slot> key = EncodeConstant(program_, type, given.key[0], out_->arena);
  if (!key) return FaultNote::kFactWrongKey;
  bool found = false;
  for (size_t i = 0; i < places.size(); ++i) {
    const Slot* at = ElementsOf(list) + i * StrideOf(list);
    if (record && (at->lo >> fact.each_offset & 1) == 0) continue;
    if (!SameValue(type, *key, at[fact.each_offset])) continue;
    found = true;
    if (places[i] != nullptr) {
      text = "was given more than once for one element";
      return FaultNote::kFactDoubled;
    }
    places[i] = &given;
  }
  return found ? FreshnessOf(fact, given, text) : FaultNote::kFactWrongKey;
}

/// A list of what is attested of each element, all or nothing: a part of it would speak of fewer
/// objects than the call does.
void Sealer::PutFactOfEach(const FactDesc& fact) {
  if (!BitOf(out_->header->present, fact.key_slots[0])) {
    return Poison(fact.slot, fact.type, FaultNote::kMissing, "has no list that it is for");
  }
  std::vector<const FactInput*> places(CountOf(*SlotAt(fact.key_slots[0])), nullptr);
  for (const FactInput& given : in_.facts_) {
    if (given.name != fact.name) continue;
    std::string text;
    const FaultNote note = PlaceFact(fact, given, places, text);
    if (note != FaultNote::kFine) return Poison(fact.slot, fact.type, note, std::move(text));
  }
  Value::List values;
  for (const FactInput* given : places) {
    if (given == nullptr) {
      return Poison(fact.slot, fact.type, FaultNote::kMissing,
                    fmt::format("was not given for element {}", values.size()));
    }
    if (!given->value) {
      const Error& error = given->value.error();
      return Poison(fact.slot, fact.type, NoteOf(error), error.message);
    }
    values.push_back(*given->value);
  }
  const Result<void> done = Encode(program_, fact.type, Value{std::move(values)}, out_->arena,
                                   TargetAt(fact.slot), kOptions);
  if (!done) Poison(fact.slot, fact.type, NoteOf(done.error()), done.error().message);
}

bool Sealer::SameValue(TypeIndex type, const Slot& a, const Slot& b) const {
  return ClassOf(program_, type) == ValueClass::kStr ? StringOf(a) == StringOf(b) : a == b;
}

bool Sealer::SameKey(const FactDesc& fact, const FactInput& given) {
  if (given.key.size() != fact.key_slots.size()) return false;
  for (size_t i = 0; i < given.key.size(); ++i) {
    const uint32_t slot = fact.key_slots[i];
    if (!BitOf(out_->header->present, slot)) return false;
    const TypeIndex type = tool_->slots[slot].type;
    const Result<Slot> key = EncodeConstant(program_, type, given.key[i], out_->arena);
    if (!key) return false;
    if (!SameValue(type, *key, *SlotAt(slot))) return false;
  }
  return true;
}

FaultNote Sealer::AttestorOf(const FactDesc& fact, const FactInput& given,
                             std::string& text) const {
  if (fact.attestor.empty() || given.attestor == fact.attestor) return FaultNote::kFine;
  text = fmt::format("is attested by {}, not by {}", QuoteCut(given.attestor),
                     QuoteCut(fact.attestor));
  return FaultNote::kFactWrongAttestor;
}

FaultNote Sealer::FreshnessOf(const FactDesc& fact, const FactInput& given,
                              std::string& text) const {
  const __int128 age_us = static_cast<__int128>(in_.now_us_) - given.as_of_us;
  if (age_us < -limits::kFactSkewUs) {
    text = "is as of " + FormatInstant({given.as_of_us}) + ", which has not come";
    return FaultNote::kFactFromFuture;
  }
  if (fact.max_age_us != 0 && age_us > fact.max_age_us) {
    text = fmt::format("is as of {}, older than {} ms", FormatInstant({given.as_of_us}),
                       fact.max_age_us / 1000);
    return FaultNote::kFactStale;
  }
  return FaultNote::kFine;
}

void Sealer::PutLive() {
  for (const LiveDesc& live : tool_->live) {
    const FrameBuilder::Given* given = FindNamed(in_.live_, live.name);
    if (given == nullptr || (given->value && IsNull(*given->value))) {
      if (!live.optional) Poison(live.slot, live.type, FaultNote::kMissing, "was not given");
      if (live.optional && given != nullptr) *SlotAt(live.slot) = kNullSlot;
      continue;
    }
    Result<void> done;
    if (given->value) {
      done = Encode(program_, live.type, *given->value, out_->arena, TargetAt(live.slot),
                    kOptions);
    } else {
      done = std::unexpected(given->value.error());
    }
    if (!done) Poison(live.slot, live.type, NoteOf(done.error()), done.error().message);
  }
}

void Sealer::PutLets() {
  for (const LetDesc& let : tool_->lets) PutLet(let);
}

void Sealer::PutLet(const LetDesc& let) {
  const TypeIndex type = tool_->slots[let.slot].type;
  const uint32_t stride = SlotsOf(program_, program_.types[type].element);
  size_t count = 0;
  for (const uint32_t source : let.source_slots) {
    const std::string& path = tool_->slots[source].path;
    if (BitOf(out_->header->poison, source)) {
      return Poison(let.slot, type, FaultNote::kBadValue, "`" + path + "` is unusable");
    }
    if (!BitOf(out_->header->present, source)) {
      return Poison(let.slot, type, FaultNote::kMissing, "`" + path + "` is missing");
    }
    const Slot& list = *SlotAt(source);
    if (ClassOf(program_, tool_->slots[source].type) != ValueClass::kList ||
        StrideOf(list) != stride) {
      return Poison(let.slot, type, FaultNote::kBadValue, "`" + path + "` is no such list");
    }
    count += CountOf(list);
  }
  if (out_->arena.used() + count * stride * sizeof(Slot) > limits::kFrameBytes) {
    return Poison(let.slot, type, FaultNote::kOversize, "takes too much memory");
  }
  Slot* elements = out_->arena.AllocateSlots(count * stride);
  Slot* end = elements;
  for (const uint32_t source : let.source_slots) {
    const Slot& list = *SlotAt(source);
    end = std::copy_n(ElementsOf(list), size_t{CountOf(list)} * stride, end);
  }
  *SlotAt(let.slot) = {reinterpret_cast<uintptr_t>(elements),
                       PackPair(static_cast<uint32_t>(count), stride)};
  SetBit(out_->header->present, let.slot);
}

bool Sealer::CheckResource() {
  if (!in_.resource_) return true;
  for (size_t nth = 0; nth < tool_->actions.size(); ++nth) {
    const std::span<const ResourceTexts> derived = out_->resources[nth];
    if (derived.size() != 1) continue;
    const Resource& resource = program_.actions[tool_->actions[nth]].resource;
    const uint64_t all = (uint64_t{1} << resource.holes.size()) - 1;
    if (derived[0].valid == all && RenderResource(resource, derived[0]) == *in_.resource_) {
      return true;
    }
  }
  // What was derived is not shown: it may hold values of facts, which are not the caller's to know.
  return Refuse(MalformedKind::kResourceMismatch, "resource",
                QuoteCut(*in_.resource_) + " is not what the call acts on", {});
}

void Sealer::FormCanonical() {
  std::vector<CanonicalArgument> arguments;
  arguments.reserve(tool_->arguments.size());
  for (const ArgumentDesc& argument : tool_->arguments) {
    const FrameBuilder::Given* given = FindNamed(in_.arguments_, argument.name);
    if (given == nullptr && argument.default_value == kNone) continue;
    const Value* value =
        given != nullptr ? &*given->value : &program_.values[argument.default_value];
    arguments.push_back({argument.name, argument.type, value});
  }
  out_->canonical = CanonicalArguments(program_, arguments);
  out_->digest = CallDigest(tool_->name, out_->subject, out_->canonical);
}

void Sealer::PutApprovals() {
  using Reason = ApprovalNote::Reason;
  for (const ApprovalInput& approval : in_.approvals_) {
    const auto it = std::ranges::find(program_.approvers, approval.approver);
    const auto note = [&](Reason reason) {
      out_->approval_notes.push_back({reason, SafeName(approval.approver)});
    };
    if (it == program_.approvers.end()) {
      note(Reason::kUnknownApprover);
    } else if (approval.kind != "approval" && approval.kind != "review") {
      note(Reason::kUnknownKind);
    } else if (approval.digest != out_->digest) {
      note(Reason::kOtherCall);
    } else {
      out_->header->approvals |= uint64_t{1} << (it - program_.approvers.begin());
    }
  }
}

uint32_t Sealer::CurrencyAt(uint32_t slot) const {
  const FrameHeader* header = out_->header;
  if (!BitOf(header->present, slot)) return 0;
  const Type& type = program_.types[tool_->slots[slot].type];
  const Slot& value = SlotsOf(header)[slot];
  if (type.kind == TypeKind::kString) return CurrencyNamedBy({std::string(StringOf(value))});
  if (type.kind != TypeKind::kEnum) return 0;
  return CurrencyNamedBy({program_.enums[type.ref].members[value.lo]});
}

Slot* Sealer::SlotAt(uint32_t slot) { return reinterpret_cast<Slot*>(out_->header + 1) + slot; }

SlotTarget Sealer::TargetAt(uint32_t slot) { return {SlotAt(slot), out_->header->present, slot}; }

void Sealer::Note(uint32_t first, TypeIndex type, FaultNote note, std::string text) {
  out_->notes.push_back({first, SlotsOf(program_, type), note, std::move(text)});
}

void Sealer::Poison(uint32_t first, TypeIndex type, FaultNote note, std::string text) {
  const uint32_t count = SlotsOf(program_, type);
  for (uint32_t slot = first; slot < first + count; ++slot) {
    *SlotAt(slot) = Slot();  // a value that was written in part
    ClearBit(out_->header->present, slot);
    SetBit(out_->header->poison, slot);
  }
  Note(first, type, note, std::move(text));
}

}  // namespace cap
