// What the baseline of shapes/label_ticket.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::label_ticket {

namespace slot {
enum : unsigned {
  ticket, labels, visibility, watchers
};
}
namespace lit {
enum : unsigned {
  allowed, secret, max_labels, visibilities, question, min_watchers
};
}

inline constexpr const char* kSlots[] = {
    "ticket", "labels", "visibility", "watchers"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMask, ValueClass::kMask, ValueClass::kWord, ValueClass::kMask, ValueClass::kWord,
    ValueClass::kWord};
inline constexpr Layout kLayout = {"label_ticket", "label_ticket", kSlots, kConsts};

}  // namespace cap::bench::label_ticket
