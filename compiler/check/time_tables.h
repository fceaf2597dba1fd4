// Zones and schedules: from what is written to tables of the Program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/context.h"
#include "runtime/frame/json_tree.h"

namespace cap::check {

/// The table of the zone with this name, of which a Program has one; kNone: it was reported.
uint32_t ZoneTable(Context& context, std::string_view name, const SourceSpan& span);

/// The table of what the texts say together; kNone: it was reported.
uint32_t ScheduleTable(Context& context, const std::vector<std::string>& texts,
                       const SourceSpan& span);

/// A datum of one of these types; kNone: `value` is none, which was reported.
uint32_t DatumTable(Context& context, TypeKind kind, const JsonTree& json, const JsonNode& value,
                    const SourceSpan& span);

}  // namespace cap::check
