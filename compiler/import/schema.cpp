#include "compiler/import/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "compiler/import/schema_reader.h"
#include "compiler/import/spelling.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

using Kind = SchemaType::Kind;
using Container = SchemaType::Container;
using NodeKind = JsonNode::Kind;

constexpr uint64_t kBytesOfCharacter = 4;  // at most, in UTF-8

// What a schema may say of a value and no declaration of Cap says.
constexpr std::array<std::string_view, 20> kUnsaid = {
    "minimum",     "maximum",       "exclusiveMinimum",  "exclusiveMaximum", "multipleOf",
    "minLength",   "pattern",       "minItems",          "contains",         "prefixItems",
    "not",         "minProperties", "maxProperties",     "patternProperties", "if",
    "propertyNames", "dependentRequired", "dependentSchemas", "contentEncoding", "const"};

bool IsTrue(const JsonNode* node) { return node != nullptr && node->kind == NodeKind::kTrue; }

/// "0.01" → 2 digits after the point, "1" → 0; nothing for what is no power of ten of at most one.
std::optional<uint32_t> ScaleOfStep(const JsonNode* step) {
  if (step == nullptr || step->kind != NodeKind::kNumber) return std::nullopt;
  if (step->text == "1") return 0;
  if (!step->text.starts_with("0.") || !step->text.ends_with('1')) return std::nullopt;
  const std::string_view digits = step->text.substr(2);
  if (digits.find_first_not_of('0') != digits.size() - 1) return std::nullopt;
  if (digits.size() > limits::kDecimalScale) return std::nullopt;
  return static_cast<uint32_t>(digits.size());
}

std::string Shown(const JsonNode& node) { return CommentText(DescribeJson(node)); }

}  // namespace

std::string_view TextOf(const JsonTree& tree, const JsonNode& object, std::string_view key) {
  const JsonNode* node = tree.Find(object, key);
  return node != nullptr && node->kind == NodeKind::kString ? node->text : std::string_view();
}

std::optional<uint64_t> CountOf(const JsonNode* node, uint64_t most) {
  if (node == nullptr || node->kind != NodeKind::kNumber) return std::nullopt;
  uint64_t value = 0;
  const char* const end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, value);
  if (error != std::errc() || stop != end || value > most) return std::nullopt;
  return value;
}

SchemaType SchemaType::Opaque(std::string why) {
  SchemaType type;
  type.opaque = std::move(why);
  return type;
}

/// A JSON pointer within the tool's own schema: "/$defs/Permission".
const JsonNode* SchemaReader::Pointed(std::string_view pointer) const {
  const JsonNode* at = &root_;
  while (!pointer.empty() && at != nullptr) {
    pointer.remove_prefix(1);  // the slash
    const size_t end = std::min(pointer.find('/'), pointer.size());
    at = at->kind == NodeKind::kObject ? tree_.Find(*at, pointer.substr(0, end)) : nullptr;
    pointer.remove_prefix(end);
  }
  return at;
}

/// Where a chain of `$ref` ends; null: nowhere in this schema.
const JsonNode* SchemaReader::Follow(const JsonNode& schema) const {
  const JsonNode* at = &schema;
  for (uint32_t hops = 0; hops <= limits::kImportSchemaDepth && at != nullptr; ++hops) {
    if (at->kind != NodeKind::kObject) return at;
    const JsonNode* ref = tree_.Find(*at, "$ref");
    if (ref == nullptr) return at;
    const bool local = ref->kind == NodeKind::kString && ref->text.starts_with("#/");
    at = local ? Pointed(ref->text.substr(1)) : nullptr;
  }
  return nullptr;
}

SchemaType SchemaReader::Read(const JsonNode& schema, uint32_t depth) {
  if (depth > limits::kImportSchemaDepth) return SchemaType::Opaque("it nests too deep");
  if (++nodes_ > limits::kImportSchemaNodes) return SchemaType::Opaque("the schema is too large");
  const JsonNode* at = Follow(schema);
  if (at == nullptr) return SchemaType::Opaque("a `$ref` that leads out of the schema");
  if (at->kind != NodeKind::kObject) return SchemaType::Opaque("the schema takes any value");
  SchemaType type;
  if (!Alternatives(*at, depth, type)) type = Typed(*at, depth);
  type.nullable = type.nullable || IsTrue(tree_.Find(*at, "nullable"));
  Notes(*at, type);
  return type;
}

