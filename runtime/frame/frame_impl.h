// What a Frame owns. Internal to runtime/frame.
#pragma once

#include "runtime/frame/frame.h"
#include "runtime/value/arena.h"

namespace cap {

/// Covers the slots [first, first + count) of one argument, fact, live value or let.
struct SlotNote {
  uint32_t first = 0;
  uint32_t count = 0;
  FaultNote note = FaultNote::kFine;
  std::string text;
};

struct Frame::Impl {
  FrameHeader* header = nullptr;
  std::span<std::span<const ResourceTexts>> resources;  // parallel to Tool::actions
  uint32_t tool = kNone;
  Malformed malformed;
  std::string request_id;
  std::vector<std::string> wrappers;
  std::string subject;
  std::vector<SlotNote> notes;
  std::vector<ApprovalNote> approval_notes;
  std::string canonical;
  Digest digest{};
  Arena arena;  // header, slots and the spans of resources at its start, then what they refer to
};

}  // namespace cap
