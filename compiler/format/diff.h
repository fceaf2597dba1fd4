// What changes between two texts, by lines.
#pragma once

#include <string>
#include <string_view>

namespace cap::format {

/// A unified diff with three lines of context, as `patch` reads it; empty where the texts are
/// equal. Far apart texts are shown as one replacement. Cost: lines times differences.
std::string UnifiedDiff(std::string_view path, std::string_view before, std::string_view after);

}  // namespace cap::format
