// Hopcroft's algorithm: states are told apart block by block, and of two halves of a block only the
// smaller one is looked at again. Then classes that no state tells apart become one.
#include <algorithm>
#include <map>
#include <utility>

#include "compiler/regex/automaton.h"
#include "runtime/program/table.h"

namespace cap::regex {
namespace {

class Minimiser {
 public:
  explicit Minimiser(const Subsets& subsets)
      : in_(subsets), count_(static_cast<uint32_t>(subsets.accepts.size())) {}

  std::vector<uint32_t> Run() {
    FindSources();
    Separate();
    MergeClasses();
    return Write();
  }

 private:
  struct Block {  // members_[begin, end); those before `marked` are being told apart
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t marked = 0;
  };

  void FindSources();
  void Separate();
  void SplitBy(uint32_t splitter, uint32_t byte_class);
  void Mark(uint32_t state);
  void SplitMarked(uint32_t block);
  void MergeClasses();
  std::vector<uint32_t> Order() const;
  std::vector<uint32_t> Write() const;

  uint32_t Next(uint32_t state, uint32_t c) const { return in_.next[state * in_.classes + c]; }
  /// Where a block goes: where any of its members goes.
  uint32_t NextBlock(uint32_t block, uint32_t c) const {
    return block_of_[Next(members_[blocks_[block].begin], c)];
  }
  bool Accepts(uint32_t block) const { return in_.accepts[members_[blocks_[block].begin]] != 0; }

