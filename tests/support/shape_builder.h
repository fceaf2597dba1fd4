// Shapes by hand, for tests of what runs and checks them: a Program with one tool, one action and
// one rule, a frame as raw memory, and a record with its constants.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "runtime/value/arena.h"

namespace cap::test {

// Indices of the types of every Program made here.
enum : TypeIndex {
  kTBool, kTInt, kTInstant, kTColor, kTMoney, kTUsd, kTString, kTEmail, kTColors, kTInts, kTIntSet,
  kTStrings, kTStringSet, kTItem, kTItems, kTBools, kTApprovers, kTEmails, kTColorList,
  kTDuration, kTShare, kTFine, kTPattern, kTDate,
  kTZone, kTSchedule, kTypeCount
};
// Slots of an element of kTItems: marker, count: int, name: string?, tags: list<int>?
inline constexpr uint32_t kItemCount = 1, kItemName = 2, kItemTags = 3, kItemSlots = 4;
inline constexpr uint32_t kEur = 978, kUsd = 840;  // ids of currencies

/// Builds one shape, instruction by instruction. What it finishes passes the verifier if the code
/// is right.
class ShapeBuilder {
 public:
  ShapeBuilder();

  /// A new optional argument of the tool; returns its slot.
  uint32_t Slot(TypeIndex type);
  /// A new constant of the shape; the rule's literal is `value`. Returns its index.
  uint32_t Constant(TypeIndex type, Value value);
  /// A new table of the Program; returns its index.
  uint32_t AddTable(Table table) {
    program_.tables.push_back(std::move(table));
    return static_cast<uint32_t>(program_.tables.size() - 1);
  }
  /// Appends an instruction; returns its index.
  uint32_t Add(Op op, TypeIndex type, uint32_t a = 0, uint32_t b = 0);
  uint32_t AddLoad(TypeIndex type) { return Add(Op::kLoad, type, Slot(type)); }
  uint32_t AddConst(TypeIndex type, Value value) {
    return Add(Op::kConst, type, Constant(type, std::move(value)));
  }
  /// Ends the body of the quantifier `inst` after the last instruction.
  void Close(uint32_t inst);
  /// Ends a clause after the last instruction.
  void EndClause(ClauseKind kind = ClauseKind::kRequire, uint32_t observed = kNone,
                 uint32_t limit = kNone);

  /// The Program, with costs, masks and hashes filled in.
  Program Finish(ShapeKind kind = ShapeKind::kCapability);

 private:
  Program program_;
  Shape shape_;
  std::vector<ConstSource> consts_;
  uint32_t begin_ = 0;
};

/// A frame as an engine sees it; every slot is absent at first.
class FrameImage {
 public:
  FrameImage();

  FrameImage& Set(uint32_t slot, cap::Slot value);
  FrameImage& SetWord(uint32_t slot, int64_t value) {
    return Set(slot, {static_cast<uint64_t>(value), 0});
  }
  FrameImage& SetMoney(uint32_t slot, int64_t minor, uint32_t currency) {
    return Set(slot, {static_cast<uint64_t>(minor), currency});
  }
  FrameImage& SetText(uint32_t slot, std::string_view text) {
    return Set(slot, arena_->CopyString(text));
  }
  FrameImage& SetEmail(uint32_t slot, std::string_view email) {
    return Set(slot, arena_->CopyEmail(email));
  }
  FrameImage& SetInts(uint32_t slot, const std::vector<int64_t>& values);
  FrameImage& SetTexts(uint32_t slot, const std::vector<std::string_view>& values);
  FrameImage& Poison(uint32_t slot);
  FrameImage& MarkNull(uint32_t slot);
  FrameImage& Remove(uint32_t slot);

  Arena& arena() { return *arena_; }
  FrameHeader& header() { return *header_; }
  const FrameHeader* get() const { return header_; }

 private:
  std::unique_ptr<Arena> arena_;
  FrameHeader* header_;
};

/// A list of elements that are one slot each.
cap::Slot ListOf(Arena& arena, const std::vector<cap::Slot>& elements);
/// A list of Items from their slots, kItemSlots each; the first holds the presence mask.
cap::Slot ItemsOf(Arena& arena, const std::vector<std::vector<cap::Slot>>& items);

/// A record with its constants as slots.
class RecordImage {
 public:
  RecordImage() = default;
  explicit RecordImage(std::vector<cap::Slot> consts) : consts_(std::move(consts)) {
    record_.consts = consts_.data();
  }
  const CapabilityRecord* get() const { return &record_; }

 private:
  std::vector<cap::Slot> consts_;
  CapabilityRecord record_;
};

}  // namespace cap::test
