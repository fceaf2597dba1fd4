#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "compiler/regex/automaton.h"
#include "runtime/base/limits.h"

namespace cap::regex {
namespace {

using Subset = std::vector<uint32_t>;  // states in order, those that have edges or accept

struct HashOf {
  size_t operator()(const Subset& subset) const {
    uint64_t hash = 14695981039346656037u;
    for (const uint32_t state : subset) hash = (hash ^ state) * 1099511628211u;
    return hash;
  }
};

class Builder {
 public:
  Builder(const Automaton& automaton, uint64_t& steps)
      : automaton_(automaton), steps_(steps), most_(std::min<uint64_t>(steps, limits::kRegexSteps)),
        seen_(automaton.states.size(), 0) {}

  std::expected<Subsets, Problem> Run() {
    FindClasses();
    Number({});  // the dead state
    made_.first = Number(Closure({automaton_.first}));
    for (uint32_t state = 0; state < subsets_.size() && !full_; ++state) Follow(state);
    steps_ -= std::min(used_, steps_);
    if (!full_) return std::move(made_);
    return std::unexpected(Problem{
        .too_large = true,
        .offset = 0,
        .length = 0,  // all of it
        .message = subsets_.size() > limits::kRegexStates
                       ? fmt::format("the expression takes more than {} states to decide",
                                     limits::kRegexStates)
                       : "the expression takes too long to compile",
        .help = "use smaller counts, and fewer parts that can match the same text"});
  }

 private:
  void FindClasses();
  void Follow(uint32_t state);
  Subset Closure(const Subset& from);
  uint32_t Number(Subset subset);
  void Step() { full_ = full_ || ++used_ > most_; }

  const Automaton& automaton_;
  uint64_t& steps_;
  uint64_t most_;
  uint64_t used_ = 0;
  bool full_ = false;
  Subsets made_;
  std::unordered_map<Subset, uint32_t, HashOf> numbers_;
  std::vector<const Subset*> subsets_;  // keys of numbers_, which stay where they are
  std::vector<uint32_t> seen_;          // of a state: the closure that last had it
  uint32_t closures_ = 0;
};

/// Bytes that no edge tells apart are one class. Classes are in the order of their bytes.
void Builder::FindClasses() {
  std::array<bool, 257> begins{};
  for (const State& state : automaton_.states) {
    for (const Edge& edge : state.edges) {
      begins[edge.bytes.low] = true;
      begins[size_t{edge.bytes.high} + 1] = true;
    }
  }
  uint32_t number = 0;
  for (size_t byte = 1; byte < 256; ++byte) {
    number += begins[byte] ? 1 : 0;
    made_.class_of[byte] = static_cast<uint8_t>(number);
  }
  made_.classes = number + 1;
}

/// The states that one is in where it is in those of `from`.
Subset Builder::Closure(const Subset& from) {
  ++closures_;
  Subset closure;
  Subset left = from;
  while (!left.empty() && !full_) {
    const uint32_t at = left.back();
    left.pop_back();
    Step();
    if (seen_[at] == closures_) continue;
    seen_[at] = closures_;
    const State& state = automaton_.states[at];
    if (!state.edges.empty() || at == automaton_.accepting) closure.push_back(at);
    left.insert(left.end(), state.free.begin(), state.free.end());
  }
  std::ranges::sort(closure);
  return closure;
}

uint32_t Builder::Number(Subset subset) {
  const auto number = static_cast<uint32_t>(subsets_.size());
  const auto [at, added] = numbers_.try_emplace(std::move(subset), number);
  if (!added) return at->second;
  subsets_.push_back(&at->first);
  made_.accepts.push_back(std::ranges::binary_search(at->first, automaton_.accepting) ? 1 : 0);
  full_ = full_ || subsets_.size() > limits::kRegexStates;
  return number;
}

void Builder::Follow(uint32_t state) {
  std::vector<Subset> targets(made_.classes);
  for (const uint32_t member : *subsets_[state]) {
    for (const Edge& edge : automaton_.states[member].edges) {
      const uint32_t last = made_.class_of[edge.bytes.high];
      for (uint32_t c = made_.class_of[edge.bytes.low]; c <= last; ++c) {
        Step();
        targets[c].push_back(edge.to);
      }
      if (full_) return;
    }
  }
  for (uint32_t c = 0; c < made_.classes; ++c) {
    // Neighbouring classes mostly lead to the same.
    const bool same = c > 0 && targets[c] == targets[c - 1];
    made_.next.push_back(same ? made_.next.back() : Number(Closure(targets[c])));
  }
}

}  // namespace

std::expected<Subsets, Problem> MakeSubsets(const Automaton& automaton, uint64_t& steps) {
  return Builder(automaton, steps).Run();
}

}  // namespace cap::regex
