// What the baseline of shapes/send_email.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::send_email {

namespace slot {
enum : unsigned {
  recipients, cc, folder, subject, body, everyone
};
}
namespace lit {
enum : unsigned {
  max_recipients, inside, subject_bytes, body_bytes, rival, banned_subject
};
}

inline constexpr const char* kSlots[] = {
    "recipients", "cc", "folder", "subject", "body", "everyone"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kWord, ValueClass::kStr, ValueClass::kWord, ValueClass::kWord, ValueClass::kStr,
    ValueClass::kStr};
inline constexpr Layout kLayout = {"send_email", "send_email", kSlots, kConsts};

}  // namespace cap::bench::send_email
