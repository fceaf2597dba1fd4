#include "runtime/redis/request.h"

#include <algorithm>
#include <utility>

#include "runtime/state/choose.h"

namespace cap::redis {
namespace {

// The scripts know how long a counter that says nothing is kept, and an operation.
static_assert(limits::kSweepGraceUs == 3'600'000'000);
constexpr int64_t kOperationMs = (limits::kOperationKeepUs + limits::kSweepGraceUs) / 1000;
static_assert(kOperationMs == 90'000'000);

// As they are packed.
constexpr size_t kStandSize = 24, kChargeSize = 51, kNoteSize = 27, kStampSize = 24;

/// How the charges of a request are tried.
struct Order {
  std::array<uint16_t, limits::kCharges> at;  // those of no group, then the groups as they stand
  bool straight = true;                       // as they stand in the request
};

void Arrange(std::span<const state::Charge> charges, Order& order) {
  size_t n = 0;
  for (const bool common : {true, false}) {
    for (size_t i = 0; i < charges.size(); ++i) {
      if ((charges[i].group == state::kEveryGroup) != common) continue;
      order.straight = order.straight && n == i;
      order.at[n++] = static_cast<uint16_t>(i);
    }
  }
}

/// Where a charge stands in its group.
struct Place {
  uint8_t last = 2;   // 1: of its alternative, 2: of its group
  bool free = false;  // the group has an alternative that charges nothing
  bool tried = true;  // it does not stand behind that one
};

Place PlaceOf(const state::ReserveRequest& request, const state::Charge& charge,
              const state::Charge* next) {
  if (charge.group == state::kEveryGroup) return {};
  const uint16_t free =
      charge.group < request.free.size() ? request.free[charge.group] : state::kNoFree;
  Place place{.free = free != state::kNoFree, .tried = charge.alternative <= free};
  if (next != nullptr && next->group == charge.group) {
    place.last = next->alternative == charge.alternative ? 0 : 1;
  }
  return place;
}

bool IsPlain(state::CounterKind kind) {
  return kind == state::CounterKind::kRate || kind == state::CounterKind::kQuota ||
         kind == state::CounterKind::kTotal;
}

/// Whether nothing of it is to be chosen: what plain.lua answers.
bool IsPlain(const state::ReserveRequest& request, const Numbered& numbered, const Order& order) {
  const auto& charges = request.charges;
  if (charges.empty() || !order.straight || numbered.count != charges.size()) return false;
  for (size_t i = 0; i < charges.size(); ++i) {
    const Place place =
        PlaceOf(request, charges[i], i + 1 < charges.size() ? &charges[i + 1] : nullptr);
    if (!IsPlain(charges[i].kind) || place.last == 1 || place.free || !place.tried) return false;
  }
  return true;
}

void PackCharge(const state::Charge& charge, const Place& place, Packed& to) {
  to.Byte(charge.kind == state::CounterKind::kAfter);
  to.Byte(place.last).Byte(place.free).Byte(place.tried);
  to.Short(charge.unit).Byte(static_cast<uint64_t>(state::ClassOf(charge.kind)));
  to.Quantity(charge.limit).Long(charge.span_us).Quantity(charge.amount);
  to.Long(charge.begin_us).Long(charge.end_us);
}

void PackPlain(const state::Charge& charge, Packed& to) {
  const bool quota = charge.kind == state::CounterKind::kQuota;
  to.Short(charge.unit).Byte(static_cast<uint64_t>(state::ClassOf(charge.kind)));
  to.Quantity(charge.limit).Quantity(charge.amount);
  to.Long(quota ? charge.begin_us : charge.span_us).Long(quota ? charge.end_us : 0);
}

void PackStamps(std::span<const state::Stamp> stamps, Packed& to) {
  for (const state::Stamp& stamp : stamps) {
    to.Id(stamp.id.high, stamp.id.low).Long(stamp.keep_us);
  }
}

/// What plain.lua keeps of an operation, all of whose charges are taken.
std::string OperationOf(const state::ReserveRequest& request, uint64_t fingerprint) {
  const auto& charges = request.charges;
  const auto noted = std::ranges::count_if(
      charges, [](const state::Charge& charge) { return state::IsGivenBack(charge.kind); });
  Packed value(32 + (2 + kNoteSize) * charges.size() + kStampSize * request.stamps.size());
  value.Byte('R').Long(request.now_us).Long(static_cast<int64_t>(fingerprint));
  value.Short(charges.size()).Short(static_cast<uint64_t>(noted));
  value.Short(request.stamps.size()).Short(0);  // of none of them is a gauge
  for (size_t i = 0; i < charges.size(); ++i) value.Short(i);
  for (const state::Charge& charge : charges) {
    if (!state::IsGivenBack(charge.kind)) continue;
    value.Byte(static_cast<uint64_t>(state::ClassOf(charge.kind)));
    value.Id(charge.id.high, charge.id.low).Short(charge.unit).Quantity(charge.amount);
  }
  PackStamps(request.stamps, value);
  return std::move(value).Take();
}

}  // namespace

Arguments::Arguments(std::string_view head, size_t room) {
  words_.bytes.reserve(kStandSize + head.size() + room);
  words_.Begin(kStandSize + head.size());
  stand_at_ = words_.bytes.size();
  words_.bytes.append(kStandSize, '\0');
  words_.bytes += head;
  words_.End();
}

void Arguments::AddOperation(std::string_view value) {
  words_.Begin(8 + value.size());
  death_at_ = words_.bytes.size();
  words_.bytes.append(8, '\0');
  words_.bytes += value;
  words_.End();
}

void Arguments::Stand(uint64_t branch, int64_t place, int64_t clock_ms) {
  Packed stand(kStandSize);
  stand.Long(static_cast<int64_t>(branch)).Long(place).Long(clock_ms);
  words_.bytes.replace(stand_at_, kStandSize, stand.bytes());
  if (death_at_ == 0) return;
  words_.bytes.replace(death_at_, 8, Packed(8).Long(clock_ms + kOperationMs).bytes());
}

bool NumberCounters(std::span<const state::Charge> charges, Numbered& numbered) {
  std::array<uint16_t, limits::kCharges> order;
  state::ChargedCounters merged;
  state::MergeCounters(charges, {order.data(), charges.size()}, merged);
  for (size_t i = 0; i < charges.size(); ++i) {
    if (merged.first[i] != i) continue;  // a later charge of a counter that has its number
    numbered.number[i] = static_cast<uint16_t>(numbered.count);
    numbered.first[numbered.count++] = static_cast<uint16_t>(i);
  }
  for (size_t i = 0; i < charges.size(); ++i) {
    if (!state::MayShare(charges[merged.first[i]], charges[i])) return false;
    numbered.number[i] = numbered.number[merged.first[i]];
  }
  return true;
}

Arguments ReserveArguments(const state::ReserveRequest& request, const Numbered& numbered,
                           Mode mode, bool names) {
  const auto& charges = request.charges;
  const bool named = names && !request.names.empty();
  const bool kept = !(request.operation == state::kNoOperation);
  Order order;
  Arrange(charges, order);
  const bool plain = mode == Mode::kCharge && IsPlain(request, numbered, order);
  const uint64_t fingerprint = state::FingerprintOf(request);
  Packed head(32 + kChargeSize * charges.size() + kStampSize * request.stamps.size());
  head.Long(request.now_us).Byte(!plain ? 0 : kept ? 2 : 1).Byte(named).Short(numbered.count);
  if (plain) {
    for (const state::Charge& charge : charges) PackPlain(charge, head);
  } else {
    head.Byte(static_cast<uint64_t>(mode)).Byte(kept).Short(charges.size());
    head.Long(static_cast<int64_t>(fingerprint));
    for (size_t n = 0; n < charges.size(); ++n) {
      const uint16_t i = order.at[n];
      const state::Charge* next = n + 1 < charges.size() ? &charges[order.at[n + 1]] : nullptr;
      head.Short(i).Short(numbered.number[i] + 1u);
      PackCharge(charges[i], PlaceOf(request, charges[i], next), head);
    }
    PackStamps(request.stamps, head);
  }
  Arguments arguments(head.bytes(), 96 + 96 * charges.size() + kStampSize * request.stamps.size());
  arguments.Add(Field(request.operation).text());
  for (size_t i = 0; i < numbered.count; ++i) {
    arguments.Add(Field(charges[numbered.first[i]].id).text());
  }
  for (size_t i = 0; named && i < numbered.count; ++i) {
    arguments.Add(NameOf(request.names[numbered.first[i]]));
  }
  if (plain && kept) arguments.AddOperation(OperationOf(request, fingerprint));
  return arguments;
}

}  // namespace cap::redis
