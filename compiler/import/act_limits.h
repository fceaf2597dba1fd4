// The limits of policies in YAML; internal to compiler/import.
#pragma once

#include <cstdint>

namespace cap::importer {

inline constexpr uint64_t kActBytes = 1u << 20;      // one file
inline constexpr uint32_t kActDepth = 64;            // its nested lists and maps
inline constexpr uint32_t kActNodes = 100'000;       // its values, an alias wherever it stands
inline constexpr uint32_t kActPolicies = 1'000;      // its policies
inline constexpr uint32_t kActCapabilities = 4'096;  // of all its policies

}  // namespace cap::importer
