#include "compiler/prove/automata.h"

#include <algorithm>

#include "compiler/prove/bounds.h"

namespace cap::prove {
namespace {

constexpr size_t kNoWay = std::string::npos;

/// For each byte, which others every state of the automaton treats alike.
std::vector<uint32_t> ColumnsOf(const Automaton& automaton) {
  std::map<std::vector<uint32_t>, uint32_t> known;
  std::vector<uint32_t> columns;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    std::vector<uint32_t> column(automaton.size());
    for (uint32_t state = 0; state < automaton.size(); ++state) {
      column[state] = automaton.Next(state, static_cast<uint8_t>(byte));
    }
    const auto number = static_cast<uint32_t>(known.size());
    columns.push_back(known.emplace(std::move(column), number).first->second);
  }
  return columns;
}

/// Letters before digits before what is printed before the rest.
int PlainnessOf(uint8_t byte) {
  if (byte >= 'a' && byte <= 'z') return 0;
  if (byte >= '0' && byte <= '9') return 1;
  return byte > ' ' && byte < 0x7F ? 2 : 3;
}

}  // namespace

Automaton::Automaton(uint32_t states) : next_(size_t{states} * 256), accepts_(states, 0) {}

void Automaton::Lead(uint32_t state, uint32_t first, uint32_t last, uint32_t to) {
  for (uint32_t byte = first; byte <= last; ++byte) next_[state * 256 + byte] = to;
}

Automaton Automaton::OfTable(const Table& table) {
  const uint32_t* words = table.words.data();
  const uint32_t classes = words[dfa::kClasses];
  Automaton made(words[dfa::kStates]);
  made.start_ = words[dfa::kStart] / classes;
  for (uint32_t state = 0; state < made.size(); ++state) {
    const uint32_t row = state * classes;
    made.accepts_[state] = row >= words[dfa::kAccept];
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t of = dfa::ClassOf(words, static_cast<uint8_t>(byte));
      made.next_[state * 256 + byte] = words[dfa::kRows + row + of] / classes;
    }
  }
  return made;
}

Automaton Automaton::WithPrefix(std::string_view part) {
  const auto size = static_cast<uint32_t>(part.size());
  Automaton made(size + 2);
  made.accepts_[size] = 1;
  for (uint32_t state = 0; state < size; ++state) {
    made.Lead(state, 0, 255, size + 1);
    made.next_[state * 256 + static_cast<uint8_t>(part[state])] = state + 1;
  }
  made.Lead(size, 0, 255, size);
  made.Lead(size + 1, 0, 255, size + 1);
  return made;
}

/// State n: the last n bytes are the part's first ones, and no more are.
Automaton Automaton::Searching(std::string_view part, bool stays) {
  const auto size = static_cast<uint32_t>(part.size());
  Automaton made(size + 1);
  made.accepts_[size] = 1;
  uint32_t other = 0;  // where the text without its first byte leads
  for (uint32_t state = 0; state <= size; ++state) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      made.next_[state * 256 + byte] = state == 0 ? 0 : made.next_[other * 256 + byte];
    }
    if (state == size) break;
    const auto byte = static_cast<uint8_t>(part[state]);
    made.next_[state * 256 + byte] = state + 1;
    if (state > 0) other = made.next_[other * 256 + byte];
  }
  if (stays) made.Lead(size, 0, 255, size);
  return made;
}

Automaton Automaton::WithSuffix(std::string_view part) { return Searching(part, false); }
Automaton Automaton::WithPart(std::string_view part) { return Searching(part, true); }

Automaton Automaton::Utf8() {
  constexpr uint32_t kOne = 1, kTwo = 2, kThree = 3;  // bytes that must follow
  constexpr uint32_t kE0 = 4, kED = 5, kF0 = 6, kF4 = 7;
  Automaton made(8);
  made.accepts_[0] = 1;
  for (uint32_t state = 0; state < made.size(); ++state) made.Lead(state, 0, 255, kDead);
  made.Lead(0, 0, 0x7F, 0);
  made.Lead(0, 0xC2, 0xDF, kOne);
  made.Lead(0, 0xE0, 0xEF, kTwo);
  made.Lead(0, 0xF0, 0xF4, kThree);
  made.Lead(0, 0xE0, 0xE0, kE0);
  made.Lead(0, 0xED, 0xED, kED);
  made.Lead(0, 0xF0, 0xF0, kF0);
  made.Lead(0, 0xF4, 0xF4, kF4);
  made.Lead(kOne, 0x80, 0xBF, 0);
  made.Lead(kTwo, 0x80, 0xBF, kOne);
  made.Lead(kThree, 0x80, 0xBF, kTwo);
  made.Lead(kE0, 0xA0, 0xBF, kOne);
  made.Lead(kED, 0x80, 0x9F, kOne);
  made.Lead(kF0, 0x90, 0xBF, kTwo);
  made.Lead(kF4, 0x80, 0x8F, kTwo);
  return made;
}

