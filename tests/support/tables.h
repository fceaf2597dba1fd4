// A table by hand, for tests that need one and no compiler.
#pragma once

#include "runtime/program/table.h"

namespace cap::test {

/// The regular expression `a*b`.
inline Table TableOfAsAndB() {
  Table table{.kind = TableKind::kDfa, .name = "a*b", .words = {}};
  // Classes: 0 any other byte, 1 `a`, 2 `b`. States: 0 dead, 1 the first one, 2 after the `b`.
  table.words.assign(dfa::kRows + 9, 0);
  table.words[dfa::kStates] = 3;
  table.words[dfa::kClasses] = 3;
  table.words[dfa::kStart] = 3;
  table.words[dfa::kAccept] = 6;
  table.words[dfa::kClassOf + 'a' / 4] = 1u << 'a' % 4 * 8 | 2u << 'b' % 4 * 8;
  table.words[dfa::kRows + 3 + 1] = 3;
  table.words[dfa::kRows + 3 + 2] = 6;
  return table;
}

}  // namespace cap::test
