// What the baseline of shapes/read_record.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::read_record {

namespace slot {
enum : unsigned {
  patient, clinician, section, use, chart, chart_ward, chart_sealed, chart_updated_at, staff,
  staff_ward, staff_role
};
}
namespace lit {
enum : unsigned {
  sections, roles, doctor, treatment, since
};
}

inline constexpr const char* kSlots[] = {
    "patient", "clinician", "section", "use", "chart", "chart.ward", "chart.sealed",
    "chart.updated_at", "staff", "staff.ward", "staff.role"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMask, ValueClass::kMask, ValueClass::kWord, ValueClass::kStr, ValueClass::kWord};
inline constexpr Layout kLayout = {"read_record", "read_record", kSlots, kConsts};

}  // namespace cap::bench::read_record