/// `anyOf` and its like: one type, or one type and null, is that type.
bool SchemaReader::Alternatives(const JsonNode& schema, uint32_t depth, SchemaType& type) {
  for (const std::string_view key : {"anyOf", "oneOf", "allOf"}) {
    const JsonNode* list = tree_.Find(schema, key);
    if (list == nullptr || list->kind != NodeKind::kArray) continue;
    const JsonNode* only = nullptr;
    uint32_t others = 0;
    bool null = false;
    for (const JsonNode* each = tree_.First(*list); each != nullptr; each = tree_.Next(*each)) {
      const bool is_null =
          each->kind == NodeKind::kObject && TextOf(tree_, *each, "type") == "null";
      null = null || is_null;
      if (is_null) continue;
      only = each;
      ++others;
    }
    type = others == 1 ? Read(*only, depth + 1)
                       : SchemaType::Opaque(fmt::format("`{}` of several schemas", key));
    type.nullable = type.nullable || null;
    return true;
  }
  return false;
}

SchemaType SchemaReader::Typed(const JsonNode& schema, uint32_t depth) {
  const JsonNode* type = tree_.Find(schema, "type");
  if (type != nullptr && type->kind == NodeKind::kString) {
    return OfWord(type->text, schema, depth);
  }
  if (type != nullptr && type->kind == NodeKind::kArray) {
    std::string_view only;
    uint32_t others = 0;
    bool null = false;
    for (const JsonNode* each = tree_.First(*type); each != nullptr; each = tree_.Next(*each)) {
      const bool is_null = each->text == "null";
      null = null || is_null;
      if (!is_null) only = each->text;
      others += is_null ? 0 : 1;
    }
    SchemaType one =
        others == 1 ? OfWord(only, schema, depth) : SchemaType::Opaque("several types");
    one.nullable = one.nullable || null;
    return one;
  }
  // Without a type, what it says of values tells which ones are meant.
  const JsonNode* members = tree_.Find(schema, "enum");
  if (members != nullptr && members->kind == NodeKind::kArray) return Members(*members);
  if (!TextOf(tree_, schema, "const").empty()) return OfWord("string", schema, depth);
  if (tree_.Find(schema, "properties") != nullptr) return OfWord("object", schema, depth);
  if (tree_.Find(schema, "items") != nullptr) return OfWord("array", schema, depth);
  return SchemaType::Opaque("the schema names no type");
}

SchemaType SchemaReader::OfWord(std::string_view word, const JsonNode& schema, uint32_t depth) {
  if (word == "string" || word == "str") return Text(schema);
  if (word == "integer" || word == "int") {
    SchemaType type;
    type.kind = Kind::kInt;
    return type;
  }
  if (word == "number" || word == "float") return Number(schema);
  if (word == "boolean" || word == "bool") {
    SchemaType type;
    type.kind = Kind::kBool;
    return type;
  }
  if (word == "array" || word == "list") return Array(schema, depth);
  if (word == "object" || word == "dict") return Object(schema, depth);
  if (word == "null") return SchemaType::Opaque("only null");
  return SchemaType::Opaque(fmt::format("no type `{}` is known", CommentText(word)));
}

SchemaType SchemaReader::Text(const JsonNode& schema) const {
  const JsonNode* members = tree_.Find(schema, "enum");
  if (members != nullptr && members->kind == NodeKind::kArray) return Members(*members);
  SchemaType type;
  const std::string_view constant = TextOf(tree_, schema, "const");
  if (!constant.empty()) {
    type.kind = Kind::kEnum;
    type.members.emplace_back(constant);
    return type;
  }
  type.kind = Kind::kString;
  const std::string_view format = TextOf(tree_, schema, "format");
  if (format == "email") {
    type.kind = Kind::kEmail;
    return type;
  }
  if (format == "date-time") {
    type.kind = Kind::kInstant;
    return type;
  }
  if (!format.empty()) type.notes.push_back(fmt::format("format {}", CommentText(format)));
  const auto characters = CountOf(tree_.Find(schema, "maxLength"), limits::kStringBytesMax);
  if (characters) {
    type.max_bytes = std::clamp<uint64_t>(*characters * kBytesOfCharacter, 1,
                                          limits::kStringBytesMax);
  }
  return type;
}

