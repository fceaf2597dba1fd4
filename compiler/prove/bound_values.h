// What the bound values of two policies are when these are compared. One of one name is one value
// on both sides. A parameter that the child's policy fixes is that value for the parent's grant,
// too; one that only the parent has is its default, or any value. Internal to compiler/prove.
#pragma once

#include "compiler/prove/prove.h"
#include "compiler/prove/world.h"

namespace cap::prove {

class BoundValues {
 public:
  /// `child`: the other side, if this is the parent.
  explicit BoundValues(const Side& side, const Side* child = nullptr)
      : side_(side), child_(child) {}

  /// The value of Program::bound at `bound`.
  Sym Value(World& world, uint32_t bound) const;
  /// The same text for the same value.
  std::string Text(uint32_t bound) const;

 private:
  /// Where a value comes from in the end.
  struct Source {
    const Program* program = nullptr;
    uint32_t bound = 0;      // what it is a value of
    uint32_t value = kNone;  // in Program::values; kNone: any value of that name
  };
  Source Find(uint32_t bound) const;
  static Source OwnSource(const Side& side, uint32_t bound);

  Side side_;
  const Side* child_;
};

}  // namespace cap::prove
