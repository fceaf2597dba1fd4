// Frames and constants of any verified Program, filled at random: valid slots of each type, at and
// next to the values that the Program itself names, some absent, some poisoned.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "runtime/value/decimal.h"
#include "tests/support/shape_builder.h"

namespace cap::test {

using Random = std::mt19937_64;

inline uint64_t Below(Random& random, uint64_t bound) { return bound == 0 ? 0 : random() % bound; }
inline bool Chance(Random& random, double p) {
  return static_cast<double>(random() >> 11) * 0x1.0p-53 < p;
}

/// The literals of a Program, by kind, each number with its neighbours: what requests should meet.
struct Hints {
  explicit Hints(const Program& program);

  std::vector<int64_t> words;
  std::vector<int64_t> instants;
  std::vector<int64_t> durations;
  std::vector<int64_t> days;
  std::vector<Coefficient> coefficients;
  std::vector<int64_t> amounts;
  std::vector<uint32_t> currencies;
  std::vector<std::string> texts;
  std::vector<std::string> emails;
  std::map<TypeKind, std::vector<std::string>> canonical;  // of kPath, kIp, kCidr, kUrl
};

struct FrameOptions {
  double absent = 0.05;    // of a slot
  double poisoned = 0.02;
  double undeclared = 0.03;  // of a set<enum>: a member that is not declared
  double approved = 0.5;   // of an approver
};

class RandomSlots {
 public:
  RandomSlots(const Program& program, const Hints& hints, Random& random, FrameOptions options = {})
      : program_(program), hints_(hints), random_(random), options_(options) {}

  /// A valid slot of a type that is no record; what it points at is in `arena`. `ordered`: a set is
  /// sorted and without duplicates, as all but lets are.
  Slot Make(TypeIndex type, Arena& arena, bool ordered = true);
  /// A frame of the tool.
  FrameImage Frame(uint32_t tool);
  /// The constants of a rule: its literals, and random values where they are bound.
  std::vector<Slot> Consts(uint32_t shape, const std::vector<ConstSource>& sources, Arena& arena);

 private:
  Slot List(const Type& type, Arena& arena, bool ordered);
  Slot Rows(const Type& type, Slot* slots, uint32_t count) const;
  void Record(TypeIndex type, Slot* slots, uint32_t at, uint64_t& present, Arena& arena);
  /// Slots [slot, …) of a value of `type`; returns the slot after it.
  uint32_t Fill(FrameImage& frame, TypeIndex type, uint32_t slot, bool optional, bool ordered);
  uint32_t Skip(FrameImage& frame, TypeIndex type, uint32_t slot, bool poison);
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[Below(random_, items.size())];
  }

  const Program& program_;
  const Hints& hints_;
  Random& random_;
  FrameOptions options_;
};

}  // namespace cap::test
