// Tables of constants. A call-out walks them without looking, so everything it relies on is held
// here: no index leads out of the words, and every walk ends.
#include <fmt/format.h>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/verify_context.h"
#include "runtime/value/schedule.h"
#include "runtime/value/zone.h"

namespace cap::verify {
namespace {

/// A walk takes one step a byte of the text, from row to row: each row that stands anywhere in the
/// table must be the row of a state.
bool VerifyDfa(Context& context, const std::vector<uint32_t>& words, const std::string& where) {
  if (words.size() < dfa::kRows) return context.Fail(where, "it ends inside its header");
  const uint64_t states = words[dfa::kStates];
  const uint64_t classes = words[dfa::kClasses];
  if (states == 0 || classes == 0 || classes > 256) {
    return context.Fail(where, "it has no states, no classes, or too many");
  }
  if (words.size() - dfa::kRows != states * classes) {
    return context.Fail(where, "its size is not that of its rows");
  }
  const auto is_row = [&](uint32_t row) { return row % classes == 0 && row < states * classes; };
  if (!is_row(words[dfa::kStart])) return context.Fail(where, "it starts at no state");
  // One past the last row: no state accepts. The dead one never does.
  const uint32_t accept = words[dfa::kAccept];
  if (accept % classes != 0 || accept == 0 || accept > states * classes) {
    return context.Fail(where, "its accepting states are none");
  }
  for (uint32_t byte = 0; byte < 256; ++byte) {
    if (dfa::ClassOf(words.data(), static_cast<uint8_t>(byte)) >= classes) {
      return context.Fail(where, "a byte has no class");
    }
  }
  for (uint64_t i = 0; i < states * classes; ++i) {
    const uint32_t row = words[dfa::kRows + i];
    if (!is_row(row)) return context.Fail(where, "it leads to no state");
    if (i < classes && row != 0) return context.Fail(where, "the dead state leads elsewhere");
  }
  return true;
}

bool VerifyTable(Context& context, const Table& table, const std::string& where) {
  if (!IsUtf8(table.name)) return context.Fail(where, "the name is not UTF-8");
  if (table.words.size() > limits::kTableWords) return context.Fail(where, "it is too large");
  switch (table.kind) {
    case TableKind::kDfa: return VerifyDfa(context, table.words, where);
    case TableKind::kZone:
      return zone::IsTable(table.words) || context.Fail(where, "it is no time zone");
    case TableKind::kSchedule:
      return schedule::IsTable(table.words) || context.Fail(where, "it is no schedule");
  }
  return context.Fail(where, "there is no such kind");
}

}  // namespace

bool VerifyTables(Context& context) {
  const std::string& version = context.program.zone_version;
  if (version.size() > limits::kNameBytes || !IsUtf8(version)) {
    return context.Fail("zone_version", "it is too long or not UTF-8");
  }
  uint64_t words = 0;
  for (size_t i = 0; i < context.program.tables.size(); ++i) {
    const Table& table = context.program.tables[i];
    if (!VerifyTable(context, table, fmt::format("tables[{}]", i))) return false;
    words += table.words.size();
    if (words > limits::kProgramTableWords) {
      return context.Fail("tables", "all together are too large");
    }
  }
  return true;
}

}  // namespace cap::verify
