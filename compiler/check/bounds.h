// Bounds that the clauses of one capability put on one value: a pair that leaves nothing is a
// mistake of the author (law 5), found here without a solver.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "compiler/check/context.h"
#include "compiler/check/instances.h"
#include "runtime/value/decimal.h"

namespace cap::check {

class Bounds {
 public:
  Bounds(Context& context, const Instances& instances, uint32_t tool)
      : context_(context), instances_(instances), tool_(tool) {}

  /// Takes the comparisons with literals out of a condition that must hold. False: reported.
  bool Add(Placed condition, const SourceSpan& statement);

 private:
  static constexpr Coefficient kHighest = ~(Coefficient{1} << 127);
  static constexpr Coefficient kLowest = -kHighest - 1;
  struct Interval {
    Coefficient low = kLowest;
    Coefficient high = kHighest;
    SourceSpan low_from, high_from;  // which statement set it; begin == end: none
    uint32_t currency = 0;
    std::string text;  // the value a string must have
    SourceSpan text_from;
    bool reported = false;  // what is left of it says nothing any more
  };
  struct Literal {
    Coefficient value = 0;
    uint32_t currency = 0;
    const std::string* text = nullptr;
  };

  bool Comparison(Op op, Placed left, Placed right, bool negated, const SourceSpan& statement);
  bool Text(Interval& at, const std::string& text, const SourceSpan& statement,
            const std::string& name);
  bool Check(Interval& at, const SourceSpan& statement, const std::string& name);
  bool LiteralOf(Placed placed, Literal& literal) const;
  bool Report(Interval& at, const SourceSpan& statement, const SourceSpan& other,
              const std::string& name);

  Context& context_;
  const Instances& instances_;
  uint32_t tool_;
  std::unordered_map<uint32_t, Interval> by_slot_;
};

}  // namespace cap::check
