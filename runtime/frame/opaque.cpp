#include "runtime/frame/opaque.h"

#include <array>
#include <utility>

#include "runtime/base/utf8.h"
#include "runtime/frame/cbor.h"
#include "runtime/frame/opaque_reader.h"

namespace cap {
namespace {

using cbor::Major;

/// One item of a canonical json: a scalar whole, of an array or object the head.
struct Item {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kInteger, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  bool negative = false;  // kInteger: -1 - count
  uint64_t count = 0;     // kInteger: the value; kArray, kObject: of children
  std::string_view text;  // kText, kNumber
};

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  /// False: no item of the canonical form stands here.
  bool Read(Item& item);
  /// A key with its head, as it is encoded.
  bool ReadKey(std::string_view& encoded, std::string_view& text);
  bool at_end() const { return rest_.empty(); }
  /// Every child takes a byte at least, so a larger count is none.
  uint64_t left() const { return rest_.size(); }

 private:
  bool Head(Major& major, uint64_t& argument);
  bool Text(uint64_t length, std::string_view& text);

  std::string_view rest_;
};

/// A head in its shortest form.
bool Cursor::Head(Major& major, uint64_t& argument) {
  if (rest_.empty()) return false;
  const auto first = static_cast<uint8_t>(rest_[0]);
  major = static_cast<Major>(first >> 5);
  const uint8_t low = first & 0x1F;
  rest_.remove_prefix(1);
  if (low < 24) {
    argument = low;
    return true;
  }
  if (low > 27) return false;
  const size_t size = size_t{1} << (low - 24);
  if (rest_.size() < size) return false;
  argument = 0;
  for (size_t i = 0; i < size; ++i) argument = argument << 8 | static_cast<uint8_t>(rest_[i]);
  rest_.remove_prefix(size);
  const uint64_t shorter = size == 1 ? 23 : (uint64_t{1} << (4 * size)) - 1;
  return argument > shorter;
}

bool Cursor::Text(uint64_t length, std::string_view& text) {
  if (length > rest_.size()) return false;
  text = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return IsUtf8(text);
}

bool Cursor::ReadKey(std::string_view& encoded, std::string_view& text) {
  const std::string_view before = rest_;
  Major major{};
  uint64_t argument = 0;
  if (!Head(major, argument) || major != Major::kText || !Text(argument, text)) return false;
  encoded = before.substr(0, before.size() - rest_.size());
  return true;
}

bool Cursor::Read(Item& item) {
  const std::string_view before = rest_;
  Major major{};
  uint64_t argument = 0;
  if (!Head(major, argument)) return false;
  item = {.kind = Item::Kind::kNull, .negative = false, .count = argument, .text = {}};
  switch (major) {
    case Major::kUnsigned:
    case Major::kNegative:
      item.kind = Item::Kind::kInteger;
      item.negative = major == Major::kNegative;
      return true;
    case Major::kText: item.kind = Item::Kind::kText; return Text(argument, item.text);
    case Major::kArray: item.kind = Item::Kind::kArray; return argument <= left();
    case Major::kMap: break;
    case Major::kSimple:
      item.kind = argument == 20 ? Item::Kind::kFalse
                  : argument == 21 ? Item::Kind::kTrue : Item::Kind::kNull;
      return argument >= 20 && argument <= 22;
    case Major::kBytes: return false;
  }
  item.kind = Item::Kind::kObject;
  const bool number = argument == 1 && !rest_.empty() && rest_[0] == kJsonNumberKey;
  if (!number) return argument <= left();
  rest_.remove_prefix(1);
  item.kind = Item::Kind::kNumber;
  std::string_view encoded;
  if (!ReadKey(encoded, item.text)) return false;
  const Result<std::string> canonical = CanonicalNumber(item.text);
  return canonical && *canonical == before.substr(0, before.size() - rest_.size());
}

std::unexpected<Error> NotCanonical() {
  return Fail("bad-value", "a json is not in its canonical form");
}

}  // namespace

Result<void> CheckJson(const Json& json, uint64_t most) {
  struct Open {
    bool object = false;
    uint64_t left = 0;
    std::string_view key;  // the last one, encoded
  };
  if (json.cbor.size() > most) {
    return Fail("oversize", "a json of " + std::to_string(json.cbor.size()) + " bytes, at most " +
                                std::to_string(most) + " are allowed");
  }
  std::array<Open, limits::kJsonDepth> open;
  size_t depth = 0;
  uint32_t nodes = 0;
  Cursor cursor(json.cbor);
  do {
    if (depth > 0 && open[depth - 1].object) {
      std::string_view key;
      std::string_view text;
      if (!cursor.ReadKey(key, text)) return NotCanonical();
      if (!open[depth - 1].key.empty() && key <= open[depth - 1].key) return NotCanonical();
      open[depth - 1].key = key;
    }
    Item item;
    if (!cursor.Read(item)) return NotCanonical();
    if (++nodes > limits::kJsonNodes) return Fail("oversize", "a json has too many values");
    const bool object = item.kind == Item::Kind::kObject;
    if (object || item.kind == Item::Kind::kArray) {
      if (depth == open.size()) return Fail("oversize", "a json nests too deep");
      if (item.count > 0) {
        open[depth++] = {object, item.count, {}};
        continue;
      }
    }
    while (depth > 0 && --open[depth - 1].left == 0) --depth;
  } while (depth > 0);
  if (!cursor.at_end()) return NotCanonical();
  return {};
}

namespace {

void AppendScalar(const Item& item, std::string& out) {
  switch (item.kind) {
    case Item::Kind::kNull: out += "null"; return;
    case Item::Kind::kFalse: out += "false"; return;
    case Item::Kind::kTrue: out += "true"; return;
    case Item::Kind::kNumber: out += item.text; return;
    case Item::Kind::kText: out.append(1, '"').append(item.text).append(1, '"'); return;
    case Item::Kind::kInteger:
      // -1 - (2^64 - 1) is the one integer whose magnitude has more than 64 bits.
      if (item.negative && item.count == UINT64_MAX) {
        out += "-18446744073709551616";
      } else {
        out += (item.negative ? "-" : "") + std::to_string(item.count + (item.negative ? 1 : 0));
      }
      return;
    case Item::Kind::kArray: out += "[]"; return;
    case Item::Kind::kObject: out += "{}"; return;
  }
}

}  // namespace

std::string FormatJson(std::string_view cbor, size_t most) {
  struct Open {
    bool object = false;
    uint64_t left = 0;
  };
  std::array<Open, limits::kJsonDepth> open;
  size_t depth = 0;
  std::string out;
  Cursor cursor(cbor);
  do {
    if (out.size() > most) return out;
    if (depth > 0 && open[depth - 1].object) {
      std::string_view key;
      std::string_view text;
      if (!cursor.ReadKey(key, text)) return out;
      out.append(1, '"').append(text).append("\":");
    }
    Item item;
    if (!cursor.Read(item)) return out;
    const bool object = item.kind == Item::Kind::kObject;
    if ((object || item.kind == Item::Kind::kArray) && item.count > 0) {
      if (depth == open.size()) return out;
      open[depth++] = {object, item.count};
      out += object ? '{' : '[';
      continue;
    }
    AppendScalar(item, out);
    while (depth > 0 && --open[depth - 1].left == 0) out += open[--depth].object ? '}' : ']';
    if (depth > 0) out += ',';
  } while (depth > 0);
  return out;
}

}  // namespace cap
