// Counters and operations as rows of the file. What is read is checked as strictly as what a
// stranger sends: a row that this code would not have written is none, and its counter is not
// available.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/sqlite/database.h"
#include "runtime/state/counter.h"
#include "runtime/state/operations.h"
#include "runtime/state/store.h"

namespace cap::state {

using IdBytes = std::array<uint8_t, 16>;
IdBytes BytesOf(uint64_t high, uint64_t low);
inline IdBytes BytesOf(CounterId id) { return BytesOf(id.high, id.low); }
inline IdBytes BytesOf(OperationId id) { return BytesOf(id.high, id.low); }
std::optional<CounterId> ReadId(std::span<const uint8_t> bytes);

/// An operation with the notes of what it has taken.
struct NotedOperation {
  Operation operation;
  std::vector<Taken> notes;
};

// Columns of a counter from `at` on: class, unit, last_us, value, begin_us, end_us, bound, entries.
inline constexpr int kCounterColumns = 8;
void BindCounter(Statement& statement, int at, const Counter& counter);
std::optional<Counter> ReadCounter(const Statement& row, int at);

// Of an operation: state, fingerprint, time_us, taken, notes, actual_unit, actual.
inline constexpr int kOperationColumns = 7;
void BindOperation(Statement& statement, int at, const NotedOperation& noted);
std::optional<NotedOperation> ReadOperation(const Statement& row, int at);

// The two columns that are lists, apart, for whoever tests them.
std::vector<uint8_t> WriteEntries(std::span<const Entry> entries);
bool ReadEntries(std::span<const uint8_t> bytes, std::vector<Entry>& entries);
std::vector<uint8_t> WriteNotes(std::span<const Taken> notes);
bool ReadNotes(std::span<const uint8_t> bytes, std::vector<Taken>& notes);

}  // namespace cap::state
