// Counters in a file: what one store charged, another one on the same file knows.
#include <cstdio>

#include "runtime/sqlite/sqlite_store.h"

namespace {

cap::state::ReserveStatus Take(const std::string& path, uint64_t operation) {
  auto store = cap::state::OpenSqliteStore(path);
  if (!store) return cap::state::ReserveStatus::kUnavailable;
  const cap::state::Charge charge{.id = {1, 2}, .amount = 1, .limit = 1, .end_us = 1'000'000};
  return (*store)
      ->Reserve({.now_us = 10, .operation = {7, operation}, .charges = {&charge, 1}}, {})
      .status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const bool first = Take(argv[1], 1) == cap::state::ReserveStatus::kReserved;
  const bool second = Take(argv[1], 2) == cap::state::ReserveStatus::kSpent;
  return first && second ? 0 : 2;
}
