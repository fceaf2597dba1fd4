// Records: what those with a name and those without have in common.
#pragma once

#include "compiler/check/declare.h"

namespace cap::check {

/// Whether a field may stand in the record as far as it goes: reports a name that is there already
/// (false), and a default.
bool FieldMayStand(Context& context, const ast::Module& module, const RecordType& record,
                   const ast::Param& param);

/// Sets the fields that name currencies, where a field says `in sibling`. Siblings may stand in any
/// order, so this is called when all are there. `bad`: fields that were reported.
void SetCurrencyFields(Context& context, const ast::Module& module,
                       const std::vector<ast::Param>& written, RecordType& record,
                       const std::unordered_set<std::string>& bad);

/// How deep a value of the type nests below the record that has it as a field.
uint32_t NestingOf(const Context& context, TypeIndex type);

/// Reports a record that nests too deep.
bool NestsTooDeep(Context& context, uint32_t depth, const SourceSpan& span);

/// The type of a record without a name. Two with the same fields are one type. `depth`: how deep
/// its values nest.
TypeIndex AddInlineRecord(Context& context, RecordType record, uint32_t depth);

/// A record type without a name: `{ city: string, zip: string }`. Two with the same fields are one
/// type. kNone: reported.
TypeIndex DeclareInlineRecord(Context& context, const ast::Module& module, const ast::Type& type);

}  // namespace cap::check
