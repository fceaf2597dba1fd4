#include "runtime/frame/opaque_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/frame/cbor.h"
#include "runtime/frame/opaque.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

using Kind = JsonNode::Kind;

/// A number as it was written, taken apart: digits times ten to the exponent.
struct Written {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

std::unexpected<Error> NoNumber(std::string_view text) {
  return Fail("bad-value", SafeName(text) + " is no number");
}

std::string_view TakeDigits(std::string_view& rest) {
  const size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

bool Take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

/// After the `e`. Far beyond kJsonExponent it does not matter how far.
bool ReadExponent(std::string_view& rest, int64_t& exponent) {
  const bool negative = Take(rest, '-');
  if (!negative) Take(rest, '+');
  std::string_view digits = TakeDigits(rest);
  if (digits.empty()) return false;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  constexpr size_t kLong = 12;
  int64_t value = 0;
  if (digits.size() > kLong) digits = "999999999999";
  if (!digits.empty()) std::from_chars(digits.data(), digits.data() + digits.size(), value);
  exponent = negative ? -value : value;
  return true;
}

bool ReadWritten(std::string_view rest, Written& number) {
  number.negative = Take(rest, '-');
  const std::string_view whole = TakeDigits(rest);
  if (whole.empty() || (whole.size() > 1 && whole.starts_with('0'))) return false;
  std::string_view fraction;
  if (Take(rest, '.')) {
    fraction = TakeDigits(rest);
    if (fraction.empty()) return false;
  }
  if ((Take(rest, 'e') || Take(rest, 'E')) && !ReadExponent(rest, number.exponent)) return false;
  if (!rest.empty()) return false;
  number.digits.append(whole).append(fraction);
  number.exponent -= static_cast<int64_t>(fraction.size());
  return true;
}

/// Without zeros at either end. Zero has no digits left.
void Reduce(Written& number) {
  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
  const size_t last = number.digits.find_last_not_of('0');
  const size_t kept = last == std::string::npos ? 0 : last + 1;
  number.exponent += static_cast<int64_t>(number.digits.size() - kept);
  number.digits.resize(kept);
}

/// Whether CBOR has the number as an integer; then it is appended.
bool AppendInteger(const Written& number, std::string& out) {
  constexpr size_t kDigits = 20;  // of 2^64
  if (number.digits.empty()) {
    cbor::AppendInt(0, out);
    return true;
  }
  if (number.exponent < 0 || number.exponent > static_cast<int64_t>(kDigits) ||
      number.digits.size() + static_cast<size_t>(number.exponent) > kDigits) {
    return false;
  }
  unsigned __int128 magnitude = 0;
  for (const char digit : number.digits) {
    magnitude = magnitude * 10 + static_cast<uint8_t>(digit - '0');
  }
  for (int64_t i = 0; i < number.exponent; ++i) magnitude *= 10;
  // -1 - n stands for n, so that the negative side reaches one further.
  if (number.negative) magnitude -= 1;
  if (magnitude > UINT64_MAX) return false;
  cbor::AppendHead(number.negative ? cbor::Major::kNegative : cbor::Major::kUnsigned,
                   static_cast<uint64_t>(magnitude), out);
  return true;
}

}  // namespace

Result<std::string> CanonicalNumber(std::string_view text) {
  Written number;
  if (!ReadWritten(text, number)) return NoNumber(text);
  Reduce(number);
  std::string out;
  if (AppendInteger(number, out)) return out;
  if (number.exponent > limits::kJsonExponent || number.exponent < -limits::kJsonExponent) {
    return Fail("oversize", SafeName(text) + " has an exponent out of range");
  }
  cbor::AppendHead(cbor::Major::kMap, 1, out);
  cbor::AppendInt(kJsonNumberKey, out);
  cbor::AppendText((number.negative ? "-" : "") + number.digits + "e" +
                       std::to_string(number.exponent),
                   out);
  return out;
}

namespace {

/// Writes a tree from its leaves up, with a stack of its own.
class OpaqueWriter {
 public:
  OpaqueWriter(const JsonTree& tree, uint32_t& nodes) : tree_(tree), nodes_(nodes) {}

  Result<Json> Run(const JsonNode& root);

 private:
  struct Open {  // an array or object whose children are being written
    const JsonNode* node = nullptr;
    const JsonNode* child = nullptr;  // the next one
    std::vector<std::pair<std::string, std::string>> entries;
  };
  Result<void> Leaf(const JsonNode& node);
  void Close();

  const JsonTree& tree_;
  uint32_t& nodes_;
  std::vector<Open> open_;
  std::string done_;  // the value that was written last
};

Result<void> OpaqueWriter::Leaf(const JsonNode& node) {
  done_.clear();
  switch (node.kind) {
    case Kind::kNull: cbor::AppendNull(done_); return {};
    case Kind::kFalse:
    case Kind::kTrue: cbor::AppendBool(node.kind == Kind::kTrue, done_); return {};
    case Kind::kString: cbor::AppendText(node.text, done_); return {};
    case Kind::kNumber: {
      Result<std::string> number = CanonicalNumber(node.text);
      if (!number) return std::unexpected(std::move(number.error()));
      done_ = std::move(*number);
      return {};
    }
    case Kind::kArray:
    case Kind::kObject: break;
  }
  if (open_.size() == limits::kJsonDepth) return Fail("oversize", "a json nests too deep");
  open_.push_back({&node, tree_.First(node), {}});
  return {};
}

/// All children of the innermost array or object are written.
void OpaqueWriter::Close() {
  Open& top = open_.back();
  done_.clear();
  if (top.node->kind == Kind::kObject) {
    cbor::AppendMap(std::move(top.entries), done_);
  } else {
    cbor::AppendHead(cbor::Major::kArray, top.entries.size(), done_);
    for (const auto& [key, value] : top.entries) done_ += value;
  }
  open_.pop_back();
}

Result<Json> OpaqueWriter::Run(const JsonNode& root) {
  const JsonNode* next = &root;
  while (next != nullptr) {
    if (++nodes_ > limits::kJsonNodes) return Fail("oversize", "a json has too many values");
    const size_t depth = open_.size();
    const Result<void> leaf = Leaf(*next);
    if (!leaf) return std::unexpected(leaf.error());
    bool complete = open_.size() == depth;
    // Hands a complete value to what it stands in, which may complete that in turn.
    while (!open_.empty()) {
      Open& top = open_.back();
      if (complete) {
        std::string key;
        if (top.node->kind == Kind::kObject) cbor::AppendText(top.child->key, key);
        top.entries.emplace_back(std::move(key), std::exchange(done_, {}));
        top.child = tree_.Next(*top.child);
      }
      if (top.child != nullptr) break;
      Close();
      complete = true;
    }
    next = open_.empty() ? nullptr : open_.back().child;
  }
  if (done_.size() > limits::kJsonBytesMax) return Fail("oversize", "a json is too large");
  return Json{std::move(done_)};
}

}  // namespace

Result<Json> ReadOpaque(const JsonTree& tree, const JsonNode& node, uint32_t& nodes) {
  return OpaqueWriter(tree, nodes).Run(node);
}

Result<Json> ParseJson(std::string_view text) {
  // The tree's root is an array or an object; a list of one brings every value.
  const Result<JsonTree> tree = JsonTree::Parse("[" + std::string(text) + "]");
  if (!tree) return std::unexpected(tree.error());
  if (tree->root().count != 1) return Fail("bad-json", "one value is expected");
  uint32_t nodes = 0;
  return ReadOpaque(*tree, *tree->First(tree->root()), nodes);
}

}  // namespace cap
