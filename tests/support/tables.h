// A table by hand, for tests that need one and no compiler, and what the verifier says of it.
#pragma once

#include <string>

#include "runtime/program/table.h"
#include "runtime/program/verify.h"
#include "runtime/value/zone.h"

namespace cap::test {

/// Why the verifier refuses the program; nothing where it does not.
inline std::string ErrorOf(const Program& program) {
  const Result<void> verified = Verify(program);
  return verified.has_value() ? "" : verified.error().message;
}

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

/// A zone an hour east of UTC in the first ten days of 1970, and unknown before and after them.
inline Table TableOfZone() {
  Table table{.kind = TableKind::kZone, .name = "Test/Zone", .words = {}};
  zone::Append(0, 3'600, table.words);
  zone::Append(864'000, 0, table.words);
  return table;
}

/// One window of a minute. 1970 begins in that zone with the minute 60.
inline Table TableOfSchedule(uint32_t minute) {
  Table table{.kind = TableKind::kSchedule,
              .name = "Test/Schedule",
              .words = {0, 1, minute, minute + 1}};
  const Table zone = TableOfZone();
  table.words.insert(table.words.end(), zone.words.begin(), zone.words.end());
  return table;
}

}  // namespace cap::test
