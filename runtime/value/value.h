// A value outside a frame: a literal of a policy, a default, a bound context value, an argument
// given through the typed builder. Structured, owned, comparable, and easy to write to a bundle.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cap {

struct Money {
  int64_t minor_units = 0;
  uint32_t currency = 0;  // id: runtime/value/money.h
  bool operator==(const Money&) const = default;
};
struct Instant {
  int64_t us = 0;  // microseconds since 1970-01-01T00:00Z
  bool operator==(const Instant&) const = default;
};
struct Duration {
  int64_t us = 0;  // microseconds, with a sign
  bool operator==(const Duration&) const = default;
};
struct Decimal {  // runtime/value/decimal.h
  uint64_t low = 0;    // the coefficient in two's complement
  uint64_t high = 0;
  uint32_t scale = 0;  // how many of its digits stand after the point
  bool operator==(const Decimal&) const = default;
};
struct Json {
  std::string cbor;  // in the canonical form of runtime/frame/opaque.h
  bool operator==(const Json&) const = default;
};
struct EnumMember {
  std::string name;  // checked against the type where the value meets it
  bool operator==(const EnumMember&) const = default;
};
struct ApproverMask {
  uint64_t mask = 0;
  bool operator==(const ApproverMask&) const = default;
};
struct TableRef {
  uint32_t index = 0;  // of Program::tables
  bool operator==(const TableRef&) const = default;
};
struct Rate {  // runtime/value/rate.h
  int64_t count = 0;
  int64_t period_us = 0;
  bool operator==(const Rate&) const = default;
};
struct Date {
  int64_t days = 0;  // since 1970-01-01 in the proleptic Gregorian calendar
  bool operator==(const Date&) const = default;
};
struct Field;

struct Value {
  using List = std::vector<Value>;
  using Record = std::vector<Field>;  // in order of declaration; an absent optional is left out
  // Strings serve string, email, path, ip, cidr and url; List serves list, set and map (map.h).
  // A bundle names the alternatives by their places: new ones stand at the end.
  std::variant<std::monostate, bool, int64_t, Money, std::string, Instant, EnumMember, ApproverMask,
               List, Record, Duration, Decimal, TableRef, Date, Json, Rate>
      v;

  bool operator==(const Value&) const;
};

struct Field {
  std::string name;
  Value value;
  bool operator==(const Field&) const = default;
};

inline bool Value::operator==(const Value& other) const { return v == other.v; }

}  // namespace cap
