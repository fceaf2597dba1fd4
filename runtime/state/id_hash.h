// The hash by which identities of two words are found in this process.
#pragma once

#include <array>
#include <cstdint>

namespace cap::state {

/// Random, of this process: nobody who chooses ids can make them collide.
extern const std::array<uint64_t, 2> kIdSeed;

template <typename Id>
uint64_t HashOf(const Id& id) {
  const auto product = static_cast<unsigned __int128>(id.high ^ kIdSeed[0]) * (id.low ^ kIdSeed[1]);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace cap::state