  const Subsets& in_;
  uint32_t count_;
  // Of class c and state s: the states that go to s with it are sources_[first … next first).
  std::vector<uint32_t> first_source_;
  std::vector<uint32_t> sources_;
  std::vector<Block> blocks_;
  std::vector<uint32_t> members_;
  std::vector<uint32_t> place_;     // of a state in members_
  std::vector<uint32_t> block_of_;  // of a state
  std::vector<uint32_t> touched_;   // blocks with marked states
  std::vector<uint32_t> waiting_;   // blocks to split by
  std::vector<uint32_t> kept_;      // the first class of each kind
  std::vector<uint32_t> kind_of_;   // of a class
};

void Minimiser::FindSources() {
  const size_t pairs = size_t{count_} * in_.classes;
  first_source_.assign(pairs + 1, 0);
  const auto pair = [&](uint32_t c, uint32_t state) { return size_t{c} * count_ + state; };
  for (uint32_t s = 0; s < count_; ++s) {
    for (uint32_t c = 0; c < in_.classes; ++c) ++first_source_[pair(c, Next(s, c)) + 1];
  }
  for (size_t i = 0; i < pairs; ++i) first_source_[i + 1] += first_source_[i];
  sources_.resize(pairs);
  std::vector<uint32_t> free(first_source_.begin(), first_source_.end() - 1);
  for (uint32_t s = 0; s < count_; ++s) {
    for (uint32_t c = 0; c < in_.classes; ++c) sources_[free[pair(c, Next(s, c))]++] = s;
  }
}

void Minimiser::Separate() {
  members_.resize(count_);
  place_.resize(count_);
  block_of_.resize(count_);
  uint32_t at = 0;
  for (const bool accepts : {false, true}) {
    const uint32_t begin = at;
    for (uint32_t s = 0; s < count_; ++s) {
      if ((in_.accepts[s] != 0) != accepts) continue;
      members_[at] = s;
      place_[s] = at++;
      block_of_[s] = static_cast<uint32_t>(blocks_.size());
    }
    if (at > begin) blocks_.push_back({begin, at, begin});
  }
  for (uint32_t b = 0; b < blocks_.size(); ++b) waiting_.push_back(b);
  while (!waiting_.empty()) {
    const uint32_t splitter = waiting_.back();
    waiting_.pop_back();
    for (uint32_t c = 0; c < in_.classes; ++c) SplitBy(splitter, c);
  }
}

void Minimiser::SplitBy(uint32_t splitter, uint32_t byte_class) {
  // Marking moves members within their blocks, those of the splitter too.
  const std::vector<uint32_t> targets(members_.begin() + blocks_[splitter].begin,
                                      members_.begin() + blocks_[splitter].end);
  for (const uint32_t target : targets) {
    const size_t pair = size_t{byte_class} * count_ + target;
    for (uint32_t i = first_source_[pair]; i < first_source_[pair + 1]; ++i) Mark(sources_[i]);
  }
  for (const uint32_t block : std::exchange(touched_, {})) SplitMarked(block);
}

void Minimiser::Mark(uint32_t state) {
  Block& block = blocks_[block_of_[state]];
  if (block.marked == block.begin) touched_.push_back(block_of_[state]);
  const uint32_t other = members_[block.marked];
  std::swap(members_[block.marked], members_[place_[state]]);
  place_[other] = place_[state];
  place_[state] = block.marked++;
}

void Minimiser::SplitMarked(uint32_t block) {
  Block& old = blocks_[block];
  const uint32_t marked = std::exchange(old.marked, old.begin);
  if (marked == old.end) return;
  const bool first_is_smaller = marked - old.begin <= old.end - marked;
  const Block made =
      first_is_smaller ? Block{old.begin, marked, old.begin} : Block{marked, old.end, marked};
  (first_is_smaller ? old.begin : old.end) = marked;
  old.marked = old.begin;
  const auto number = static_cast<uint32_t>(blocks_.size());
  for (uint32_t i = made.begin; i < made.end; ++i) block_of_[members_[i]] = number;
  // The new block is the smaller half, and enough to split by: where the old one has yet to be
  // looked at, it still waits with the other half.
  blocks_.push_back(made);
  waiting_.push_back(number);
}

/// Classes that lead every block to the same blocks are one.
void Minimiser::MergeClasses() {
  std::map<std::vector<uint32_t>, uint32_t> kinds;
  kind_of_.resize(in_.classes);
  for (uint32_t c = 0; c < in_.classes; ++c) {
    std::vector<uint32_t> column(blocks_.size());
    for (uint32_t b = 0; b < blocks_.size(); ++b) column[b] = NextBlock(b, c);
    const auto [at, added] =
        kinds.try_emplace(std::move(column), static_cast<uint32_t>(kept_.size()));
    if (added) kept_.push_back(c);
    kind_of_[c] = at->second;
  }
}

/// The dead block, those that do not accept, those that do; the last two by a walk from the first.
std::vector<uint32_t> Minimiser::Order() const {
  const uint32_t dead = block_of_[0];
  std::vector<uint8_t> seen(blocks_.size(), 0);
  std::vector<uint32_t> walk = {dead};
  seen[dead] = 1;
  const auto visit = [&](uint32_t block) {
    if (std::exchange(seen[block], 1) == 0) walk.push_back(block);
  };
  visit(block_of_[in_.first]);
  for (size_t i = 1; i < walk.size(); ++i) {
    for (const uint32_t c : kept_) visit(NextBlock(walk[i], c));
  }
  std::stable_partition(walk.begin(), walk.end(), [&](uint32_t block) { return !Accepts(block); });
  return walk;
}

std::vector<uint32_t> Minimiser::Write() const {
  const std::vector<uint32_t> order = Order();
  const auto classes = static_cast<uint32_t>(kept_.size());
  std::vector<uint32_t> row_of(blocks_.size(), 0);
  uint32_t accept = static_cast<uint32_t>(order.size()) * classes;
  for (uint32_t i = 0; i < order.size(); ++i) {
    row_of[order[i]] = i * classes;
    if (Accepts(order[i])) accept = std::min(accept, i * classes);
  }
  std::vector<uint32_t> words(dfa::kRows, 0);
  words[dfa::kStates] = static_cast<uint32_t>(order.size());
  words[dfa::kClasses] = classes;
  words[dfa::kStart] = row_of[block_of_[in_.first]];
  words[dfa::kAccept] = accept;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    words[dfa::kClassOf + byte / 4] |= kind_of_[in_.class_of[byte]] << (byte % 4 * 8);
  }
  for (const uint32_t block : order) {
    for (const uint32_t c : kept_) words.push_back(row_of[NextBlock(block, c)]);
  }
  return words;
}

}  // namespace

std::vector<uint32_t> Minimise(const Subsets& subsets) { return Minimiser(subsets).Run(); }

}  // namespace cap::regex
