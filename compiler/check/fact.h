// What facts are keyed by.
#pragma once

#include <optional>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/expr.h"

namespace cap::check {

/// The slots of a fact's keys, which are arguments. What is none is reported and left out.
std::vector<uint32_t> KeysOf(Context& context, const Tool& tool, ExprChecker& checker,
                             const ast::Fact& fact);

/// `for each xs`, `for each xs.field`: where the list is, and the key within one of its elements.
struct EachKey {
  uint32_t slot = 0;
  uint32_t offset = 0;
  uint32_t max = 0;  // elements
};

/// Nothing: reported.
std::optional<EachKey> EachKeyOf(Context& context, const Tool& tool, ExprChecker& checker,
                                 const ast::Fact& fact);

/// The type of the whole: a list of what is declared of one element. kNone: reported.
TypeIndex TypeOfEach(Context& context, const ast::Fact& fact, TypeIndex element, uint32_t max);

}  // namespace cap::check
