#include "compiler/regex/automaton.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "runtime/base/limits.h"

namespace cap::regex {
namespace {

/// Makes states from the end of the text to its beginning: what follows a part is known when the
/// part is made. Recursion is as deep as the tree: limits::kRegexDepth.
class Maker {
 public:
  explicit Maker(const Syntax& syntax) : syntax_(syntax) {}

  std::expected<Automaton, Problem> Run() {
    automaton_.accepting = NewState();
    automaton_.first =
        Make(static_cast<uint32_t>(syntax_.nodes.size() - 1), automaton_.accepting);
    automaton_.parts = size_;
    if (!full_) return std::move(automaton_);
    const Node& where = syntax_.nodes[counted_];
    return std::unexpected(Problem{
        .too_large = true,
        .offset = where.offset,
        .length = where.length,
        .message = fmt::format("the expression has more than {} parts, with its counts written out",
                               limits::kRegexSize),
        .help = "use smaller counts, or have the length tested by `size(…)`"});
  }

 private:
  /// The state before `id` where `next` is the one after it.
  uint32_t Make(uint32_t id, uint32_t next);
  uint32_t Characters(const Node& node, uint32_t next);
  uint32_t Repeat(uint32_t id, uint32_t next);
  uint32_t Split(uint32_t a, uint32_t b) {
    const uint32_t state = NewState();
    automaton_.states[state].free = {a, b};
    return state;
  }
  uint32_t NewState() {
    Count();
    automaton_.states.emplace_back();
    return static_cast<uint32_t>(automaton_.states.size() - 1);
  }
  void Count() { full_ = full_ || ++size_ > limits::kRegexSize; }

  const Syntax& syntax_;
  Automaton automaton_;
  uint32_t size_ = 0;
  uint32_t counted_ = 0;  // the repetition whose counts grew too large
  bool full_ = false;
};

uint32_t Maker::Make(uint32_t id, uint32_t next) {
  Count();
  if (full_) return next;
  const Node& node = syntax_.nodes[id];
  switch (node.kind) {
    case Kind::kCharacters: return Characters(node, next);
    case Kind::kSequence:
      for (size_t i = node.children.size(); i > 0; --i) next = Make(node.children[i - 1], next);
      return next;
    case Kind::kChoice: {
      const uint32_t state = NewState();
      for (const uint32_t child : node.children) {
        const uint32_t side = Make(child, next);
        automaton_.states[state].free.push_back(side);
      }
      return state;
    }
    case Kind::kRepeat: return Repeat(id, next);
  }
  return next;
}

/// Sequences share their tails: most end in bytes that vary freely.
uint32_t Maker::Characters(const Node& node, uint32_t next) {
  std::map<std::tuple<uint8_t, uint8_t, uint32_t>, uint32_t> tails;
  const uint32_t first = NewState();
  for (const ByteSequence& sequence : node.characters) {
    uint32_t to = next;
    for (uint32_t i = sequence.length; i > 1; --i) {
      const ByteRange bytes = sequence.bytes[i - 1];
      const auto [tail, added] = tails.try_emplace({bytes.low, bytes.high, to}, 0);
      if (added) {
        tail->second = NewState();
        automaton_.states[tail->second].edges.push_back({bytes, to});
      }
      to = tail->second;
    }
    Count();
    automaton_.states[first].edges.push_back({sequence.bytes[0], to});
  }
  return first;
}

uint32_t Maker::Repeat(uint32_t id, uint32_t next) {
  const Node& node = syntax_.nodes[id];
  const uint32_t child = node.children[0];
  uint32_t state = next;
  if (node.most == kUnbounded) {
    state = Split(next, next);
    const uint32_t again = Make(child, state);
    automaton_.states[state].free[0] = again;
  } else {
    // (x(x(x)?)?)? and not x?x?x?: few states at once.
    for (uint32_t i = node.least; i < node.most && !full_; ++i) {
      state = Split(Make(child, state), next);
    }
  }
  for (uint32_t i = 0; i < node.least && !full_; ++i) state = Make(child, state);
  if (full_ && counted_ == 0) counted_ = id;
  return state;
}

}  // namespace

std::expected<Automaton, Problem> MakeAutomaton(const Syntax& syntax) {
  return Maker(syntax).Run();
}

}  // namespace cap::regex
