// Reserve() of charges and nothing else.
#pragma once

#include <span>

#include "runtime/state/store.h"

namespace cap::state::test {

inline ReserveResult ReservePlain(Store& store, std::span<const Charge> charges,
                                  OperationId operation, int64_t now_us,
                                  std::span<ChargeState> states = {}) {
  return store.Reserve({.now_us = now_us,
                        .operation = operation,
                        .charges = charges,
                        .free = {},
                        .stamps = {},
                        .names = {}},
                       states);
}

}  // namespace cap::state::test
