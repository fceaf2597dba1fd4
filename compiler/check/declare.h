// Declarations that stand alone: enums, records, approvers, purposes, and types as they are
// written.
#pragma once

#include <optional>

#include "compiler/check/context.h"

namespace cap::check {

/// Where a type is written decides what it may be.
enum class TypePlace : uint8_t { kArgument, kField, kFact, kLive, kBound, kParameter, kData };
std::string_view NameOf(TypePlace place);  // "an argument", …

struct DeclaredType {
  TypeIndex type = kNone;  // kNone: already reported
  bool optional = false;
  std::optional<ast::Ident> sibling;  // `money in currency`
};

/// Reads a type; what it may not be at that place is reported. In types.cpp's terms the result is
/// exact: bounds and wire forms are kept.
DeclaredType DeclareType(Context& context, const ast::Module& module, ast::TypeId id,
                         TypePlace place);

/// The literal after `=`, checked against its type; kNone when it was reported.
uint32_t DeclareDefault(Context& context, const ast::Module& module, const ast::Param& param,
                        TypeIndex type);

/// Fills Program::enums, records, approvers and purposes, and Context::named_types.
void DeclareNamed(Context& context);

}  // namespace cap::check