/// An enum of texts; null among them makes it nullable. What else stands there makes a string, an
/// integer or nothing that can be said.
SchemaType SchemaReader::Members(const JsonNode& members) const {
  SchemaType type;
  type.kind = Kind::kEnum;
  bool texts = true;
  bool integers = true;
  bool plain = true;
  for (const JsonNode* each = tree_.First(members); each != nullptr; each = tree_.Next(*each)) {
    if (each->kind == NodeKind::kNull) {
      type.nullable = true;
      continue;
    }
    texts = texts && each->kind == NodeKind::kString;
    integers = integers && each->kind == NodeKind::kNumber &&
               each->text.find_first_of(".eE") == std::string_view::npos;
    const std::string text(each->text);
    plain = plain && !text.empty() && SpeltName(text).has_value();
    if (std::ranges::find(type.members, text) == type.members.end()) type.members.push_back(text);
    if (type.members.size() > limits::kEnumMembers) plain = false;
    if (!plain) break;
  }
  if (type.members.empty()) return SchemaType::Opaque("an enum without members");
  if (texts && plain) return type;
  type.kind = texts ? Kind::kString : integers ? Kind::kInt : Kind::kJson;
  if (type.kind == Kind::kJson) type.opaque = "an enum of values that are no texts";
  type.notes.push_back(fmt::format("one of {} values that no enum can have", members.count));
  type.members.clear();
  return type;
}

SchemaType SchemaReader::Number(const JsonNode& schema) const {
  SchemaType type;
  type.kind = Kind::kDecimal;
  type.scale = ScaleOfStep(tree_.Find(schema, "multipleOf")).value_or(options_.number_scale);
  return type;
}

SchemaType SchemaReader::Array(const JsonNode& schema, uint32_t depth) {
  const JsonNode* items = tree_.Find(schema, "items");
  SchemaType type;
  if (items == nullptr || items->kind == NodeKind::kNull) {
    type = SchemaType::Opaque("an array whose elements have no type");
  } else if (items->kind == NodeKind::kString) {  // of a flat signature
    type = OfWord(items->text, kNothingSaid, limits::kImportSchemaDepth);
  } else {
    type = Read(*items, depth + 1);
  }
  if (type.kind != Kind::kJson && (type.container != Container::kNone || type.nullable)) {
    type = SchemaType::Opaque(type.nullable ? "an array that may hold null" : "an array of arrays");
  }
  if (type.kind == Kind::kJson) type.opaque = "an array: " + type.opaque;
  type.scalar = false;
  type.nullable = false;
  if (type.kind == Kind::kJson) return type;
  const bool in_set = type.kind != Kind::kBool && type.kind != Kind::kDecimal &&
                      type.kind != Kind::kRecord;
  const bool unique = IsTrue(tree_.Find(schema, "uniqueItems"));
  type.container = unique && in_set ? Container::kSet : Container::kList;
  if (unique && !in_set) type.notes.emplace_back("uniqueItems");
  const auto most = CountOf(tree_.Find(schema, "maxItems"), limits::kElementsMax);
  if (most) type.max_items = std::max<uint64_t>(*most, 1);
  return type;
}

/// An object whose names are the caller's to choose: a map, if its values are single ones.
SchemaType SchemaReader::Map(const JsonNode& schema, uint32_t depth) {
  const JsonNode* further = tree_.Find(schema, "additionalProperties");
  if (further == nullptr || further->kind != NodeKind::kObject ||
      tree_.Find(schema, "patternProperties") != nullptr) {
    return SchemaType::Opaque("an object without properties");
  }
  SchemaType type = Read(*further, depth + 1);
  if (type.kind == Kind::kJson) {
    type.opaque = "an object of any names: " + type.opaque;
    type.nullable = false;
    return type;
  }
  if (type.nullable || type.container != Container::kNone || type.kind == Kind::kRecord) {
    return SchemaType::Opaque("an object of any names whose values are no single ones");
  }
  type.container = Container::kMap;
  const auto most = CountOf(tree_.Find(schema, "maxProperties"), limits::kElementsMax);
  if (most) type.max_items = std::max<uint64_t>(*most, 1);
  return type;
}

