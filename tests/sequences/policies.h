// Random policies that count, as text, and what calls of them are made of.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace cap::sequences {

using Random = std::mt19937_64;

/// One of a few.
template <typename T>
const T& Pick(Random& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}
inline bool Chance(Random& random, uint64_t percent) { return random() % 100 < percent; }

/// A module with three actions (pay, note, close) and one policy `p`, whose capabilities and limits
/// count in every way that the language has. Not every one of them compiles.
std::string RandomPolicy(Random& random);

}  // namespace cap::sequences
