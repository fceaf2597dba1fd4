// Types as the Program knows them. Optionality is not a type: it belongs to the slot or field.
#pragma once

#include <cstdint>

namespace cap {

using TypeIndex = uint32_t;
inline constexpr uint32_t kNone = 0xFFFF'FFFF;  // "no index", for every kind of index

enum class TypeKind : uint8_t {
  kBool, kInt, kMoney, kString, kEmail, kEnum, kInstant, kSet, kList, kRecord,
  kApprovers,  // a set of approvers: a mask over Program::approvers; only of constants
  kDuration,
  kDecimal,
  kPattern,    // a regular expression: a table of the Program; only of constants
  kDate,       // a day of the calendar
  kZone,       // a time zone: a table of the Program; only of constants
  kSchedule,   // windows of time: a table of the Program; only of constants
  kPath, kIp, kCidr, kUrl,  // texts in one canonical form, as emails are (text.h)
  kJson,       // any JSON value: laid out, shown, approved, and no instruction's value
  kMap,        // rows of a record {key, value}, sorted by their keys, of which no two are equal
  kRate,       // so many in so long a time; only of constants, and of no instruction
};
inline constexpr TypeKind kLastTypeKind = TypeKind::kRate;

/// Values are tables of the Program (runtime/program/table.h), and only constants have them: no
/// input, field, element or bound value does.
constexpr bool IsTable(TypeKind kind) {
  return kind == TypeKind::kPattern || kind == TypeKind::kZone || kind == TypeKind::kSchedule;
}

/// What is written in a policy and nowhere else: tables and rates.
constexpr bool IsWritten(TypeKind kind) { return IsTable(kind) || kind == TypeKind::kRate; }

/// How money is written in a request.
enum class MoneyForm : uint8_t {
  kObject,   // {"amount": 98.70, "currency": "USD"}
  kFixed,    // `money in "USD"`: 98.70, the currency is the type's
  kSibling,  // `money in currency`: 98.70, the currency is the argument or field named
};

struct Type {
  TypeKind kind = TypeKind::kBool;
  MoneyForm form = MoneyForm::kObject;
  bool minor = false;           // money: the number on the wire is in minor units, an integer
  bool is_signed = false;       // money: may be below zero
  // kEnum: enum index · kRecord: record index · kDecimal: digits after the point ·
  // kInstant: the zone (of Program::tables) whose clock the wire shows, or kNone
  uint32_t ref = kNone;
  TypeIndex element = kNone;    // kSet, kList, kMap (the record of its rows)
  uint32_t currency = 0;        // kMoney, kFixed: currency id; 0 = not known statically
  uint32_t max = 0;             // kSet, kList, kMap: elements · kString, kJson: bytes

  bool operator==(const Type&) const = default;
};

/// What an instruction computes with. Several types share a class.
enum class ValueClass : uint8_t {
  kBool,   // two rails: true, false; neither = fault
  kWord,   // int, instant, duration, date, enum
  kMoney,
  kStr,    // string, email, path, ip, cidr, url
  kMask,   // set<enum>, approvers
  kList,   // list<…>, map<…>, and set<…> of anything but an enum
  kDecimal,
  kTable,  // pattern, zone, schedule
  kRate,   // of no instruction: a limit reads it from the constants, {count, period in us}
};

}  // namespace cap
