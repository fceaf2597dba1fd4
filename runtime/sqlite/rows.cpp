#include "runtime/sqlite/rows.h"

#include <algorithm>

namespace cap::state {
namespace {

constexpr size_t kEntryBytes = 16;
constexpr size_t kNoteBytes = 36;  // id, class, a zero, unit, amount, token
constexpr size_t kTakenBytes = limits::kCharges / 8;

/// Nothing that a counter holds is later: a time and what may be added to it.
constexpr int64_t kLatestUs = 2 * limits::kTimeUs;

bool In(int64_t value, int64_t least, int64_t most) { return least <= value && value <= most; }

void Write(std::vector<uint8_t>& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> 8 * i));
}

/// Takes little-endian numbers from the front. INVARIANT: there are as many bytes.
uint64_t Take(std::span<const uint8_t>& in, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{in[i]} << 8 * i;
  in = in.subspan(bytes);
  return value;
}

bool IsClass(int64_t value) {
  return In(value, static_cast<int64_t>(CounterClass::kRate),
            static_cast<int64_t>(CounterClass::kBreaker));
}

/// What holds of every counter that these functions make (counter.cpp).
bool IsSound(const Counter& counter) {
  if (!In(counter.last_us, 0, limits::kTimeUs) || counter.value < 0 ||
      !In(counter.limit, 0, limits::kQuantity)) {
    return false;
  }
  // Every charge ends later than it was made; a stamp, which may be kept for no time, no earlier.
  const bool stamp = counter.of() == CounterClass::kStamp;
  if (counter.end_us < counter.last_us || (!stamp && counter.end_us == counter.last_us)) {
    return false;
  }
  const bool has_end = In(counter.end_us, 0, kLatestUs);
  switch (counter.of()) {
    case CounterClass::kRate:
      return has_end && counter.value == counter.end_us &&
             In(counter.begin_us(), limits::kRateIntervalUs, limits::kTimeUs);
    case CounterClass::kQuota:
      return has_end && In(counter.begin_us(), 0, counter.last_us);
    case CounterClass::kTotal:
      return (has_end || counter.end_us == kNever) && In(counter.begin_us(), 0, counter.last_us);
    case CounterClass::kRecent:
    case CounterClass::kGauge: {
      int64_t sum = 0;
      for (const Entry& entry : counter.all_entries()) {
        if (__builtin_add_overflow(sum, entry.amount, &sum)) return false;
      }
      return has_end && counter.value == sum;
    }
    case CounterClass::kBreaker:
      return has_end && counter.value <= kLatestUs;
    case CounterClass::kStamp:
      return has_end && counter.value == 0;
    case CounterClass::kNone:
      return false;
  }
  return false;
}

}  // namespace

IdBytes BytesOf(uint64_t high, uint64_t low) {
  IdBytes bytes;
  for (size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<uint8_t>(low >> (56 - 8 * i));
  }
  return bytes;
}

std::optional<CounterId> ReadId(std::span<const uint8_t> bytes) {
  if (bytes.size() != 16) return std::nullopt;
  CounterId id;
  for (size_t i = 0; i < 8; ++i) {
    id.high = id.high << 8 | bytes[i];
    id.low = id.low << 8 | bytes[8 + i];
  }
  return id;
}

std::vector<uint8_t> WriteEntries(std::span<const Entry> entries) {
  std::vector<uint8_t> out;
  out.reserve(entries.size() * kEntryBytes);
  for (const Entry& entry : entries) {
    Write(out, static_cast<uint64_t>(entry.end_us), 8);
    Write(out, static_cast<uint64_t>(entry.amount), 8);
  }
  return out;
}

bool ReadEntries(std::span<const uint8_t> bytes, std::vector<Entry>& entries) {
  // A call can add kCharges to a gauge that was not yet full.
  constexpr size_t kMost = limits::kHolds + limits::kCharges;
  if (bytes.size() % kEntryBytes != 0 || bytes.size() / kEntryBytes > kMost) return false;
  int64_t last_us = 0;
  while (!bytes.empty()) {
    Entry entry;
    entry.end_us = static_cast<int64_t>(Take(bytes, 8));
    entry.amount = static_cast<int64_t>(Take(bytes, 8));
    if (!In(entry.end_us, last_us, kLatestUs) || !In(entry.amount, 1, limits::kQuantity)) {
      return false;
    }
    last_us = entry.end_us;
    entries.push_back(entry);
  }
  return true;
}

std::vector<uint8_t> WriteNotes(std::span<const Taken> notes) {
  std::vector<uint8_t> out;
  out.reserve(notes.size() * kNoteBytes);
  for (const Taken& note : notes) {
    const IdBytes id = BytesOf(note.id);
    out.insert(out.end(), id.begin(), id.end());
    Write(out, static_cast<uint64_t>(note.of), 2);
    Write(out, note.unit, 2);
    Write(out, static_cast<uint64_t>(note.amount), 8);
    Write(out, static_cast<uint64_t>(note.token), 8);
  }
  return out;
}

