#include "runtime/frame/frame.h"

#include <utility>

#include "runtime/frame/frame_impl.h"
#include "runtime/frame/resource_texts.h"

namespace cap {
namespace {

const SlotNote* FindNote(const std::vector<SlotNote>& notes, uint32_t slot) {
  for (const SlotNote& note : notes) {
    if (slot >= note.first && slot - note.first < note.count) return &note;
  }
  return nullptr;
}

}  // namespace

Frame::Frame(std::unique_ptr<Impl> impl)
    : sealed_{impl->header, impl->resources.data(), static_cast<uint32_t>(impl->resources.size())},
      impl_(std::move(impl)) {}
Frame::Frame(Frame&& other) noexcept
    : sealed_(std::exchange(other.sealed_, {})), impl_(std::move(other.impl_)) {}
Frame& Frame::operator=(Frame&& other) noexcept {
  sealed_ = std::exchange(other.sealed_, {});
  impl_ = std::move(other.impl_);
  return *this;
}
Frame::~Frame() = default;

Frame Frame::Refused(Malformed malformed, uint32_t tool) {
  auto impl = std::make_unique<Impl>();
  impl->malformed = std::move(malformed);
  impl->tool = tool;
  return Frame(std::move(impl));
}

const Malformed& Frame::malformed() const { return impl_->malformed; }
uint32_t Frame::tool() const { return impl_->tool; }
std::string_view Frame::request_id() const { return impl_->request_id; }
const std::vector<std::string>& Frame::wrappers() const { return impl_->wrappers; }
std::string_view Frame::subject() const { return impl_->subject; }

std::string Frame::ResourceText(const Program& program, uint32_t nth, uint32_t resource) const {
  const std::span<const ResourceTexts> texts = resources(nth);
  if (resource >= texts.size()) return "";
  const Action& action = program.actions[program.tools[impl_->tool].actions[nth]];
  return RenderResource(action.resource, texts[resource]);
}

FaultNote Frame::note(uint32_t slot) const {
  const SlotNote* found = FindNote(impl_->notes, slot);
  return found == nullptr ? FaultNote::kFine : found->note;
}

std::string_view Frame::note_text(uint32_t slot) const {
  const SlotNote* found = FindNote(impl_->notes, slot);
  return found == nullptr ? std::string_view() : found->text;
}

const std::vector<ApprovalNote>& Frame::approval_notes() const { return impl_->approval_notes; }
std::string_view Frame::canonical_arguments() const { return impl_->canonical; }
const Frame::Digest& Frame::digest() const { return impl_->digest; }

}  // namespace cap
