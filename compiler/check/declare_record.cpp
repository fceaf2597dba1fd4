#include "compiler/check/declare_record.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/limits.h"

namespace cap::check {

bool FieldMayStand(Context& context, const ast::Module& module, const RecordType& record,
                   const ast::Param& param) {
  if (param.default_value) {
    context.Error(diag::Code::kBadDefault, module[*param.default_value].span,
                  {.message = "a field has no default",
                   .label = "not here",
                   .help = "make it optional: `T?`",
                   .notes = {}});
  }
  const auto same = std::ranges::find(record.fields, param.name.text, &RecordField::name);
  if (same == record.fields.end()) return true;
  context.Error(diag::Code::kDeclaredTwice, param.name.span,
                {.message = fmt::format("field `{}` is declared twice", param.name.text),
                 .label = "declared again",
                 .help = "leave one out",
                 .notes = {}});
  return false;
}

namespace {

/// The field of `record` that `sibling` names, or kNone.
uint32_t CurrencyField(Context& context, const RecordType& record, const std::string& owner,
                       const ast::Ident& sibling, const std::unordered_set<std::string>& bad) {
  std::vector<std::string_view> texts;
  for (uint32_t i = 0; i < record.fields.size(); ++i) {
    const RecordField& field = record.fields[i];
    if (context.types.KindOf(field.type) != TypeKind::kString || field.optional) continue;
    if (field.name == sibling.text) return i;
    texts.push_back(field.name);
  }
  if (bad.contains(sibling.text)) return kNone;
  context.Error(diag::Code::kBadSiblingCurrency, sibling.span,
                {.message = fmt::format("no text field `{}` that names the currency of `{}`",
                                        sibling.text, owner),
                 .label = "not a sibling of type string",
                 .help = MeantOrKnown(sibling.text, texts),
                 .notes = {}});
  return kNone;
}

/// "{ city, zip }": how messages call a record without a name.
std::string InlineName(const std::vector<ast::Param>& fields) {
  constexpr size_t kNamed = 4;
  std::string names;
  for (size_t i = 0; i < std::min(fields.size(), kNamed); ++i) {
    names += (i == 0 ? " " : ", ") + fields[i].name.text;
  }
  if (fields.size() > kNamed) names += ", …";
  return "{" + names + " }";
}

/// Equal for two records with the same fields.
std::string KeyOfRecord(const RecordType& record) {
  std::string key = record.open ? "open" : "";
  for (const RecordField& field : record.fields) {
    key += fmt::format("|{}:{}:{}:{}", field.name, field.type, field.optional,
                       field.currency_field);
  }
  return key;
}

}  // namespace

void SetCurrencyFields(Context& context, const ast::Module& module,
                       const std::vector<ast::Param>& written, RecordType& record,
                       const std::unordered_set<std::string>& bad) {
  for (const ast::Param& param : written) {
    const ast::Type& type = module[param.type];
    if (!type.in_expr) continue;
    const auto* name = std::get_if<ast::NameExpr>(&module[*type.in_expr].node);
    const auto field = std::ranges::find(record.fields, param.name.text, &RecordField::name);
    if (name == nullptr || field == record.fields.end()) continue;
    field->currency_field = CurrencyField(context, record, field->name, name->name, bad);
  }
}

uint32_t NestingOf(const Context& context, TypeIndex type) {
  const Type& outer = context.types[type];
  const TypeIndex inner = outer.element != kNone ? outer.element : type;
  if (context.types.KindOf(inner) != TypeKind::kRecord) return 0;
  return context.record_depths[context.types[inner].ref] + (outer.element != kNone ? 2 : 1);
}

bool NestsTooDeep(Context& context, uint32_t depth, const SourceSpan& span) {
  if (depth + 2 <= limits::kValueDepth) return false;
  context.Error(diag::Code::kRecordTooWide, span,
                {.message = fmt::format("records nest at most {} deep", limits::kValueDepth - 2),
                 .label = "nested deeper",
                 .help = "flatten the record",
                 .notes = {}});
  return true;
}

TypeIndex DeclareInlineRecord(Context& context, const ast::Module& module,
                              const ast::Type& type) {
  RecordType record{.name = InlineName(type.fields), .fields = {}, .open = type.open};
  if (type.fields.size() > limits::kFrameSlots) {
    context.Error(diag::Code::kRecordTooWide, type.span,
                  {.message = fmt::format("a record has at most {} fields", limits::kFrameSlots),
                   .label = "too many fields",
                   .help = "declare only the fields that the policy reads",
                   .notes = {}});
    return kNone;
  }
  std::unordered_set<std::string> bad;
  uint32_t depth = 1;
  for (const ast::Param& param : type.fields) {
    if (!FieldMayStand(context, module, record, param)) continue;
    const DeclaredType declared = DeclareType(context, module, param.type, TypePlace::kField);
    if (declared.type == kNone || param.name.text.empty()) {
      bad.insert(param.name.text);
      continue;
    }
    depth = std::max(depth, NestingOf(context, declared.type));
    record.fields.push_back(
        {.name = param.name.text, .type = declared.type, .optional = declared.optional});
  }
  SetCurrencyFields(context, module, type.fields, record, bad);
  if (!bad.empty() || NestsTooDeep(context, depth, type.span)) return kNone;
  return AddInlineRecord(context, std::move(record), depth);
}

TypeIndex AddInlineRecord(Context& context, RecordType record, uint32_t depth) {
  const auto index = static_cast<uint32_t>(context.program.records.size());
  const auto [known, is_new] = context.inline_records.emplace(KeyOfRecord(record), index);
  if (is_new) {
    context.program.records.push_back(std::move(record));
    context.bad_fields.emplace_back();
    context.record_depths.push_back(depth);
  }
  return context.types.Record(known->second);
}

}  // namespace cap::check
