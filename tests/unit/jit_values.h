// The types, slots and values of the random programs of jit_program.h. Every value comes from few,
// so that equal ones are common.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "runtime/value/decimal.h"
#include "runtime/value/text.h"
#include "tests/support/tables.h"
#include "tests/unit/jit_types.h"

namespace cap::test {

// The slots that a frame can have, twice: required ones, then optional ones from slot 70 on, so
// that both words of the masks are used.
inline constexpr std::array<TypeIndex, 40> kSlotTypes = {
    kTBool,    kTBool,    kTInt,     kTInt,     kTMoney, kTMoney,   kTUsd,     kTUsd,
    kTString,  kTString,  kTEmail,   kTEnum,    kTEnum,  kTInstant, kTEnumSet, kTEnumSet,
    kTIntList, kTIntList, kTTextSet, kTTextSet, kTItems, kTIntSet,  kTIntSet,  kTBools,
    kTShare,   kTShare,   kTPath,    kTPath,    kTIp,    kTCidr,    kTCidr,    kTUrl,
    kTUrl,     kTNets,    kTShares,  kTShares,  kTWordMap, kTWordMap, kTTextMap, kTTextMap};
inline constexpr uint32_t kOptionalFrom = 70;
inline constexpr uint32_t kSlotCount = kOptionalFrom + kSlotTypes.size();
inline constexpr std::array<TypeIndex, 20> kConstTypes = {
    kTBool,    kTInt,     kTMoney,   kTUsd,    kTString,    kTEnum,
    kTEnumSet, kTIntList, kTTextSet, kTIntSet, kTApprovers, kTInstant,
    kTShare,   kTPattern, kTPath,    kTCidr,   kTUrl,       kTNets,
    kTZone,    kTSchedule};

inline Program EmptyProgram() {
  Program p;
  AddTypes(p);
  Tool tool;
  tool.name = "tool";
  for (uint32_t s = 0; s < kSlotCount; ++s) {
    SlotDesc slot{.path = fmt::format("s{}", s), .type = kTInt};
    if (s < kSlotTypes.size()) slot.type = kSlotTypes[s];
    if (s >= kOptionalFrom) slot = {slot.path, kSlotTypes[s - kOptionalFrom], {}, true};
    tool.slots.push_back(slot);
  }
  p.tools.push_back(std::move(tool));
  return p;
}

struct TestFrame {
  FrameHeader header;
  Slot slots[kSlotCount] = {};
};

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <typename T, size_t N>
  T Pick(const std::array<T, N>& from) {
    return from[Below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

// Values of every type, made at random from few, so that equal ones are common.
class Values {
 public:
  explicit Values(Random& random) : random_(random) {}

  Slot Make(TypeIndex type) {
    switch (type) {
      case kTBool:
        return {random_.Below(2), 0};
      case kTInt:
        return {static_cast<uint64_t>(random_.Pick(kInts)), 0};
      case kTInstant:
        return {random_.Below(4), 0};
      case kTMoney:
        return {Units(), 1 + random_.Below(2)};
      case kTUsd:
        return {Units(), 1};
      case kTString:
        return Text(random_.Pick(kTexts));
      case kTEmail:
        return Email(random_.Pick(kEmails));
      case kTEnum:
        return {random_.Below(5), 0};
      case kTEnumSet:
        return {random_.Below(32), random_.Chance(20) ? 1u : 0u};
      case kTApprovers:
        return {random_.Below(8), 0};
      case kTIntSet:
        return Set(kTInt, random_.Below(20));
      case kTTextSet:
        return Set(kTString, random_.Below(20));
      case kTIntList:
        return List(kTInt, random_.Below(4));
      case kTBools:
        return List(kTBool, random_.Below(4));
      case kTShare: {  // with a high half that is the sign of the low one, or anything
        if (random_.Chance(70)) return {random_.Below(6), 0};
        const int64_t low = random_.Pick(kInts);
        const int64_t high = random_.Chance(70) ? low >> 63 : random_.Pick(kInts);
        return {static_cast<uint64_t>(low), static_cast<uint64_t>(high)};
      }
      case kTPattern: {
        static const Table kTable = TableOfAsAndB();
        return SlotOf(kTable);
      }
      case kTZone: {
        static const Table kTable = TableOfZone();
        return SlotOf(kTable);
      }
      case kTSchedule: {
        static const Table kTables[] = {TableOfSchedule(60), TableOfSchedule(61)};
        return SlotOf(kTables[random_.Below(2)]);
      }
      case kTShares:
        return Set(kTShare, random_.Below(20));
      case kTWordMap:
        return Map(kTInt, random_.Below(20));
      case kTTextMap:
        return Map(kTString, random_.Below(20));
      case kTItems:
        return Items(random_.Below(4));
      case kTPath:
        return Place(TypeKind::kPath, random_.Pick(kPaths));
      case kTIp:
        return Place(TypeKind::kIp, random_.Pick(kIps));
      case kTCidr:
        return Place(TypeKind::kCidr, random_.Pick(kCidrs));
      case kTUrl:
        return Place(TypeKind::kUrl, random_.Pick(kUrls));
      case kTNets:
        return Set(kTCidr, random_.Below(4));
      default:
        return {};
    }
  }

 private:
  static constexpr std::array<int64_t, 11> kInts = {
      0, 1, 2, 3, 4, -1, 5, INT64_MAX, INT64_MIN, 443, 3'600'000'001};
  static constexpr std::array<const char*, 16> kTexts = {"https", "",
                                                         "a",
                                                         "b",
                                                         "ab",
                                                         "abc",
                                                         "abcd",
                                                         "abcde",
                                                         "abcdefg",
                                                         "abcdefgh",
                                                         "abcdefgi",
                                                         "abcdefghijkl",
                                                         "abcdefghijklmnop",
                                                         "abcdefghijklmnopq",
                                                         "abcdefghijklmnopr",
                                                         "bcdefghijklmnopqrstuvwxyz0123456789"};
  static constexpr std::array<const char*, 4> kEmails = {"a@abc", "b@abcd", "abc@abcdefgh", "q@b"};
  static constexpr std::array<const char*, 5> kPaths = {"/", "/ab", "/ab/c", "/abc", "ab"};
  static constexpr std::array<const char*, 4> kIps = {"10.0.0.1", "10.0.0.2", "11.0.0.0", "::1"};
  static constexpr std::array<const char*, 5> kCidrs = {"10.0.0.0/8", "10.0.0.0/31", "10.0.0.2/32",
                                                        "0.0.0.0/0", "::/0"};
  static constexpr std::array<const char*, 6> kUrls = {
      "https://abcd/ab", "https://abcd/ab/c?x=1", "http://abcd/ab/", "https://abcd:81/ab",
      "https://abcdefgh/ab", "https://abcd/"};

  uint64_t Units() { return random_.Chance(20) ? uint64_t{INT64_MAX} : random_.Below(4); }
  // Exactly as long as the text, so that a checker of memory notices a read beyond.
  Slot Text(std::string_view text) {
    auto bytes = std::make_unique<char[]>(text.size());
    std::memcpy(bytes.get(), text.data(), text.size());
    const Slot slot = StringSlot({bytes.get(), text.size()});
    blocks_.push_back(std::move(bytes));
    return slot;
  }
  Slot Place(TypeKind kind, std::string_view text) {
    const size_t header = HeaderBytes(kind);
    auto bytes = std::make_unique<char[]>(header + text.size());
    WriteHeader(kind, text, bytes.get());
    std::memcpy(bytes.get() + header, text.data(), text.size());
    const Slot slot = StringSlot({bytes.get() + header, text.size()});
    blocks_.push_back(std::move(bytes));
    return slot;
  }
  Slot Email(std::string_view text) {
    const auto at = static_cast<uint32_t>(text.find('@') + 1);
    const EmailHeader header{at, HashBytes(text.substr(at))};
    auto bytes = std::make_unique<char[]>(sizeof header + text.size());
    std::memcpy(bytes.get(), &header, sizeof header);
    std::memcpy(bytes.get() + sizeof header, text.data(), text.size());
    const Slot slot = StringSlot({bytes.get() + sizeof header, text.size()});
    blocks_.push_back(std::move(bytes));
    return slot;
  }
  Slot Own(std::vector<Slot> slots, size_t count, uint32_t stride) {
    lists_.push_back(std::move(slots));
    return {reinterpret_cast<uintptr_t>(lists_.back().data()),
            PackPair(static_cast<uint32_t>(count), stride)};
  }
  Slot List(TypeIndex element, uint32_t count) {
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < count; ++i) slots.push_back(Make(element));
    return Own(std::move(slots), count, 1);
  }
  Slot Set(TypeIndex element, uint32_t draws) {
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < draws; ++i) slots.push_back(Make(element));
    auto less = [&](const Slot& a, const Slot& b) {
      if (element == kTShare) return CoefficientOf(a) < CoefficientOf(b);
      if (element != kTInt) return StringOf(a) < StringOf(b);
      return static_cast<int64_t>(a.lo) < static_cast<int64_t>(b.lo);
    };
    std::sort(slots.begin(), slots.end(), less);
    auto same = [&](const Slot& a, const Slot& b) { return !less(a, b) && !less(b, a); };
    slots.erase(std::unique(slots.begin(), slots.end(), same), slots.end());
    const size_t count = slots.size();
    return Own(std::move(slots), count, 1);
  }
  // Rows whose values are of the type of their keys.
  Slot Map(TypeIndex key, uint32_t draws) {
    const Slot keys = Set(key, draws);
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < CountOf(keys); ++i) {
      slots.insert(slots.end(), {Slot{7, 0}, ElementsOf(keys)[i], Make(key)});
    }
    return Own(std::move(slots), CountOf(keys), 3);
  }
  Slot Items(uint32_t count) {  // marker, count, name, tags, good
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t present = 1;
      for (uint64_t f = 1; f <= 4; ++f) present |= uint64_t{random_.Chance(80)} << f;
      slots.push_back({present, random_.Below(32) & ~present});  // and which were null
      const TypeIndex fields[] = {kTInt, kTString, kTIntList, kTBool};
      for (uint64_t f = 1; f <= 4; ++f) {
        slots.push_back((present >> f & 1) != 0 ? Make(fields[f - 1]) : Slot{});
      }
    }
    return Own(std::move(slots), count, 5);
  }

  Random& random_;
  std::deque<std::unique_ptr<char[]>> blocks_;
  std::deque<std::vector<Slot>> lists_;
};

}  // namespace cap::test
