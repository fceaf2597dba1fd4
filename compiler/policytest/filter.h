// Which tests a person asks for.
#pragma once

#include <string_view>

namespace cap::policytest {

/// Whether the title contains `filter`; if that has a `*` or `?`, whether all of the title is like
/// it: `*` stands for any text, `?` for one byte. An empty filter takes every title. Linear in the
/// title times the filter.
bool Matches(std::string_view title, std::string_view filter);

}  // namespace cap::policytest
