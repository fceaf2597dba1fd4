// Which capabilities cover the resources of a call, and which forbids match one of them.
#include <algorithm>
#include <bit>

#include "runtime/engine/decide.h"

namespace cap::engine {

Coverage::Coverage(const Plan& plan, const RecordFinder& finder, const PolicyAction& entry,
                   std::span<const ResourceTexts> resources, int64_t now_us)
    : plan_(plan), finder_(finder), entry_(entry), now_us_(now_us) {
  const size_t words = (entry.capabilities.size() + 63) / 64;
  std::array<uint64_t, kWords> few = {};
  std::vector<uint64_t> many;
  if (words > kWords) {
    many_.resize(words);
    many.resize(words);
  }
  uint64_t* left = many_.empty() ? few_.data() : many_.data();
  uint64_t* next = many.empty() ? few.data() : many.data();
  Collect(resources[0], left);
  if (std::all_of(left, left + words, [](uint64_t word) { return word == 0; })) return;
  for (covered_ = 1; covered_ < resources.size(); ++covered_) {
    std::fill_n(next, words, 0);
    Collect(resources[covered_], next);
    uint64_t any = 0;
    for (size_t i = 0; i < words; ++i) {
      next[i] &= left[i];
      any |= next[i];
    }
    if (any == 0) return;
    std::copy_n(next, words, left);
  }
}

void Coverage::Collect(const ResourceTexts& texts, uint64_t* set) const {
  finder_.ForEachCapability(entry_, texts, [&](const CapabilityRecord& record) {
    if (record.expires_us <= now_us_) return;
    const uint32_t at = plan_.PositionOf(record.capability);
    set[at / 64] |= uint64_t{1} << at % 64;
  });
}

bool MatchesAny(const ForbidPlan& forbid, std::span<const ResourceTexts> resources) {
  for (const ResourceTexts& texts : resources) {
    for (const StaticPattern& pattern : forbid.patterns) {
      bool same = true;
      size_t literal = 0;
      for (uint32_t left = pattern.holes; left != 0; left &= left - 1) {
        const auto hole = static_cast<uint32_t>(std::countr_zero(left));
        same = same && (texts.valid >> hole & 1) != 0 &&
               texts.text(hole) == pattern.literals[literal++];
      }
      if (same) return true;
    }
  }
  return false;
}

}  // namespace cap::engine
