// The types of one Program, each held once, and their names for messages.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "runtime/program/program.h"

namespace cap::check {

class Types {
 public:
  explicit Types(Program& program);

  TypeIndex Intern(const Type& type);

  TypeIndex Bool() const { return bool_; }
  TypeIndex Int() const { return int_; }
  TypeIndex String() const { return string_; }
  TypeIndex Email() const { return email_; }
  TypeIndex Path() const { return path_; }
  TypeIndex Ip() const { return ip_; }
  TypeIndex Cidr() const { return cidr_; }
  TypeIndex Url() const { return url_; }
  TypeIndex Instant() const { return instant_; }
  TypeIndex Duration() const { return duration_; }
  TypeIndex Date() const { return date_; }
  TypeIndex Zone() const { return zone_; }
  TypeIndex Schedule() const { return schedule_; }
  TypeIndex InstantIn(uint32_t zone);  // of Program::tables
  TypeIndex Approvers() const { return approvers_; }
  TypeIndex Pattern() { return Intern({.kind = TypeKind::kPattern}); }
  TypeIndex Rate() { return Intern({.kind = TypeKind::kRate}); }
  /// The periods of quotas: the enum that has them, such as std.quota's, or one of its own.
  TypeIndex PeriodEnum();
  TypeIndex MoneyIn(uint32_t currency, bool is_signed = false);
  TypeIndex Decimal(uint32_t scale);
  TypeIndex Enum(uint32_t index);
  TypeIndex Record(uint32_t index);
  TypeIndex SetOf(TypeIndex element);
  TypeIndex ListOf(TypeIndex element);
  /// Of a map: what its keys and its values are.
  TypeIndex KeyOf(TypeIndex map) const { return RowOf(map).fields[0].type; }
  TypeIndex ValueOf(TypeIndex map) const { return RowOf(map).fields[1].type; }

  const Type& operator[](TypeIndex type) const { return program_.types[type]; }
  TypeKind KindOf(TypeIndex type) const { return program_.types[type].kind; }
  bool IsContainer(TypeIndex type) const;  // a set, list or map: it has elements
  bool IsScalar(TypeIndex type) const;
  bool IsSetElement(TypeIndex type) const;

  /// The enum's members are compared in the order of their declaration. Only the compiler asks: a
  /// word in a frame is the member's place, so that nothing else has to know.
  void SetOrdered(uint32_t enum_index) { ordered_enums_.insert(enum_index); }
  bool IsOrderedEnum(TypeIndex type) const;

  /// Equal but for bounds and wire forms, which a value that was checked no longer shows.
  bool Same(TypeIndex a, TypeIndex b) const;

  /// The widest type that `Same` holds equal: what constants and results are given, so that shapes
  /// that differ only in bounds are one shape.
  TypeIndex Canonical(TypeIndex type);

  std::string NameOf(TypeIndex type) const;  // "set<string>", "money in \"USD\"", "Order"

 private:
  const RecordType& RowOf(TypeIndex map) const {
    return program_.records[program_.types[program_.types[map].element].ref];
  }

  using Key = std::tuple<TypeKind, MoneyForm, bool, bool, uint32_t, TypeIndex, uint32_t, uint32_t>;

  Program& program_;
  std::map<Key, TypeIndex> known_;
  std::set<uint32_t> ordered_enums_;
  TypeIndex bool_, int_, string_, email_, instant_, duration_, date_, zone_, schedule_,
      approvers_, path_, ip_, cidr_, url_;
};

/// Of an amount, or of one in a list.
bool IsBelowZero(const Value& value);

}  // namespace cap::check
