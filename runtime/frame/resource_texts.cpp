#include "runtime/frame/resource_texts.h"

#include <algorithm>
#include <new>

#include "runtime/frame/keyed_hash.h"
#include "runtime/value/date.h"
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
    case TypeKind::kPath:
    case TypeKind::kIp: return std::string(StringOf(slot));
    case TypeKind::kUrl: return hole.email_domain ? std::string(StringOf(UrlHostOf(slot))) : "";
    case TypeKind::kInt: return std::to_string(static_cast<int64_t>(slot.lo));
    case TypeKind::kInstant: return FormatInstant({static_cast<int64_t>(slot.lo)});
    case TypeKind::kDate: return FormatDate({static_cast<int64_t>(slot.lo)});
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
    case TypeKind::kDecimal:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kCidr:
    case TypeKind::kJson:
    case TypeKind::kMap: break;
  }
  return "";  // no legal segment
}

/// Fills `out` with the texts of one resource.
void DeriveOne(const Program& program, const Resource& resource, const FrameHeader* frame,
               const Slot* element, uint64_t element_present, Arena& arena, ResourceTexts& out) {
  std::string literals;
  out.hole_count = static_cast<uint32_t>(resource.holes.size());
  for (uint32_t i = 0; i < out.hole_count; ++i) {
    const ResourceHole& hole = resource.holes[i];
    const bool of_slot = hole.source == HoleSource::kSlot;
    const bool given = of_slot ? BitOf(frame->present, hole.index)
                               : element != nullptr && (element_present >> hole.index & 1) != 0;
    std::string text;
    if (given) {
      text = TextOf(program, hole, of_slot ? SlotsOf(frame)[hole.index] : element[hole.index]);
    }
    // Two bytes hold its length: a longer one would be read as another.
    const bool legal = IsLegalSegment(text) && text.size() <= UINT16_MAX;
    if (!legal) text.clear();
    out.valid |= uint32_t{legal} << i;
    const auto length = static_cast<uint16_t>(text.size());
    out.holes[i].begin = static_cast<uint32_t>(literals.size());
    literals.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
    out.holes[i].end = static_cast<uint32_t>(literals.size());
    out.holes[i].hash = TextHash(text);
  }
  auto* bytes = static_cast<char*>(arena.Allocate(literals.size(), 1));
  std::copy(literals.begin(), literals.end(), bytes);
  out.literals = bytes;
}

}  // namespace

Result<std::span<const ResourceTexts>> DeriveResources(const Program& program,
                                                       const Action& action,
                                                       const FrameHeader* frame, Arena& arena) {
  const Resource& resource = action.resource;
  const bool each = resource.each_slot != kNone;
  if (each && !BitOf(frame->present, resource.each_slot)) return {};
  const Slot list = each ? SlotsOf(frame)[resource.each_slot] : Slot();
  const uint32_t count = each ? CountOf(list) : 1;
  const size_t size = count * sizeof(ResourceTexts);
  const auto too_large = Fail("oversize", "the texts of the resources take too much memory");
  if (arena.used() + size > limits::kFrameBytes) return too_large;
  auto* texts = static_cast<ResourceTexts*>(arena.Allocate(size, alignof(ResourceTexts)));
  for (uint32_t i = 0; i < count; ++i) {
    const Slot* element = each ? ElementsOf(list) + size_t{i} * StrideOf(list) : nullptr;
    // A scalar element takes one slot and has no mask: it is there.
    const uint64_t present = !each ? 0 : StrideOf(list) == 1 ? 1 : element->lo;
    DeriveOne(program, resource, frame, element, present, arena, *new (texts + i) ResourceTexts);
    if (arena.used() > limits::kFrameBytes) return too_large;
  }
  return std::span<const ResourceTexts>(texts, count);
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
      out += (texts.valid >> segment.hole & 1) != 0 ? texts.text(segment.hole) : "{?}";
    }
  }
  return out;
}

}  // namespace cap
