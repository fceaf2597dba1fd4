#include "tests/support/shape_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "runtime/base/limits.h"
#include "runtime/program/layout.h"

namespace cap::test {
namespace {

Type ListType(TypeKind kind, TypeIndex element) { return {.kind = kind, .element = element}; }

void AddTypes(Program& p) {
  p.files = {"test.cap"};
  p.enums.push_back({"Color", {"red", "green", "blue"}});
  p.approvers = {"manager", "user", "auditor"};
  p.types.resize(kTypeCount);
  p.types[kTBool] = {.kind = TypeKind::kBool};
  p.types[kTInt] = {.kind = TypeKind::kInt};
  p.types[kTInstant] = {.kind = TypeKind::kInstant};
  p.types[kTDuration] = {.kind = TypeKind::kDuration};
  p.types[kTShare] = {.kind = TypeKind::kDecimal, .ref = 2};
  p.types[kTFine] = {.kind = TypeKind::kDecimal, .ref = 4};
  p.types[kTColor] = {.kind = TypeKind::kEnum, .ref = 0};
  p.types[kTMoney] = {.kind = TypeKind::kMoney};
  p.types[kTUsd] = {.kind = TypeKind::kMoney, .form = MoneyForm::kFixed, .currency = kUsd};
  p.types[kTString] = {.kind = TypeKind::kString};
  p.types[kTEmail] = {.kind = TypeKind::kEmail};
  p.types[kTColors] = ListType(TypeKind::kSet, kTColor);
  p.types[kTInts] = ListType(TypeKind::kList, kTInt);
  p.types[kTIntSet] = ListType(TypeKind::kSet, kTInt);
  p.types[kTStrings] = ListType(TypeKind::kList, kTString);
  p.types[kTStringSet] = ListType(TypeKind::kSet, kTString);
  p.types[kTItem] = {.kind = TypeKind::kRecord, .ref = 0};
  p.types[kTItems] = ListType(TypeKind::kList, kTItem);
  p.types[kTBools] = ListType(TypeKind::kList, kTBool);
  p.types[kTBools].max = 8;  // few enough that quantifiers over it may nest
  p.types[kTApprovers] = {.kind = TypeKind::kApprovers};
  p.types[kTPattern] = {.kind = TypeKind::kPattern};
  p.types[kTDate] = {.kind = TypeKind::kDate};
  p.types[kTZone] = {.kind = TypeKind::kZone};
  p.types[kTSchedule] = {.kind = TypeKind::kSchedule};
  p.types[kTEmails] = ListType(TypeKind::kList, kTEmail);
  p.types[kTColorList] = ListType(TypeKind::kList, kTColor);
  p.records.push_back({"Item",
                       {{.name = "count", .type = kTInt},
                        {.name = "name", .type = kTString, .optional = true},
                        {.name = "tags", .type = kTInts, .optional = true}}});
}

}  // namespace

ShapeBuilder::ShapeBuilder() {
  AddTypes(program_);
  Tool tool;
  tool.name = "tool";
  tool.actions = {0};
  program_.tools.push_back(tool);
  Action action;
  action.name = "act";
  action.skeletons = {0};
  program_.actions.push_back(action);
}

uint32_t ShapeBuilder::Slot(TypeIndex type) {
  Tool& tool = program_.tools[0];
  const auto slot = static_cast<uint32_t>(tool.slots.size());
  const std::string name = fmt::format("s{}", slot);
  AppendSlots(program_, name, type, SlotSource::kArgument, true, tool.slots);
  ArgumentDesc argument;
  argument.name = name;
  argument.type = type;
  argument.slot = slot;
  argument.optional = true;
  tool.arguments.push_back(argument);
  return slot;
}

uint32_t ShapeBuilder::Constant(TypeIndex type, Value value) {
  shape_.const_types.push_back(type);
  consts_.push_back({.bound = false, .index = static_cast<uint32_t>(program_.values.size())});
  program_.values.push_back(std::move(value));
  return static_cast<uint32_t>(consts_.size() - 1);
}

uint32_t ShapeBuilder::Add(Op op, TypeIndex type, uint32_t a, uint32_t b) {
  program_.insts.push_back({.op = op, .type = static_cast<uint16_t>(type), .a = a, .b = b});
  if (op == Op::kLoad) shape_.required[a >> 6] |= uint64_t{1} << (a & 63);
  return static_cast<uint32_t>(program_.insts.size() - 1);
}

void ShapeBuilder::Close(uint32_t inst) {
  program_.insts[inst].b = static_cast<uint32_t>(program_.insts.size()) - inst - 1;
}

void ShapeBuilder::EndClause(ClauseKind kind, uint32_t observed, uint32_t limit) {
  const auto end = static_cast<uint32_t>(program_.insts.size());
  uint8_t cost = 0;
  for (uint32_t i = begin_; i < end; ++i) {
    cost = std::max(cost, InfoOf(program_.insts[i].op).cost);
  }
  program_.clauses.push_back({begin_, end, observed, limit, kind, cost});
  begin_ = end;
}

Program ShapeBuilder::Finish(ShapeKind kind) {
  shape_.kind = kind;
  shape_.inst_count = static_cast<uint32_t>(program_.insts.size());
  shape_.clause_count = static_cast<uint32_t>(program_.clauses.size());
  program_.shapes.push_back(shape_);
  for (uint32_t i = 0; i < shape_.inst_count; ++i) {
    program_.spans.push_back({.file = 0, .line = i + 1, .column = 1, .length = 1});
  }
  Policy policy;
  policy.name = "policy";
  if (kind == ShapeKind::kCapability) {
    Capability capability;
    capability.name = "act";
    capability.patterns = {Pattern{}};
    capability.consts = consts_;
    for (const Clause& clause : program_.clauses) {
      ClauseInfo info;
      info.name = "require";
      if (clause.kind == ClauseKind::kStepUp) info.step_up = "approval";
      capability.clauses.push_back(info);
    }
    program_.capabilities.push_back(capability);
    policy.capabilities = {0};
  } else {
    Forbid forbid;
    forbid.shape = 0;
    forbid.consts = consts_;
    forbid.info.name = "forbid";
    program_.forbids.push_back(forbid);
    policy.forbids = {0};
  }
  program_.policies.push_back(policy);
  program_.tools[0].layout_hash = LayoutHash(program_, program_.tools[0]);
  return program_;
}

FrameImage::FrameImage() : arena_(std::make_unique<Arena>()) {
  void* memory = arena_->Allocate(sizeof(FrameHeader) + limits::kFrameSlots * sizeof(cap::Slot),
                                  alignof(FrameHeader));
  header_ = new (memory) FrameHeader;
  header_->slot_count = limits::kFrameSlots;
}

FrameImage& FrameImage::Set(uint32_t slot, cap::Slot value) {
  Remove(slot);
  reinterpret_cast<cap::Slot*>(header_ + 1)[slot] = value;
  header_->present[slot >> 6] |= uint64_t{1} << (slot & 63);
  return *this;
}

FrameImage& FrameImage::SetInts(uint32_t slot, const std::vector<int64_t>& values) {
  std::vector<cap::Slot> slots;
  for (int64_t value : values) slots.push_back({static_cast<uint64_t>(value), 0});
  return Set(slot, ListOf(*arena_, slots));
}

FrameImage& FrameImage::SetTexts(uint32_t slot, const std::vector<std::string_view>& values) {
  std::vector<cap::Slot> slots;
  for (std::string_view value : values) slots.push_back(arena_->CopyString(value));
  return Set(slot, ListOf(*arena_, slots));
}

FrameImage& FrameImage::MarkNull(uint32_t slot) {
  Remove(slot);
  reinterpret_cast<cap::Slot*>(header_ + 1)[slot] = kNullSlot;
  return *this;
}

FrameImage& FrameImage::Poison(uint32_t slot) {
  Remove(slot);
  header_->poison[slot >> 6] |= uint64_t{1} << (slot & 63);
  return *this;
}

FrameImage& FrameImage::Remove(uint32_t slot) {
  header_->present[slot >> 6] &= ~(uint64_t{1} << (slot & 63));
  header_->poison[slot >> 6] &= ~(uint64_t{1} << (slot & 63));
  return *this;
}

cap::Slot ListOf(Arena& arena, const std::vector<cap::Slot>& elements) {
  cap::Slot* slots = arena.AllocateSlots(elements.size());
  std::ranges::copy(elements, slots);
  return {reinterpret_cast<uintptr_t>(slots),
          PackPair(static_cast<uint32_t>(elements.size()), 1)};
}

cap::Slot ItemsOf(Arena& arena, const std::vector<std::vector<cap::Slot>>& items) {
  cap::Slot* slots = arena.AllocateSlots(items.size() * kItemSlots);
  for (size_t i = 0; i < items.size(); ++i) {
    std::ranges::copy(items[i], slots + i * kItemSlots);
  }
  return {reinterpret_cast<uintptr_t>(slots),
          PackPair(static_cast<uint32_t>(items.size()), kItemSlots)};
}

}  // namespace cap::test
