// The words of policies in YAML: what a value looks like, and why something is not carried over.
// Internal to compiler/import.
#pragma once

#include <string>
#include <string_view>

namespace cap::importer {

/// Up to fifteen digits.
bool IsDigits(std::string_view text);
/// "500", "0.5", "99.95"
bool IsAmount(std::string_view text);
/// "8h", "30m"
bool IsDuration(std::string_view text);/// A duration above zero, and of no more than some years.
bool IsSpan(std::string_view text);
/// "2026-02-15T17:00:00Z", or so.
bool IsTime(std::string_view text);

/// Members of policies and capabilities that say who, whose and what for, and take nothing away.
bool RestrictsNothing(std::string_view name);

/// Whether what stands beside the policies of a file ("q.deny") takes something from all of them.
bool RestrictsAll(std::string_view name);

/// Why a constraint or a member of a policy is left. `no_currency`: amounts have none.
std::string WhyLeft(std::string_view name, bool no_currency);

}  // namespace cap::importer
