// The part of a ledger that looks at all rows.
#include <algorithm>

#include "runtime/sqlite/ledger.h"

namespace cap::state {

uint64_t Ledger::Sweep(int64_t now_us) {
  if (now_us < limits::kSweepGraceUs || now_us > limits::kTimeUs || !Flush()) return 0;
  const int64_t idle_us = now_us - limits::kSweepGraceUs;
  sweep_counters_.Bind(1, idle_us);
  failed_ |= !sweep_counters_.Run();
  const int64_t counters = failed_ ? 0 : database_.changes();
  sweep_operations_.Bind(1, now_us - limits::kOperationKeepUs);
  failed_ |= !sweep_operations_.Run();
  const int64_t operations = failed_ ? 0 : database_.changes();
  store_.floor_us = std::max(store_.floor_us, idle_us);
  store_.counters -= std::min(store_.counters, counters);
  store_.operations -= std::min(store_.operations, operations);
  changed_ = true;
  return failed_ ? 0 : static_cast<uint64_t>(counters + operations);
}

std::optional<std::vector<CounterView>> Ledger::Counters() {
  if (!Flush()) return std::nullopt;
  std::vector<CounterView> views;
  auto outcome = all_counters_.Step();
  for (; outcome == Statement::Outcome::kRow; outcome = all_counters_.Step()) {
    const auto bytes = all_counters_.Blob(0);
    const auto id = bytes ? ReadId(*bytes) : std::nullopt;
    const auto counter = ReadCounter(all_counters_, 1);
    if (!id || !counter) break;
    CounterView view = ViewOf(*id, *counter);
    std::string* const names[] = {&view.policy, &view.limit, &view.constraint, &view.key};
    for (int i = 0; i < 4; ++i)
      *names[i] = all_counters_.Text(1 + kCounterColumns + i).value_or("");
    views.push_back(std::move(view));
  }
  all_counters_.Reset();
  if (outcome != Statement::Outcome::kDone) return std::nullopt;
  return views;
}

std::optional<bool> Ledger::Reset(CounterId id) {
  if (!Disown(id) || !Flush()) return std::nullopt;
  delete_counter_.Bind(1, std::span<const uint8_t>(BytesOf(id)));
  if (!delete_counter_.Run()) {
    failed_ = true;
    return std::nullopt;
  }
  const bool known = database_.changes() > 0;
  store_.counters -= known;
  changed_ |= known;
  return known;
}

/// No operation gives anything back to a counter that begins anew.
bool Ledger::Disown(CounterId id) {
  if (!Flush()) return false;
  auto outcome = all_reserved_.Step();
  for (; outcome == Statement::Outcome::kRow; outcome = all_reserved_.Step()) {
    const auto bytes = all_reserved_.Blob(0);
    const auto key = bytes ? ReadId(*bytes) : std::nullopt;
    auto noted = ReadOperation(all_reserved_, 1);
    if (!key || !noted) break;
    bool changed = false;
    for (Taken& note : noted->notes) {
      if (note.id != id || note.of == CounterClass::kStamp) continue;
      note.token = kNever;
      changed = true;
    }
    if (changed) {
      operations_[{key->high, key->low}] = {std::move(*noted), true, true, false};
    }
  }
  all_reserved_.Reset();
  return outcome == Statement::Outcome::kDone;
}

bool Ledger::Flush() {
  for (auto& [id, row] : counters_) {
    if (row.changed && !WriteCounter(id, row)) failed_ = true;
  }
  for (auto& [id, row] : operations_) {
    if (row.changed && !WriteOperation(id, row)) failed_ = true;
  }
  counters_.clear();
  operations_.clear();
  return !failed_;
}

bool Ledger::WriteCounter(CounterId id, CounterRow& row) {
  Statement& statement = row.stored ? update_counter_ : insert_counter_;
  statement.Bind(1, std::span<const uint8_t>(BytesOf(id)));
  BindCounter(statement, 2, row.counter);
  if (!row.stored) {
    const std::string* const names[] = {&row.name.policy, &row.name.limit, &row.name.constraint,
                                        &row.name.key};
    for (int i = 0; i < 4; ++i) {
      statement.Bind(2 + kCounterColumns + i, std::string_view(*names[i]));
    }
  }
  if (!statement.Run() || database_.changes() != 1) return false;
  row.stored = true;
  row.changed = false;
  return true;
}

bool Ledger::WriteOperation(OperationId id, OperationRow& row) {
  Statement& statement = row.stored ? update_operation_ : insert_operation_;
  statement.Bind(1, std::span<const uint8_t>(BytesOf(id)));
  BindOperation(statement, 2, row.noted);
  if (!statement.Run() || database_.changes() != 1) return false;
  row.stored = true;
  row.changed = false;
  return true;
}

}  // namespace cap::state
