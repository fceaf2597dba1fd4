// Automata over bytes, and several of them at once: which answers one text can give to all of them,
// and texts that give these. Internal to compiler/prove.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/table.h"

namespace cap::prove {

/// Says of every text whether it is one of a language.
class Automaton {
 public:
  static Automaton OfTable(const Table& table);
  static Automaton WithPrefix(std::string_view part);
  static Automaton WithSuffix(std::string_view part);
  static Automaton WithPart(std::string_view part);
  static Automaton Utf8();  // in which every row of a byte that cannot follow is kDead

  static constexpr uint32_t kDead = 0xFFFF'FFFF;

  uint32_t start() const { return start_; }
  uint32_t size() const { return static_cast<uint32_t>(accepts_.size()); }
  uint32_t Next(uint32_t state, uint8_t byte) const { return next_[state * 256 + byte]; }
  bool Accepts(uint32_t state) const { return accepts_[state] != 0; }

 private:
  explicit Automaton(uint32_t states);
  void Lead(uint32_t state, uint32_t first, uint32_t last, uint32_t to);
  static Automaton Searching(std::string_view part, bool stays);

  uint32_t start_ = 0;
  std::vector<uint32_t> next_;  // 256 a state
  std::vector<uint8_t> accepts_;
};

class Product {
 public:
  /// Of UTF-8 texts. Nothing: it has more states than bounds::kStates.
  static std::optional<Product> Of(const std::vector<Automaton>& automata);

  struct Way {
    std::vector<bool> answers;  // of each automaton
    size_t shortest = 0;        // text that gives them, in bytes
  };
  const std::vector<Way>& ways() const { return ways_; }

  /// Up to `count` texts that give these answers, of `length` bytes, or else short ones.
  std::vector<std::string> TextsOf(const std::vector<bool>& answers, std::optional<size_t> length,
                                   size_t count) const;

 private:
  void Partition(const std::vector<Automaton>& automata);
  void Note(uint32_t state, const std::vector<bool>& answers, size_t depth);
  void AddTexts(const std::vector<uint8_t>& wanted, size_t length, size_t count,
                std::vector<std::string>& out) const;

  std::vector<std::vector<uint8_t>> classes_;  // a few bytes of each class
  std::vector<uint32_t> next_;                 // a row of classes a state
  std::vector<size_t> way_of_;                 // by state; npos: not the end of a text
  std::vector<Way> ways_;
};

}  // namespace cap::prove
