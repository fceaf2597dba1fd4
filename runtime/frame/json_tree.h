// A JSON text as a tree that keeps what a decision depends on: numbers as they were written, keys
// known to be unique, no text that two readers read differently. Internal to runtime/frame.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/type.h"

namespace cap {

struct JsonNode {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  uint32_t first = kNone;  // child of an array or object
  uint32_t next = kNone;   // sibling
  uint32_t count = 0;      // of children
  std::string_view key;    // of a member, unescaped
  std::string_view text;   // of a string, unescaped; of a number, as written
};

class JsonTree {
 public:
  /// Strict JSON (RFC 8259) in UTF-8 without a byte order mark, with nothing behind it. Errors:
  /// "bad-json", "duplicate-key" (two keys of one object are equal after unescaping), "oversize"
  /// (more than limits::kRequestBytes, or nested deeper than limits::kRequestDepth). Cost: linear,
  /// sorting of wide objects' keys apart.
  static Result<JsonTree> Parse(std::string_view json);
  JsonTree(JsonTree&&) noexcept;
  JsonTree& operator=(JsonTree&&) noexcept;
  ~JsonTree();

  const JsonNode& root() const { return nodes_.front(); }
  const JsonNode* First(const JsonNode& node) const { return At(node.first); }
  const JsonNode* Next(const JsonNode& node) const { return At(node.next); }
  /// The member of an object, or null. Linear in its members.
  const JsonNode* Find(const JsonNode& object, std::string_view key) const;

 private:
  class Walker;
  struct Buffers;  // what the views of the nodes point into
  explicit JsonTree(std::unique_ptr<Buffers> buffers);
  const JsonNode* At(uint32_t node) const { return node == kNone ? nullptr : &nodes_[node]; }

  std::unique_ptr<Buffers> buffers_;
  std::vector<JsonNode> nodes_;
};

/// "an object", "98.70", "\"abc\"": cut, and safe to show.
std::string DescribeJson(const JsonNode& node);

}  // namespace cap
