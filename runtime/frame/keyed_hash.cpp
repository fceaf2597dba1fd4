#include "runtime/frame/keyed_hash.h"

#include <unistd.h>

#include <optional>

namespace cap {
namespace {

std::optional<HashSeed>& FixedSeed() {
  static std::optional<HashSeed> fixed;
  return fixed;
}

ProcessSeed MakeSeed() {
  if (FixedSeed()) return {*FixedSeed(), false};
  ProcessSeed made;
  made.secret = getentropy(made.seed.data(), sizeof made.seed) == 0;
  return made;
}

}  // namespace

const ProcessSeed& TextSeed() {
  static const ProcessSeed seed = MakeSeed();
  return seed;
}

void FixTextSeed(const HashSeed& seed) { FixedSeed() = seed; }

uint64_t TextHash(std::string_view text) {
  const HashSeed& seed = TextSeed().seed;
  return HashText(seed, seed[0], text);
}

}  // namespace cap
