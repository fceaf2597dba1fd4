#include "compiler/policytest/filter.h"

#include <cstddef>

namespace cap::policytest {

bool Matches(std::string_view title, std::string_view filter) {
  if (filter.find_first_of("*?") == filter.npos) return title.find(filter) != title.npos;
  // After a mismatch only the last star can take more: an earlier one would not help.
  size_t at = 0;
  size_t like = 0;
  size_t star = filter.npos;
  size_t taken = 0;
  while (at < title.size()) {
    if (like < filter.size() && filter[like] == '*') {
      star = like++;
      taken = at;
    } else if (like < filter.size() && (filter[like] == '?' || filter[like] == title[at])) {
      ++like;
      ++at;
    } else if (star != filter.npos) {
      like = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return filter.find_first_not_of('*', like) == filter.npos;
}

}  // namespace cap::policytest
