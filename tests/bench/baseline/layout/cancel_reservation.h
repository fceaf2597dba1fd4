// What the baseline of shapes/cancel_reservation.cap expects of the Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::cancel_reservation {

namespace slot {
enum : unsigned {
  reservation_id, reason, reservation, reservation_user, reservation_created_at,
  reservation_cabin, reservation_insurance, reservation_flights
};
}
namespace lit {
enum : unsigned {
  flown, since, business, reasons, user, max_flights, max_price
};
}

inline constexpr const char* kSlots[] = {
    "reservation_id", "reason", "reservation", "reservation.user", "reservation.created_at",
    "reservation.cabin", "reservation.insurance", "reservation.flights"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kMask, ValueClass::kWord, ValueClass::kWord, ValueClass::kMask, ValueClass::kStr,
    ValueClass::kWord, ValueClass::kMoney};
inline constexpr Layout kLayout = {"cancel_reservation", "cancel_reservation", kSlots, kConsts};

}  // namespace cap::bench::cancel_reservation
