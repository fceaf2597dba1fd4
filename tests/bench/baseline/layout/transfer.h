// What the baseline of shapes/transfer.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::transfer {

namespace slot {
enum : unsigned {
  payee, amount, currency, account, account_iban, account_kind, account_currency, account_balance
};
}
namespace lit {
enum : unsigned {
  limit, checking, iban, currencies
};
}

inline constexpr const char* kSlots[] = {
    "payee", "amount", "currency", "account", "account.iban", "account.kind", "account.currency",
    "account.balance"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMoney, ValueClass::kStr, ValueClass::kStr, ValueClass::kList};
inline constexpr Layout kLayout = {"transfer", "transfer", kSlots, kConsts};

}  // namespace cap::bench::transfer
