// Any bytes as the lists in a row of the store in a file: what is accepted has this one form.
#include "runtime/sqlite/rows.h"

#include <algorithm>

#include "tests/fuzz/target.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(rows) {
  const std::span bytes(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  std::vector<state::Entry> entries;
  if (state::ReadEntries(bytes, entries)) {
    Require(std::ranges::equal(state::WriteEntries(entries), bytes), "entries have two forms");
    int64_t last = 0;
    for (const state::Entry& entry : entries) {
      Require(entry.end_us >= last && entry.amount > 0, "entries out of order");
      last = entry.end_us;
    }
  }
  std::vector<state::Taken> notes;
  if (state::ReadNotes(bytes, notes)) {
    Require(std::ranges::equal(state::WriteNotes(notes), bytes), "notes have two forms");
  }
}

}  // namespace cap::fuzz
