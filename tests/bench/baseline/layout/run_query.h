// What the baseline of shapes/run_query.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::run_query {

namespace slot {
enum : unsigned {
  table, columns, limit, offset, tenant, mode
};
}
namespace lit {
enum : unsigned {
  tables, secret, max_rows, tenant, read, min_limit
};
}

inline constexpr const char* kSlots[] = {
    "table", "columns", "limit", "offset", "tenant", "mode"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kList, ValueClass::kList, ValueClass::kWord, ValueClass::kStr, ValueClass::kWord,
    ValueClass::kWord};
inline constexpr Layout kLayout = {"run_query", "run_query", kSlots, kConsts};

}  // namespace cap::bench::run_query
