// The types of random programs.
#pragma once

#include "runtime/program/program.h"

namespace cap::test {

// Types of the test program, by index.
enum : TypeIndex {
  kTBool,
  kTInt,
  kTMoney,
  kTUsd,
  kTString,
  kTEmail,
  kTEnum,
  kTInstant,
  kTEnumSet,
  kTIntList,
  kTTextSet,
  kTItem,
  kTItems,
  kTIntSet,
  kTApprovers,
  kTBools,
  kTShare,
  kTPattern,
  kTPath,
  kTIp,
  kTCidr,
  kTUrl,
  kTNets,
  kTZone,
  kTSchedule,
  kTShares,
  kTWordRow,
  kTWordMap,
  kTTextRow,
  kTTextMap,
  kTypes
};

inline void AddTypes(Program& p) {
  p.enums.push_back({"Color", {"red", "green", "blue", "grey", "black"}});
  p.records.push_back({"Item",
                       {{"count", kTInt, false, kNone},
                        {"name", kTString, true, kNone},
                        {"tags", kTIntList, true, kNone},
                        {"good", kTBool, true, kNone}}});
  p.records.push_back(
      {"{ key, value }", {{"key", kTInt, false, kNone}, {"value", kTInt, false, kNone}}});
  p.records.push_back(
      {"{ key, value }", {{"key", kTString, false, kNone}, {"value", kTString, false, kNone}}});
  p.types.resize(kTypes);
  p.types[kTBool] = {.kind = TypeKind::kBool};
  p.types[kTInt] = {.kind = TypeKind::kInt};
  p.types[kTMoney] = {.kind = TypeKind::kMoney};
  p.types[kTUsd] = {.kind = TypeKind::kMoney, .form = MoneyForm::kFixed, .currency = 1};
  p.types[kTString] = {.kind = TypeKind::kString, .max = 64};
  p.types[kTEmail] = {.kind = TypeKind::kEmail};
  p.types[kTEnum] = {.kind = TypeKind::kEnum, .ref = 0};
  p.types[kTInstant] = {.kind = TypeKind::kInstant};
  p.types[kTEnumSet] = {.kind = TypeKind::kSet, .element = kTEnum, .max = 5};
  p.types[kTIntList] = {.kind = TypeKind::kList, .element = kTInt, .max = 8};
  p.types[kTTextSet] = {.kind = TypeKind::kSet, .element = kTString, .max = 32};
  p.types[kTItem] = {.kind = TypeKind::kRecord, .ref = 0};
  p.types[kTItems] = {.kind = TypeKind::kList, .element = kTItem, .max = 8};
  p.types[kTIntSet] = {.kind = TypeKind::kSet, .element = kTInt, .max = 32};
  p.types[kTApprovers] = {.kind = TypeKind::kApprovers};
  p.types[kTBools] = {.kind = TypeKind::kList, .element = kTBool, .max = 8};
  p.types[kTShare] = {.kind = TypeKind::kDecimal, .ref = 2};
  p.types[kTPattern] = {.kind = TypeKind::kPattern};
  p.types[kTPath] = {.kind = TypeKind::kPath};
  p.types[kTIp] = {.kind = TypeKind::kIp};
  p.types[kTCidr] = {.kind = TypeKind::kCidr};
  p.types[kTUrl] = {.kind = TypeKind::kUrl};
  p.types[kTZone] = {.kind = TypeKind::kZone};
  p.types[kTSchedule] = {.kind = TypeKind::kSchedule};
  p.types[kTShares] = {.kind = TypeKind::kSet, .element = kTShare, .max = 32};
  p.types[kTWordRow] = {.kind = TypeKind::kRecord, .ref = 1};
  p.types[kTWordMap] = {.kind = TypeKind::kMap, .element = kTWordRow, .max = 64};
  p.types[kTTextRow] = {.kind = TypeKind::kRecord, .ref = 2};
  p.types[kTTextMap] = {.kind = TypeKind::kMap, .element = kTTextRow, .max = 64};
  p.types[kTNets] = {.kind = TypeKind::kSet, .element = kTCidr, .max = 8};
}

}  // namespace cap::test
