#include "runtime/frame/json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

using simdjson::ondemand::json_type;

std::unexpected<Error> Bad(std::string_view what) {
  return Fail("bad-json", std::string(what));
}

std::string_view TrimRight(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

void SkipDigits(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
}
bool TakeDigits(std::string_view& text) {
  const size_t before = text.size();
  SkipDigits(text);
  return text.size() < before;
}

/// RFC 8259, section 6. The parser hands out numbers unread.
bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!TakeDigits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!TakeDigits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

}  // namespace

struct JsonTree::Buffers {
  simdjson::padded_string text;
  simdjson::ondemand::parser parser;
};

/// Copies the parser's events into nodes. Depth is bounded by limits::kRequestDepth.
class JsonTree::Walker {
 public:
  explicit Walker(std::vector<JsonNode>& nodes) : nodes_(nodes) {}

  template <typename Source>  // a document's root, or a value
  Result<uint32_t> Walk(Source&& source, std::string_view key, uint32_t depth);

 private:
  Result<void> WalkArray(simdjson::ondemand::array array, uint32_t parent, uint32_t depth);
  Result<void> WalkObject(simdjson::ondemand::object object, uint32_t parent, uint32_t depth);
  bool KeysAreUnique(const JsonNode& object);
  /// Appends a child to `parent`, whose last child is `last`.
  void Link(uint32_t parent, uint32_t& last, uint32_t child) {
    (last == kNone ? nodes_[parent].first : nodes_[last].next) = child;
    last = child;
    ++nodes_[parent].count;
  }

  std::vector<JsonNode>& nodes_;
  std::vector<std::string_view> keys_;  // scratch
};

template <typename Source>
Result<uint32_t> JsonTree::Walker::Walk(Source&& source, std::string_view key, uint32_t depth) {
  if (depth > limits::kRequestDepth) return Fail("oversize", "the request nests too deep");
  json_type type{};
  if (source.type().get(type) != simdjson::SUCCESS) return Bad("a value is expected");
  const auto at = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back();
  nodes_[at].key = key;
  if (type == json_type::array) {
    nodes_[at].kind = JsonNode::Kind::kArray;
    simdjson::ondemand::array array;
    if (source.get_array().get(array) != simdjson::SUCCESS) return Bad("an array is not closed");
    Result<void> done = WalkArray(array, at, depth);
    if (!done) return std::unexpected(std::move(done.error()));
  } else if (type == json_type::object) {
    nodes_[at].kind = JsonNode::Kind::kObject;
    simdjson::ondemand::object object;
    if (source.get_object().get(object) != simdjson::SUCCESS) return Bad("an object is not closed");
    Result<void> done = WalkObject(object, at, depth);
    if (!done) return std::unexpected(std::move(done.error()));
  } else if (type == json_type::string) {
    nodes_[at].kind = JsonNode::Kind::kString;
    if (source.get_string().get(nodes_[at].text) != simdjson::SUCCESS) return Bad("a bad string");
  } else {
    std::string_view token;
    if (simdjson::simdjson_result<std::string_view>(source.raw_json_token()).get(token) !=
        simdjson::SUCCESS) {
      return Bad("a value is expected");
    }
    token = TrimRight(token);
    if (token == "null") return at;
    if (token == "true" || token == "false") {
      nodes_[at].kind = token == "true" ? JsonNode::Kind::kTrue : JsonNode::Kind::kFalse;
    } else if (IsNumber(token)) {
      nodes_[at].kind = JsonNode::Kind::kNumber;
      nodes_[at].text = token;
    } else {
      return Bad(QuoteCut(token) + " is no value");
    }
  }
  return at;
}

Result<void> JsonTree::Walker::WalkArray(simdjson::ondemand::array array, uint32_t parent,
                                         uint32_t depth) {
  uint32_t last = kNone;
  for (auto result : array) {
    simdjson::ondemand::value value;
    if (std::move(result).get(value) != simdjson::SUCCESS) return Bad("a badly formed array");
    const Result<uint32_t> child = Walk(value, {}, depth + 1);
    if (!child) return std::unexpected(child.error());
    Link(parent, last, *child);
  }
  return {};
}

Result<void> JsonTree::Walker::WalkObject(simdjson::ondemand::object object, uint32_t parent,
                                          uint32_t depth) {
  uint32_t last = kNone;
  for (auto result : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (std::move(result).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(key) != simdjson::SUCCESS) {
      return Bad("a badly formed object");
    }
    const Result<uint32_t> child = Walk(field.value(), key, depth + 1);
    if (!child) return std::unexpected(child.error());
    Link(parent, last, *child);
  }
  if (!KeysAreUnique(nodes_[parent])) {
    return Fail("duplicate-key", "the key " + QuoteCut(keys_.front()) + " stands twice");
  }
  return {};
}

/// On failure the doubled key is keys_.front().
bool JsonTree::Walker::KeysAreUnique(const JsonNode& object) {
  keys_.clear();
  for (uint32_t at = object.first; at != kNone; at = nodes_[at].next) {
    keys_.push_back(nodes_[at].key);
  }
  std::ranges::sort(keys_);
  const auto twice = std::ranges::adjacent_find(keys_);
  if (twice == keys_.end()) return true;
  std::swap(keys_.front(), *twice);
  return false;
}

JsonTree::JsonTree(std::unique_ptr<Buffers> buffers) : buffers_(std::move(buffers)) {}
JsonTree::JsonTree(JsonTree&&) noexcept = default;
JsonTree& JsonTree::operator=(JsonTree&&) noexcept = default;
JsonTree::~JsonTree() = default;

Result<JsonTree> JsonTree::Parse(std::string_view json) {
  if (json.size() > limits::kRequestBytes) return Fail("oversize", "the request is too large");
  JsonTree tree(std::make_unique<Buffers>());
  tree.buffers_->text = simdjson::padded_string(json);
  simdjson::ondemand::document document;
  const auto error = tree.buffers_->parser.iterate(tree.buffers_->text).get(document);
  if (error != simdjson::SUCCESS) return Bad(simdjson::error_message(error));
  // A root that is a lone scalar has no use here, and the parser treats it as a special case.
  json_type type{};
  if (document.type().get(type) != simdjson::SUCCESS ||
      (type != json_type::object && type != json_type::array)) {
    return Bad("an object is expected");
  }
  Walker walker(tree.nodes_);
  const Result<uint32_t> root = walker.Walk(document, {}, 1);
  if (!root) return std::unexpected(root.error());
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Bad("something follows the end");
  }
  return tree;
}

const JsonNode* JsonTree::Find(const JsonNode& object, std::string_view key) const {
  for (const JsonNode* member = First(object); member != nullptr; member = Next(*member)) {
    if (member->key == key) return member;
  }
  return nullptr;
}

std::string DescribeJson(const JsonNode& node) {
  switch (node.kind) {
    case JsonNode::Kind::kNull: return "null";
    case JsonNode::Kind::kFalse: return "false";
    case JsonNode::Kind::kTrue: return "true";
    case JsonNode::Kind::kNumber: return SafeName(node.text);
    case JsonNode::Kind::kString: return QuoteCut(node.text);
    case JsonNode::Kind::kArray: return "an array";
    case JsonNode::Kind::kObject: return "an object";
  }
  return "";
}

}  // namespace cap
