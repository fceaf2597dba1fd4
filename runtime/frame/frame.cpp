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

Frame::Frame(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Frame::Frame(Frame&&) noexcept = default;
Frame& Frame::operator=(Frame&&) noexcept = default;
Frame::~Frame() = default;

Frame Frame::Refused(Malformed malformed, uint32_t tool) {
  auto impl = std::make_unique<Impl>();
  impl->malformed = std::move(malformed);
  impl->tool = tool;
  return Frame(std::move(impl));
}

const FrameHeader* Frame::header() const { return impl_->header; }
const Malformed& Frame::malformed() const { return impl_->malformed; }
uint32_t Frame::tool() const { return impl_->tool; }
std::string_view Frame::request_id() const { return impl_->request_id; }
std::string_view Frame::subject() const { return impl_->subject; }

const std::vector<ResourceTexts>& Frame::resources(uint32_t nth) const {
  static const std::vector<ResourceTexts> kEmpty;
  return nth < impl_->resources.size() ? impl_->resources[nth] : kEmpty;
}

std::string Frame::ResourceText(const Program& program, uint32_t nth, uint32_t resource) const {
  const std::vector<ResourceTexts>& texts = resources(nth);
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
