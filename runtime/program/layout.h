// How values are laid out in slots: the one place that counts, used by the checker, the frame
// builder, the verifier and the printers.
#pragma once

#include "runtime/program/program.h"

namespace cap {

/// Slots that a value of the type takes: 1, or 1 + Σ fields for a record. Records do not contain
/// themselves (the verifier refuses it), so this ends.
uint32_t SlotsOf(const Program& program, TypeIndex type);

/// Offset of field `field` within a record of type `record`, in slots; the marker is at 0.
uint32_t FieldOffset(const Program& program, uint32_t record, uint32_t field);

/// Appends the slot descriptions of a value of `type` named `path`.
void AppendSlots(const Program& program, const std::string& path, TypeIndex type, SlotSource source,
                 bool optional, std::vector<SlotDesc>& out);

/// Hash of everything a frame's meaning depends on: slots, types, records, enums, order.
uint64_t LayoutHash(const Program& program, const Tool& tool);

/// The type of leaf `offset` of an element of type `type` (0 with a scalar type: itself).
TypeIndex ElementLeafType(const Program& program, TypeIndex type, uint32_t offset);

}  // namespace cap