SchemaType SchemaReader::Object(const JsonNode& schema, uint32_t depth) {
  SchemaType type;
  const JsonNode* properties = tree_.Find(schema, "properties");
  if (properties == nullptr || properties->kind != NodeKind::kObject || properties->count == 0) {
    type = Map(schema, depth);
  } else {
    type.kind = Kind::kRecord;
    type.fields = Fields(schema, depth);
    const JsonNode* further = tree_.Find(schema, "additionalProperties");
    type.open = further != nullptr && further->kind != NodeKind::kFalse;
    for (const SchemaField& field : type.fields) {
      const std::string why = WhyUnspellable(field.name);
      if (!why.empty()) type = SchemaType::Opaque("a field's name cannot be spelt: " + why);
      if (!why.empty()) break;
    }
  }
  type.scalar = false;
  return type;
}

std::vector<SchemaField> SchemaReader::Fields(const JsonNode& object, uint32_t depth) {
  std::vector<SchemaField> fields;
  const JsonNode* properties = tree_.Find(object, "properties");
  if (properties == nullptr || properties->kind != NodeKind::kObject) return fields;
  std::vector<std::string_view> required;
  const JsonNode* list = tree_.Find(object, "required");
  if (list != nullptr && list->kind == NodeKind::kArray) {
    for (const JsonNode* each = tree_.First(*list); each != nullptr; each = tree_.Next(*each)) {
      if (each->kind == NodeKind::kString) required.push_back(each->text);
    }
  }
  std::ranges::sort(required);
  for (const JsonNode* each = tree_.First(*properties); each != nullptr;
       each = tree_.Next(*each)) {
    SchemaField& field = fields.emplace_back();
    field.name = each->key;
    field.required = std::ranges::binary_search(required, each->key);
    field.type = Read(*each, depth + 1);
    if (each->kind != NodeKind::kObject) continue;
    field.doc = TextOf(tree_, *each, "description");
    const JsonNode* given = tree_.Find(*each, "default");
    if (given != nullptr) Default(*given, field);
  }
  return fields;
}

void SchemaReader::Notes(const JsonNode& schema, SchemaType& type) const {
  const auto scale = ScaleOfStep(tree_.Find(schema, "multipleOf"));
  for (const std::string_view key : kUnsaid) {
    const JsonNode* node = tree_.Find(schema, key);
    if (node == nullptr) continue;
    if (key == "multipleOf" && scale) continue;
    if (key == "const" && type.kind == Kind::kEnum) continue;
    if (key == "maxProperties" && type.container == Container::kMap) continue;
    type.notes.push_back(fmt::format("{} {}", key, Shown(*node)));
  }
}

void SchemaReader::Default(const JsonNode& value, SchemaField& field) const {
  if (value.kind == NodeKind::kNull || field.required) return;
  const SchemaType& type = field.type;
  std::optional<std::string> literal;
  const std::string text(value.text);
  const bool number = value.kind == NodeKind::kNumber;
  const bool plain = number && text.find_first_of("eE") == std::string::npos;
  const size_t point = text.find('.');
  if (type.container == Container::kMap) {
    // There are no maps as literals.
  } else if (type.container != Container::kNone) {
    if (value.kind == NodeKind::kArray && value.count == 0) literal = "[]";
  } else if (type.kind == Kind::kBool) {
    if (value.kind == NodeKind::kTrue) literal = "true";
    if (value.kind == NodeKind::kFalse) literal = "false";
  } else if (type.kind == Kind::kInt) {
    if (plain && point == std::string::npos && text.size() <= 18) literal = text;
  } else if (type.kind == Kind::kDecimal) {
    const size_t digits = point == std::string::npos ? 0 : text.size() - point - 1;
    const bool fits = plain && text.size() <= 18 && digits <= type.scale && type.scale > 0;
    if (fits) literal = point == std::string::npos ? text + ".0" : text;
  } else if (type.kind == Kind::kString && value.kind == NodeKind::kString) {
    const uint64_t most = type.max_bytes == 0 ? limits::kStringBytes : type.max_bytes;
    if (text.size() <= most) literal = StringLiteral(text);
  } else if (type.kind == Kind::kEnum) {
    if (std::ranges::find(type.members, text) != type.members.end()) literal = StringLiteral(text);
  }
  if (literal && !type.nullable) {
    field.default_literal = std::move(literal);
  } else {
    field.type.notes.push_back(fmt::format("default {}", Shown(value)));
  }
}

std::vector<SchemaField> FieldsOf(const JsonTree& tree, const JsonNode& schema,
                                  const SchemaOptions& options) {
  return SchemaReader(tree, schema, options).Fields(schema, 1);
}

}  // namespace cap::importer
