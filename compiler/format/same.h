// Whether two texts say the same. The formatter asks this of each of its results.
#pragma once

#include <string_view>

#include "compiler/parse/concrete.h"

namespace cap::format {

/// Whether both are the same syntax and have the same comments in the same places, commas and
/// blanks left out.
bool SaysTheSame(const parse::Concrete& a, std::string_view a_text, const parse::Concrete& b,
                 std::string_view b_text);

}  // namespace cap::format
