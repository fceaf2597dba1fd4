// What the baseline of shapes/pay_invoice.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::pay_invoice {

namespace slot {
enum : unsigned {
  invoice_id, net, tax, discount, invoice, invoice_total, invoice_approved, invoice_supplier
};
}
namespace lit {
enum : unsigned {
  limit, supplier
};
}

inline constexpr const char* kSlots[] = {
    "invoice_id", "net", "tax", "discount", "invoice", "invoice.total", "invoice.approved",
    "invoice.supplier"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMoney, ValueClass::kStr};
inline constexpr Layout kLayout = {"pay_invoice", "pay_invoice", kSlots, kConsts};

}  // namespace cap::bench::pay_invoice
