#include "compiler/prove/bound_values.h"

#include <algorithm>

#include "runtime/program/print.h"

namespace cap::prove {

BoundValues::Source BoundValues::OwnSource(const Side& side, uint32_t bound) {
  const std::vector<FixedBound>& fixed = side.of().fixed;
  const auto found = std::ranges::find(fixed, bound, &FixedBound::bound);
  if (found == fixed.end()) return {side.program.get(), bound, kNone};
  if (!found->value.bound) return {side.program.get(), bound, found->value.index};
  return {side.program.get(), found->value.index, kNone};
}

BoundValues::Source BoundValues::Find(uint32_t bound) const {
  const Source own = OwnSource(side_, bound);
  const BoundDesc& desc = side_.program->bound[own.bound];
  if (child_ == nullptr || own.value != kNone || !desc.is_parameter()) return own;
  // The parent's grant is made as the child's is: with what the child says of the parameter.
  const Policy& child = child_->of();
  const std::vector<BoundDesc>& of_child = child_->program->bound;
  for (const FixedBound& fixed : child.fixed) {
    const BoundDesc& other = of_child[fixed.bound];
    if (other.name == desc.name && other.policy == desc.policy) {
      return OwnSource(*child_, fixed.bound);
    }
  }
  for (const uint32_t open : child.bound) {
    if (of_child[open].name == desc.name) return {child_->program.get(), open, kNone};
  }
  if (desc.default_value == kNone) return own;
  return {side_.program.get(), own.bound, desc.default_value};
}

Sym BoundValues::Value(World& world, uint32_t bound) const {
  const Source source = Find(bound);
  if (source.value == kNone) return world.Bound(*source.program, source.bound);
  return world.Literal(*source.program, source.program->bound[source.bound].type,
                       source.program->values[source.value]);
}

std::string BoundValues::Text(uint32_t bound) const {
  const Source source = Find(bound);
  return source.value == kNone ? "{{" + source.program->bound[source.bound].name + "}}"
                               : PrintValue(*source.program, source.program->values[source.value]);
}

}  // namespace cap::prove