void Product::Partition(const std::vector<Automaton>& automata) {
  std::map<std::vector<uint32_t>, std::vector<uint8_t>> alike;
  std::vector<std::vector<uint32_t>> columns;
  for (const Automaton& automaton : automata) columns.push_back(ColumnsOf(automaton));
  for (uint32_t byte = 0; byte < 256; ++byte) {
    std::vector<uint32_t> key;
    for (const auto& column : columns) key.push_back(column[byte]);
    alike[key].push_back(static_cast<uint8_t>(byte));
  }
  constexpr size_t kBytes = 3;
  for (auto& [key, bytes] : alike) {
    std::ranges::stable_sort(bytes, {}, PlainnessOf);
    bytes.resize(std::min(bytes.size(), kBytes));
    classes_.push_back(bytes);
  }
  std::ranges::stable_sort(classes_, {}, [](const auto& bytes) { return PlainnessOf(bytes[0]); });
}

void Product::Note(uint32_t state, const std::vector<bool>& answers, size_t depth) {
  const auto found = std::ranges::find(ways_, answers, &Way::answers);
  way_of_[state] = static_cast<size_t>(found - ways_.begin());
  // States are met in order of their depth.
  if (found == ways_.end()) ways_.push_back({answers, depth});
}

std::optional<Product> Product::Of(const std::vector<Automaton>& automata) {
  std::vector<Automaton> all = {Automaton::Utf8()};
  all.insert(all.end(), automata.begin(), automata.end());
  Product made;
  made.Partition(all);
  std::vector<std::vector<uint32_t>> states(1);
  std::vector<size_t> depths = {0};
  for (const Automaton& automaton : all) states[0].push_back(automaton.start());
  std::map<std::vector<uint32_t>, uint32_t> known = {{states[0], 0}};
  for (uint32_t at = 0; at < states.size(); ++at) {
    made.way_of_.push_back(kNoWay);
    if (all[0].Accepts(states[at][0])) {
      std::vector<bool> answers;
      for (size_t i = 1; i < all.size(); ++i) answers.push_back(all[i].Accepts(states[at][i]));
      made.Note(at, answers, depths[at]);
    }
    for (const std::vector<uint8_t>& bytes : made.classes_) {
      std::vector<uint32_t> to;
      for (size_t i = 0; i < all.size(); ++i) to.push_back(all[i].Next(states[at][i], bytes[0]));
      if (to[0] == Automaton::kDead) {
        made.next_.push_back(Automaton::kDead);
        continue;
      }
      const auto [found, is_new] = known.emplace(to, static_cast<uint32_t>(states.size()));
      made.next_.push_back(found->second);
      if (!is_new) continue;
      if (states.size() == bounds::kStates) return std::nullopt;
      states.push_back(std::move(to));
      depths.push_back(depths[at] + 1);
    }
  }
  return made;
}

void Product::AddTexts(const std::vector<uint8_t>& wanted, size_t length, size_t count,
                       std::vector<std::string>& out) const {
  // By how many bytes are left: the states from which a wanted one is reached with them.
  std::vector<std::vector<uint8_t>> reach = {wanted};
  for (size_t left = 1; left <= length; ++left) {
    std::vector<uint8_t> row(wanted.size(), 0);
    for (size_t state = 0; state < wanted.size(); ++state) {
      for (size_t c = 0; c < classes_.size() && row[state] == 0; ++c) {
        const uint32_t to = next_[state * classes_.size() + c];
        row[state] = to != Automaton::kDead && reach.back()[to] != 0;
      }
    }
    reach.push_back(std::move(row));
  }
  if (reach[length][0] == 0) return;
  struct Frame {
    uint32_t state = 0;
    size_t choice = 0;  // class and byte of the class
  };
  constexpr size_t kBytes = 3;
  std::vector<Frame> stack = {{0, 0}};
  std::string text;
  while (!stack.empty() && out.size() < count) {
    Frame& top = stack.back();
    const size_t c = top.choice % classes_.size();
    const size_t nth = top.choice / classes_.size();
    const bool full = text.size() == length;
    if (full) out.push_back(text);
    if (full || nth == kBytes) {
      stack.pop_back();
      if (!text.empty()) text.pop_back();
      continue;
    }
    ++top.choice;
    const uint32_t to = next_[top.state * classes_.size() + c];
    if (nth >= classes_[c].size() || to == Automaton::kDead) continue;
    if (reach[length - text.size() - 1][to] == 0) continue;
    text += static_cast<char>(classes_[c][nth]);
    stack.push_back({to, 0});
  }
}

std::vector<std::string> Product::TextsOf(const std::vector<bool>& answers,
                                          std::optional<size_t> length, size_t count) const {
  constexpr size_t kLonger = 8;
  constexpr size_t kLongest = 400;
  std::vector<std::string> out;
  const auto way = std::ranges::find(ways_, answers, &Way::answers);
  if (way == ways_.end()) return out;
  std::vector<uint8_t> wanted;
  for (const size_t own : way_of_) {
    wanted.push_back(own == static_cast<size_t>(way - ways_.begin()));
  }
  if (length) {
    if (*length <= kLongest) AddTexts(wanted, *length, count, out);
    return out;
  }
  for (size_t more = 0; more < kLonger && out.size() < count; ++more) {
    AddTexts(wanted, way->shortest + more, out.size() + count / 4 + 1, out);
  }
  return out;
}

}  // namespace cap::prove
