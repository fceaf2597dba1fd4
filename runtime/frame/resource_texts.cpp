#include "runtime/frame/resource_texts.h"

#include "runtime/value/instant.h"
#include "runtime/value/segment.h"

namespace cap {
namespace {

std::string TextOf(const Program& program, const ResourceHole& hole, const Slot& slot) {
  const Type& type = program.types[hole.type];
  switch (type.kind) {
    case TypeKind::kString: return std::string(StringOf(slot));
    case TypeKind::kEmail:
      return std::string(StringOf(hole.email_domain ? EmailDomainOf(slot) : slot));
    case TypeKind::kInt: return std::to_string(static_cast<int64_t>(slot.lo));
    case TypeKind::kInstant: return FormatInstant({static_cast<int64_t>(slot.lo)});
    case TypeKind::kEnum: {
      const EnumType& declared = program.enums[type.ref];
      return slot.lo < declared.members.size() ? declared.members[slot.lo] : "";
    }
    case TypeKind::kBool:
    case TypeKind::kMoney:
    case TypeKind::kSet:
    case TypeKind::kList:
    case TypeKind::kRecord:
    case TypeKind::kApprovers:
    case TypeKind::kDuration:
    case TypeKind::kDecimal: break;
  }
  return "";  // no legal segment
}

ResourceTexts DeriveOne(const Program& program, const Resource& resource, const FrameHeader* frame,
                        const Slot* element, uint64_t element_present) {
  ResourceTexts out;
  out.holes.resize(resource.holes.size());
  for (size_t i = 0; i < resource.holes.size(); ++i) {
    const ResourceHole& hole = resource.holes[i];
    const bool of_slot = hole.source == HoleSource::kSlot;
    const bool given = of_slot ? BitOf(frame->present, hole.index)
                               : element != nullptr && (element_present >> hole.index & 1) != 0;
    if (!given) continue;
    const Slot& slot = of_slot ? SlotsOf(frame)[hole.index] : element[hole.index];
    std::string text = TextOf(program, hole, slot);
    if (!IsLegalSegment(text)) continue;
    out.holes[i] = std::move(text);
    out.valid |= uint64_t{1} << i;
  }
  return out;
}

}  // namespace

std::vector<ResourceTexts> DeriveResources(const Program& program, const Action& action,
                                           const FrameHeader* frame) {
  const Resource& resource = action.resource;
  std::vector<ResourceTexts> out;
  if (resource.each_slot == kNone) {
    out.push_back(DeriveOne(program, resource, frame, nullptr, 0));
    return out;
  }
  if (!BitOf(frame->present, resource.each_slot)) return out;
  const Slot& list = SlotsOf(frame)[resource.each_slot];
  out.reserve(CountOf(list));
  for (uint32_t i = 0; i < CountOf(list); ++i) {
    const Slot* element = ElementsOf(list) + size_t{i} * StrideOf(list);
    // A scalar element takes one slot and has no mask: it is there.
    const uint64_t present = StrideOf(list) == 1 ? 1 : element->lo;
    out.push_back(DeriveOne(program, resource, frame, element, present));
  }
  return out;
}

std::string RenderResource(const Resource& resource, const ResourceTexts& texts) {
  std::string out = resource.scheme + "://";
  for (size_t i = 0; i < resource.segments.size(); ++i) {
    const ResourceSegment& segment = resource.segments[i];
    if (i > 0) out += '/';
    if (!segment.key.empty()) out += segment.key + ':';
    if (segment.hole == kNone) {
      out += segment.literal;
    } else {
      out += (texts.valid >> segment.hole & 1) != 0 ? texts.holes[segment.hole] : "{?}";
    }
  }
  return out;
}

}  // namespace cap
