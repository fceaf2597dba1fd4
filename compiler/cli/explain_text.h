// An explanation as a person reads it, and as JSON.
#pragma once

#include <string>

#include "cap/explain.h"
#include "compiler/source/source_map.h"

namespace cap::cli {

/// With the policy's own words, where `sources` has them.
std::string ExplanationText(const CallExplanation& explanation, const SourceMap& sources);

/// A JSON array of the rules.
std::string ExplanationJson(const CallExplanation& explanation, const SourceMap& sources);

}  // namespace cap::cli
