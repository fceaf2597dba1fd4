#include "runtime/sqlite/ledger.h"

#include <algorithm>

namespace cap::state {
namespace {

ReserveResult Bad() { return {ReserveStatus::kBadRequest}; }

}  // namespace

OwnedRequest::OwnedRequest(const ReserveRequest& request)
    : now_us(request.now_us),
      operation(request.operation),
      peek(request.peek),
      charges(request.charges.begin(), request.charges.end()),
      free(request.free.begin(), request.free.end()),
      stamps(request.stamps.begin(), request.stamps.end()) {
  for (const CounterName& name : request.names) {
    names.push_back({std::string(name.policy), std::string(name.limit),
                     std::string(name.constraint), std::string(name.key)});
  }
}

ReserveRequest OwnedRequest::view() const {
  return {.now_us = now_us,
          .operation = operation,
          .charges = charges,
          .free = free,
          .stamps = stamps,
          .names = {},
          .peek = peek};
}

Ledger::Ledger(Database database, StoreSizes sizes)
    : database_(std::move(database)), sizes_(sizes) {
  read_counter_ = database_.Prepare(
      "SELECT class, unit, last_us, value, begin_us, end_us, bound, entries FROM counter "
      "WHERE id = ?1");
  insert_counter_ = database_.Prepare(
      "INSERT INTO counter VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
  update_counter_ = database_.Prepare(
      "UPDATE counter SET class = ?2, unit = ?3, last_us = ?4, value = ?5, begin_us = ?6, "
      "end_us = ?7, bound = ?8, entries = ?9 WHERE id = ?1");
  delete_counter_ = database_.Prepare("DELETE FROM counter WHERE id = ?1");
  all_counters_ = database_.Prepare(
      "SELECT id, class, unit, last_us, value, begin_us, end_us, bound, entries, policy, "
      "\"limit\", \"constraint\", \"key\" FROM counter");
  read_operation_ = database_.Prepare(
      "SELECT state, fingerprint, time_us, taken, notes, actual_unit, actual FROM operation "
      "WHERE id = ?1");
  insert_operation_ =
      database_.Prepare("INSERT INTO operation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  update_operation_ = database_.Prepare(
      "UPDATE operation SET state = ?2, fingerprint = ?3, time_us = ?4, taken = ?5, notes = ?6, "
      "actual_unit = ?7, actual = ?8 WHERE id = ?1");
  all_reserved_ = database_.Prepare(
      "SELECT id, state, fingerprint, time_us, taken, notes, actual_unit, actual FROM operation "
      "WHERE state = 1");
  delete_settled_ = database_.Prepare("DELETE FROM operation WHERE state <> 1");
  sweep_counters_ = database_.Prepare("DELETE FROM counter WHERE end_us <= ?1");
  sweep_operations_ = database_.Prepare("DELETE FROM operation WHERE time_us <= ?1");
  read_store_ = database_.Prepare(
      "SELECT sequence, floor_us, counters, operations, hash_key FROM store WHERE id = 1");
  write_store_ = database_.Prepare(
      "UPDATE store SET sequence = ?1, floor_us = ?2, counters = ?3, operations = ?4 "
      "WHERE id = 1");
}

std::optional<std::array<uint8_t, 16>> Ledger::ReadHashKey() {
  std::optional<std::array<uint8_t, 16>> key;
  if (!write_store_.prepared() || !read_store_.prepared()) return key;
  if (read_store_.Step() == Statement::Outcome::kRow) {
    const auto bytes = read_store_.Blob(4);
    if (bytes && bytes->size() == 16) std::copy_n(bytes->begin(), 16, key.emplace().begin());
  }
  read_store_.Reset();
  return key;
}

Ledger::Opening Ledger::Begin() {
  counters_.clear();
  operations_.clear();
  changed_ = failed_ = false;
  if (!database_.Run("BEGIN IMMEDIATE")) return Opening::kFailed;
  bool read = read_store_.Step() == Statement::Outcome::kRow;
  int64_t* const values[] = {&store_.sequence, &store_.floor_us, &store_.counters,
                             &store_.operations};
  for (int i = 0; read && i < 4; ++i) {
    const auto value = read_store_.Integer(i);
    if (value) *values[i] = *value;
    read = value && *value >= 0;
  }
  read_store_.Reset();
  if (!read || store_.floor_us > limits::kTimeUs) {
    Rollback();
    return Opening::kFailed;
  }
  // Somebody put an older file in the place of this one: what was promised since is not in it.
  if (store_.sequence < seen_) {
    Rollback();
    return Opening::kRewound;
  }
  seen_ = store_.sequence;
  return Opening::kOpen;
}

bool Ledger::Commit() {
  if (!Flush()) {
    Rollback();
    return false;
  }
  if (changed_) {
    write_store_.Bind(1, store_.sequence + 1);
    write_store_.Bind(2, store_.floor_us);
    write_store_.Bind(3, store_.counters);
    write_store_.Bind(4, store_.operations);
    if (!write_store_.Run() || database_.changes() != 1) {
      Rollback();
      return false;
    }
  }
  if (!database_.Run("COMMIT")) {
    Rollback();
    return false;
  }
  if (changed_) seen_ = store_.sequence + 1;
  return true;
}

void Ledger::Rollback() {
  counters_.clear();
  operations_.clear();
  database_.Run("ROLLBACK");
}

Ledger::CounterRow& Ledger::Load(CounterId id) {
  const auto [place, made] = counters_.try_emplace(id);
  CounterRow& row = place->second;
  if (!made) return row;
  read_counter_.Bind(1, std::span<const uint8_t>(BytesOf(id)));
  const auto outcome = read_counter_.Step();
  if (outcome == Statement::Outcome::kRow) {
    auto counter = ReadCounter(read_counter_, 0);
    row.stored = true;
    row.damaged = !counter;
    if (counter) row.counter = std::move(*counter);
  }
  if (outcome == Statement::Outcome::kFailed) row.damaged = failed_ = true;
  read_counter_.Reset();
  return row;
}

Ledger::OperationRow& Ledger::Load(OperationId id) {
  const auto [place, made] = operations_.try_emplace(id);
  OperationRow& row = place->second;
  if (!made) return row;
  read_operation_.Bind(1, std::span<const uint8_t>(BytesOf(id)));
  const auto outcome = read_operation_.Step();
  if (outcome == Statement::Outcome::kRow) {
    auto noted = ReadOperation(read_operation_, 0);
    row.stored = true;
    row.damaged = !noted;
    if (noted) row.noted = std::move(*noted);
  }
  if (outcome == Statement::Outcome::kFailed) row.damaged = failed_ = true;
  read_operation_.Reset();
  return row;
}

ReserveResult Ledger::Reserve(const OwnedRequest& owned, std::vector<ChargeState>& states) {
  const ReserveRequest request = owned.view();
  states.assign(request.charges.size(), {});
  if (!IsSound(request)) return Bad();
  const bool noted = request.operation != kNoOperation && !request.peek;
  if (!noted && !request.peek && HasSequel(request)) return Bad();
  ChargedCounters counters;
  std::array<uint16_t, limits::kCharges> order;
  MergeCounters(request.charges, {order.data(), request.charges.size()}, counters);
  for (size_t i = 0; i < request.charges.size(); ++i) {
    CounterRow& row = Load(request.charges[i].id);
    if (row.damaged) return {};
    counters.counter[i] = &row.counter;
  }
  if (noted) {
    if (const auto again = Repeat(request, counters, states)) return *again;
  }
  for (const Charge& charge : request.charges) {
    if (charge.kind == CounterKind::kQuota && charge.end_us <= store_.floor_us) return Bad();
  }
  const int64_t now = std::max(request.now_us, store_.floor_us);
  const Choice choice = Choose(request, counters, now);
  if (choice.status == ReserveStatus::kReserved && !request.peek) {
    if (!HasRoom(request, choice, counters)) return {};
    Write(owned, choice, now);
  }
  if (choice.status != ReserveStatus::kBadRequest) {
    TellStates(request, counters, choice, now, states);
  }
  return {choice.status, false, choice.failed};
}

std::optional<ReserveResult> Ledger::Repeat(const ReserveRequest& request,
                                            const ChargedCounters& counters,
                                            std::vector<ChargeState>& states) {
  const OperationRow& row = Load(request.operation);
  if (row.damaged) return ReserveResult();
  const Operation& known = row.noted.operation;
  if (!known.used()) return std::nullopt;
  if (known.state == OperationState::kReleased || known.fingerprint != FingerprintOf(request)) {
    return Bad();
  }
  for (size_t i = 0; i < request.charges.size(); ++i) {
    if (!IsOf(*counters.counter[i], request.charges[i])) return Bad();
  }
  Choice choice;
  choice.taken = known.taken;
  TellStates(request, counters, choice, std::max(request.now_us, store_.floor_us), states);
  return ReserveResult{ReserveStatus::kReserved, true};
}

bool Ledger::HasRoom(const ReserveRequest& request, const Choice& choice,
                     const ChargedCounters& counters) {
  uint64_t made = 0;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    made += choice.taken.test(i) && TakesSomething(request.charges[i].kind) &&
            counters.first[i] == i && counters.counter[i]->of() == CounterClass::kNone;
  }
  if (static_cast<uint64_t>(store_.counters) + made > sizes_.counters) return false;
  if (request.operation == kNoOperation) return true;
  return static_cast<uint64_t>(store_.operations) < sizes_.operations || DeleteSettled();
}

/// Makes room by forgetting settled operations. Those of this transaction are written before, but
/// the counters stay, which the caller looks at.
bool Ledger::DeleteSettled() {
  for (auto& [id, row] : operations_) {
    if (row.changed && !WriteOperation(id, row)) failed_ = true;
  }
  std::erase_if(operations_, [](const auto& entry) {
    return entry.second.noted.operation.used() &&
           entry.second.noted.operation.state != OperationState::kReserved;
  });
  if (failed_ || !delete_settled_.Run()) {
    failed_ = true;
    return false;
  }
  const int64_t deleted = database_.changes();
  store_.operations -= std::min(store_.operations, deleted);
  changed_ |= deleted > 0;
  return deleted > 0;
}

void Ledger::Touch(CounterRow& row) {
  if (!row.stored && !row.changed) ++store_.counters;
  row.changed = changed_ = true;
}

void Ledger::Write(const OwnedRequest& owned, const Choice& choice, int64_t now_us) {
  std::vector<Taken> notes;
  for (size_t i = 0; i < owned.charges.size(); ++i) {
    const Charge& charge = owned.charges[i];
    if (!choice.taken.test(i) || !TakesSomething(charge.kind)) continue;
    CounterRow& row = Load(charge.id);
    Touch(row);
    if (!row.stored && i < owned.names.size()) row.name = owned.names[i];
    Add(row.counter, charge, now_us);
    if (IsGivenBack(charge.kind)) notes.push_back(TakenOf(row.counter, charge));
  }
  if (owned.operation == kNoOperation) return;
  for (const Stamp& stamp : owned.stamps) {
    notes.push_back({stamp.id, CounterClass::kStamp, 0, 0, stamp.keep_us});
  }
  OperationRow& row = Load(owned.operation);
  row.changed = changed_ = true;
  ++store_.operations;
  row.noted.notes = std::move(notes);
  row.noted.operation.state = OperationState::kReserved;
  row.noted.operation.fingerprint = FingerprintOf(owned.view());
  row.noted.operation.time_us = owned.now_us;
  row.noted.operation.taken = choice.taken;
}

SettleStatus Ledger::Settle(OperationId id, bool committed, std::optional<Actual> actual,
                            int64_t now_us) {
  if (now_us < 0 || now_us > limits::kTimeUs) return SettleStatus::kBadRequest;
  if (actual && (actual->amount < 0 || actual->amount > limits::kQuantity)) {
    return SettleStatus::kBadRequest;
  }
  const auto as = committed ? OperationState::kCommitted : OperationState::kReleased;
  OperationRow& row = Load(id);
  Operation& operation = row.noted.operation;
  if (row.damaged) return SettleStatus::kUnavailable;
  if (!operation.used()) return SettleStatus::kUnknown;
  if (operation.state != OperationState::kReserved) return operation.Again(as, actual);
  bool has_unit = !actual;
  uint64_t made = 0;
  for (const Taken& note : row.noted.notes) {
    const CounterRow& counter = Load(note.id);
    if (counter.damaged) return SettleStatus::kUnavailable;
    has_unit |= actual && IsSettled(note, actual->unit);
    if (!committed || note.of != CounterClass::kStamp) continue;
    made += counter.counter.of() == CounterClass::kNone;
    if (counter.counter.of() != CounterClass::kNone && counter.counter.of() != note.of) {
      return SettleStatus::kUnavailable;
    }
  }
  if (!has_unit) return SettleStatus::kBadRequest;
  if (static_cast<uint64_t>(store_.counters) + made > sizes_.counters) {
    return SettleStatus::kUnavailable;
  }
  const int64_t now = std::max(now_us, store_.floor_us);
  for (const Taken& note : row.noted.notes) {
    CounterRow& counter = Load(note.id);
    const bool stamp = note.of == CounterClass::kStamp;
    if (stamp ? !committed : counter.counter.of() == CounterClass::kNone) continue;
    Touch(counter);
    EndCharge(counter.counter, note, committed, actual, now);
  }
  row.noted.notes.clear();
  row.changed = changed_ = true;
  operation.state = as;
  operation.time_us = now_us;
  operation.has_actual = actual.has_value();
  operation.actual = actual.value_or(Actual());
  return SettleStatus::kSettled;
}

SettleStatus Ledger::CountViolation(CounterId id, int64_t limit, int64_t window_us,
                                    int64_t suspend_us, int64_t now_us) {
  if (!IsSoundBreaker(limit, window_us, suspend_us, now_us)) return SettleStatus::kBadRequest;
  CounterRow& row = Load(id);
  if (row.damaged) return SettleStatus::kUnavailable;
  const CounterClass of = row.counter.of();
  if (of == CounterClass::kNone) {
    if (static_cast<uint64_t>(store_.counters) >= sizes_.counters) {
      return SettleStatus::kUnavailable;
    }
  } else if (of != CounterClass::kBreaker) {
    return SettleStatus::kBadRequest;
  }
  const int64_t now = std::max(now_us, store_.floor_us);
  if (!Violate(row.counter, limit, window_us, suspend_us, now)) return SettleStatus::kAlready;
  Touch(row);
  return SettleStatus::kSettled;
}

}  // namespace cap::state
