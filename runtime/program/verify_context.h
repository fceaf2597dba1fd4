// Shared by the parts of the verifier: the Program, the first error, and what is asked often.
// Internal to runtime/program.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/program.h"

namespace cap::verify {

class Context {
 public:
  explicit Context(const Program& checked) : program(checked) {}

  const Program& program;

  /// Keeps the first error. Returns false, so that a check can `return Fail(…)`.
  bool Fail(std::string where, std::string what);

  /// Same kind, enum, record, element and fixed currency: values of one serve as the other's.
  /// Bounds and wire forms may differ.
  bool SameRepresentation(TypeIndex a, TypeIndex b) const;

  /// Whether values[value] may stand where `type` is wanted. Remembers what it has checked, since
  /// a million capabilities may share one list.
  bool ValueConforms(uint32_t value, TypeIndex type);

  bool SpanOk(const Span& span) const {
    return span.line == 0 || span.file < program.files.size();
  }
  bool ApproversOk(uint64_t mask) const;

  const Type& TypeAt(TypeIndex type) const { return program.types[type]; }

  Error error;

 private:
  bool Conforms(const Value& value, TypeIndex type, uint32_t depth) const;
  bool MapConforms(const Value& value, const Type& type, uint32_t depth) const;
  bool HoldsTable(const Value& value, TableKind kind) const;
  bool RecordConforms(const Value::Record& fields, const RecordType& record, uint32_t depth) const;

  std::unordered_set<uint64_t> conforming_;  // value << 32 | type
};

/// No control characters: a terminal would obey them. What a policy writes as an identifier never
/// has any; strings may, and are made safe where they are shown.
bool IsPlain(std::string_view name);

/// Of a policy.
bool VerifyBreaker(Context& context, const Policy& policy, const std::string& where);
/// When tools and actions are good.
bool VerifyHistories(Context& context);
/// Shared limits, when policies are good.
bool VerifyLimits(Context& context);

// Each part relies on those before it.
bool VerifyTypes(Context& context);
bool VerifyTables(Context& context);
bool VerifyTools(Context& context);
bool VerifyShapes(Context& context);
bool VerifyPolicies(Context& context);

}  // namespace cap::verify
