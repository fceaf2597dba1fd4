// Reads one schema; internal to compiler/import.
#pragma once

#include <string_view>

#include "compiler/import/schema.h"

namespace cap::importer {

class SchemaReader {
 public:
  SchemaReader(const JsonTree& tree, const JsonNode& root, const SchemaOptions& options)
      : tree_(tree), root_(root), options_(options) {}

  std::vector<SchemaField> Fields(const JsonNode& object, uint32_t depth);
  SchemaType Read(const JsonNode& schema, uint32_t depth);

  /// The type that one word names, such as "integer"; of a string, number or array what `schema`
  /// says beside it.
  SchemaType OfWord(std::string_view word, const JsonNode& schema, uint32_t depth);

  /// Takes over a default, or says in a note why not.
  void Default(const JsonNode& value, SchemaField& field) const;

 private:
  const JsonNode* Follow(const JsonNode& schema) const;
  const JsonNode* Pointed(std::string_view pointer) const;
  bool Alternatives(const JsonNode& schema, uint32_t depth, SchemaType& type);
  SchemaType Typed(const JsonNode& schema, uint32_t depth);
  SchemaType Text(const JsonNode& schema) const;
  SchemaType Members(const JsonNode& members) const;
  SchemaType Number(const JsonNode& schema) const;
  SchemaType Array(const JsonNode& schema, uint32_t depth);
  SchemaType Map(const JsonNode& schema, uint32_t depth);
  SchemaType Object(const JsonNode& schema, uint32_t depth);
  void Notes(const JsonNode& schema, SchemaType& type) const;

  const JsonTree& tree_;
  const JsonNode& root_;
  const SchemaOptions& options_;
  uint32_t nodes_ = 0;
};

/// A schema that says nothing: of an element of which only the type's name is known.
inline constexpr JsonNode kNothingSaid{.kind = JsonNode::Kind::kObject, .key = {}, .text = {}};

/// A member's text, or empty when it is no string.
std::string_view TextOf(const JsonTree& tree, const JsonNode& object, std::string_view key);

/// The value of a JSON number without fraction, exponent and sign. Nothing: it is none, or over
/// `most`.
std::optional<uint64_t> CountOf(const JsonNode* node, uint64_t most);

}  // namespace cap::importer
