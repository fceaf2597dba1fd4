// Flat signatures: what an object of parameters says with types as a programmer writes them.
#include <fmt/format.h>

#include "compiler/import/schema_reader.h"
#include "compiler/import/spelling.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

using NodeKind = JsonNode::Kind;

bool Strip(std::string_view& text, std::string_view begin, std::string_view end) {
  if (text.size() < begin.size() + end.size()) return false;
  if (!text.starts_with(begin) || !text.ends_with(end)) return false;
  text.remove_prefix(begin.size());
  text.remove_suffix(end.size());
  return true;
}

/// "list[str] | None" and the like; `param` says what else is known.
SchemaType OfSpelling(SchemaReader& reader, std::string_view spelling, const JsonNode& param) {
  const bool nullable = Strip(spelling, "", " | None") || Strip(spelling, "Optional[", "]");
  SchemaType type;
  std::string_view element = spelling;
  if (Strip(element, "list[", "]") || Strip(element, "List[", "]")) {
    type = reader.OfWord(element, kNothingSaid, limits::kImportSchemaDepth);
    if (type.kind == SchemaType::Kind::kJson) type.opaque = "an array: " + type.opaque;
    if (type.kind != SchemaType::Kind::kJson) type.container = SchemaType::Container::kList;
    type.scalar = false;
  } else if (spelling.starts_with("dict[")) {
    type = SchemaType::Opaque("an object without properties");
    type.scalar = false;
  } else {
    type = reader.OfWord(spelling, param, 1);
  }
  type.nullable = type.nullable || nullable;
  return type;
}

}  // namespace

std::vector<SchemaField> FlatFieldsOf(const JsonTree& tree, const JsonNode& params,
                                      const SchemaOptions& options) {
  SchemaReader reader(tree, params, options);
  std::vector<SchemaField> fields;
  for (const JsonNode* each = tree.First(params); each != nullptr; each = tree.Next(*each)) {
    SchemaField& field = fields.emplace_back();
    field.name = each->key;
    field.required = true;  // unless it says so, nothing may be left out
    if (each->kind != NodeKind::kObject) {
      field.type = SchemaType::Opaque("the parameter is not described");
      continue;
    }
    const JsonNode* required = tree.Find(*each, "required");
    if (required != nullptr) field.required = required->kind != NodeKind::kFalse;
    field.type = OfSpelling(reader, TextOf(tree, *each, "type"), *each);
    field.doc = TextOf(tree, *each, "doc");
    const JsonNode* given = tree.Find(*each, "default");
    if (given != nullptr) reader.Default(*given, field);
  }
  return fields;
}

}  // namespace cap::importer