bool ReadNotes(std::span<const uint8_t> bytes, std::vector<Taken>& notes) {
  constexpr size_t kMost = limits::kCharges + limits::kStamps;
  if (bytes.size() % kNoteBytes != 0 || bytes.size() / kNoteBytes > kMost) return false;
  while (!bytes.empty()) {
    Taken note;
    note.id = *ReadId(bytes.first(16));
    bytes = bytes.subspan(16);
    const auto of = static_cast<int64_t>(Take(bytes, 2));
    if (!IsClass(of)) return false;
    note.of = static_cast<CounterClass>(of);
    note.unit = static_cast<uint16_t>(Take(bytes, 2));
    note.amount = static_cast<int64_t>(Take(bytes, 8));
    note.token = static_cast<int64_t>(Take(bytes, 8));
    const bool stamp = note.of == CounterClass::kStamp;
    const bool given_back = note.of == CounterClass::kQuota || note.of == CounterClass::kTotal ||
                            note.of == CounterClass::kGauge;
    if (!(stamp ? note.amount == 0 : given_back && In(note.amount, 1, limits::kQuantity)) ||
        note.token < 0 || (stamp && note.token > limits::kTimeUs)) {
      return false;
    }
    notes.push_back(note);
  }
  return true;
}

void BindCounter(Statement& statement, int at, const Counter& counter) {
  statement.Bind(at, static_cast<int64_t>(counter.of()));
  statement.Bind(at + 1, int64_t{counter.unit});
  statement.Bind(at + 2, counter.last_us);
  statement.Bind(at + 3, counter.value);
  statement.Bind(at + 4, counter.begin_us());
  statement.Bind(at + 5, counter.end_us);
  statement.Bind(at + 6, counter.limit);
  statement.Bind(at + 7, std::span<const uint8_t>(WriteEntries(counter.all_entries())));
}

std::optional<Counter> ReadCounter(const Statement& row, int at) {
  std::array<int64_t, kCounterColumns - 1> numbers;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto number = row.Integer(at + static_cast<int>(i));
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  const auto bytes = row.Blob(at + kCounterColumns - 1);
  std::vector<Entry> entries;
  if (!bytes || !ReadEntries(*bytes, entries)) return std::nullopt;
  if (!IsClass(numbers[0]) || !In(numbers[1], 0, UINT16_MAX)) return std::nullopt;
  Counter counter;
  counter.Begin(static_cast<CounterClass>(numbers[0]), static_cast<uint16_t>(numbers[1]));
  counter.last_us = numbers[2];
  counter.value = numbers[3];
  counter.end_us = numbers[5];
  counter.limit = numbers[6];
  if (counter.has_entries()) {
    if (numbers[4] != 0) return std::nullopt;
    for (const Entry& entry : entries) counter.entries().Insert(entry);
  } else {
    if (!entries.empty()) return std::nullopt;
    counter.begin_us() = numbers[4];
  }
  if (!IsSound(counter)) return std::nullopt;
  return counter;
}

void BindOperation(Statement& statement, int at, const NotedOperation& noted) {
  const Operation& operation = noted.operation;
  statement.Bind(at, static_cast<int64_t>(operation.state));
  statement.Bind(at + 1, static_cast<int64_t>(operation.fingerprint));
  statement.Bind(at + 2, operation.time_us);
  std::vector<uint8_t> taken(kTakenBytes);
  for (size_t i = 0; i < limits::kCharges; ++i) {
    if (operation.taken.test(i)) taken[i / 8] |= static_cast<uint8_t>(1u << i % 8);
  }
  while (!taken.empty() && taken.back() == 0) taken.pop_back();
  statement.Bind(at + 3, std::span<const uint8_t>(taken));
  statement.Bind(at + 4, std::span<const uint8_t>(WriteNotes(noted.notes)));
  if (operation.has_actual) {
    statement.Bind(at + 5, int64_t{operation.actual.unit});
    statement.Bind(at + 6, operation.actual.amount);
  } else {
    statement.BindNull(at + 5);
    statement.BindNull(at + 6);
  }
}

std::optional<NotedOperation> ReadOperation(const Statement& row, int at) {
  const auto state = row.Integer(at), fingerprint = row.Integer(at + 1);
  const auto time_us = row.Integer(at + 2);
  const auto taken = row.Blob(at + 3), notes = row.Blob(at + 4);
  if (!state || !fingerprint || !time_us || !taken || !notes) return std::nullopt;
  if (!In(*state, static_cast<int64_t>(OperationState::kReserved),
          static_cast<int64_t>(OperationState::kReleased)) ||
      !In(*time_us, 0, limits::kTimeUs) || taken->size() > kTakenBytes) {
    return std::nullopt;
  }
  NotedOperation noted;
  Operation& operation = noted.operation;
  operation.state = static_cast<OperationState>(*state);
  operation.fingerprint = static_cast<uint64_t>(*fingerprint);
  operation.time_us = *time_us;
  for (size_t i = 0; i < taken->size() * 8; ++i) {
    if ((*taken)[i / 8] >> i % 8 & 1) operation.taken.set(i);
  }
  if (!ReadNotes(*notes, noted.notes)) return std::nullopt;
  if (!row.IsNull(at + 5) || !row.IsNull(at + 6)) {
    const auto unit = row.Integer(at + 5), amount = row.Integer(at + 6);
    if (!unit || !amount || !In(*unit, 0, UINT16_MAX) || !In(*amount, 0, limits::kQuantity) ||
        operation.state != OperationState::kCommitted) {
      return std::nullopt;
    }
    operation.has_actual = true;
    operation.actual = {static_cast<uint16_t>(*unit), *amount};
  }
  return noted;
}

}  // namespace cap::state
