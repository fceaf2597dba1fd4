// The scripts of scripts/*.lua, as CMakeLists.txt puts them together.
#pragma once

#include <string_view>

namespace cap::redis {

struct Script {
  std::string_view sha1;
  std::string_view text;
};

extern const Script kOpen, kReserve, kSettle, kViolate, kSweep;

}  // namespace cap::redis
