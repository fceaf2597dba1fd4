// One JSON Schema as a type of Cap. What a declaration of Cap cannot say is never dropped: it makes
// the value the opaque `json`, with a reason, or it is a note beside the declaration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/frame/json_tree.h"

namespace cap::importer {

struct SchemaOptions {
  uint32_t number_scale = 6;  // of `number`, unless its `multipleOf` says another
};

struct SchemaField;

/// A type of Cap before its enums and records have names.
struct SchemaType {
  enum class Kind : uint8_t {
    kBool, kInt, kDecimal, kString, kEmail, kInstant, kEnum, kRecord, kJson,
  };
  enum class Container : uint8_t { kNone, kList, kSet, kMap };  // kMap: by text

  Kind kind = Kind::kJson;
  Container container = Container::kNone;
  bool nullable = false;
  bool scalar = true;        // the schema says neither array nor object
  bool open = false;         // kRecord: further fields may come
  uint32_t scale = 0;        // kDecimal
  uint64_t max_bytes = 0;    // kString; 0: the language's own bound
  uint64_t max_items = 0;    // of a container; likewise
  std::vector<std::string> members;  // kEnum
  std::vector<SchemaField> fields;   // kRecord
  std::string opaque;                // kJson: why nothing more can be said
  std::vector<std::string> notes;    // what the schema says beyond the type

  static SchemaType Opaque(std::string why);
};

/// A property of an object: an argument of a tool, a field of a record.
struct SchemaField {
  std::string name;
  std::string doc;
  SchemaType type;
  bool required = false;
  std::optional<std::string> default_literal;  // as Cap writes it
};

/// The properties of `schema`, which is an object's, in their order. `$ref` is looked up in
/// `schema` itself. Cost: linear in the schema, each `$ref` counted where it is used; nesting is
/// bounded by limits::kImportSchemaDepth, the whole by limits::kImportSchemaNodes.
std::vector<SchemaField> FieldsOf(const JsonTree& tree, const JsonNode& schema,
                                  const SchemaOptions& options);

/// The parameters of a flat signature: name → {type, enum, items, required, default, doc}, with
/// types as "string", "list[str]", "float | None".
std::vector<SchemaField> FlatFieldsOf(const JsonTree& tree, const JsonNode& params,
                                      const SchemaOptions& options);

}  // namespace cap::importer
