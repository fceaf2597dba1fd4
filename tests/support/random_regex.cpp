#include "tests/support/random_regex.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace cap::test {
namespace {

const std::vector<uint32_t> kEdges = {
    0,      9,      10,     11,     13,      31,      ' ',     '-',     '0',     '9',
    '_',    'A',    'Z',    'a',    'b',     'c',     'z',     0x7E,    0x7F,    0x80,
    0x81,   0xE9,   0x7FE,  0x7FF,  0x800,   0x801,   0xFFF,   0x1000,  0x20AC,  0xCFFF,
    0xD000, 0xD7FE, 0xD7FF, 0xE000, 0xE001,  0xFFFE,  0xFFFF,  0x10000, 0x10001, 0x1F600,
    0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFE, 0x10FFFF};

std::string Utf8(uint32_t c) {
  std::string out;
  const auto byte = [&out](uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
  return out;
}

std::string Hexadecimal(uint32_t c) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\x{%X}", c);
  return text.data();
}

/// The character itself, or its number where it would be a sign.
std::string Written(uint32_t c) {
  const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '_' || c == ' ' || (c >= 0xA0 && c < 0xD800);
  return plain ? Utf8(c) : Hexadecimal(c);
}

}  // namespace

const std::string& RandomRegex::AnyCharacter() {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> all;
    for (const uint32_t c : kEdges) all.push_back(Utf8(c));
    return all;
  }();
  // ASCII more often than not, so that texts and expressions meet.
  return Below(3) == 0 ? kAll[Below(static_cast<unsigned>(kAll.size()))] : kAll[12 + Below(5)];
}

RegexTree RandomRegex::Class() {
  RegexTree tree{.kind = RegexTree::Kind::kCharacters, .text = "[", .likely = {}, .kids = {}};
  if (Below(3) == 0) tree.text += "^";
  for (unsigned i = 1 + Below(3); i > 0; --i) {
    const uint32_t first = kEdges[Below(static_cast<unsigned>(kEdges.size()))];
    const uint32_t second = kEdges[Below(static_cast<unsigned>(kEdges.size()))];
    if (Below(4) == 0) {
      tree.text += std::string("\\") + "dDwWsS"[Below(6)];
    } else if (Below(2) == 0) {
      tree.text += Written(std::min(first, second)) + "-" + Written(std::max(first, second));
    } else {
      tree.text += Written(first);
    }
    for (const uint32_t c : {first, second}) {
      for (const uint32_t near : {c - 1, c, c + 1}) {
        const bool character = near <= 0x10FFFF && (near < 0xD800 || near > 0xDFFF);
        if (character) tree.likely.push_back(Utf8(near));
      }
    }
  }
  tree.text += "]";
  return tree;
}

RegexTree RandomRegex::Characters() {
  static const std::vector<RegexTree> kKnown = [] {
    const auto one = [](std::string text, std::vector<std::string> likely) {
      return RegexTree{RegexTree::Kind::kCharacters, std::move(text), std::move(likely), {}, 0, 0};
    };
    return std::vector<RegexTree>{
        one("a", {"a"}),          one("b", {"b"}),           one("c", {"c"}),
        one(".", {"a", "é", "\n", "😀", "\r"}),               one("\\d", {"0", "9", "a", "/", ":"}),
        one("\\D", {"a", "\n", "0"}), one("\\w", {"_", "a", "Z", "-"}),
        one("\\W", {"-", "é", "a"}),  one("\\s", {" ", "\t", "\n", "\v", "\f", "\r"}),
        one("\\S", {"a", " ", "\v"}), one("[a-c]", {"a", "b", "c", "d"}),
        one("[^a-c]", {"a", "d", "\n", "€"}),                 one("é", {"é", "è"}),
        one("\\.", {".", "a"}),   one("[\\d_-]", {"-", "_", "5", "x"}),
        one("\\x41", {"A", "a"}), one("\\n", {"\n", "n"})};
  }();
  if (Below(3) == 0) return Class();
  return kKnown[Below(static_cast<unsigned>(kKnown.size()))];
}

RegexTree RandomRegex::Make(unsigned depth) {
  const unsigned dice = depth == 0 ? 0 : Below(10);
  RegexTree tree;
  if (dice < 3) return Characters();
  if (dice < 6) {
    for (unsigned i = Below(4); i > 0; --i) tree.kids.push_back(Make(depth - 1));
    return tree;
  }
  if (dice < 8) {
    tree.kind = RegexTree::Kind::kChoice;
    for (unsigned i = 2 + Below(2); i > 0; --i) tree.kids.push_back(Make(depth - 1));
    return tree;
  }
  tree.kind = RegexTree::Kind::kRepeat;
  tree.kids.push_back(Make(depth - 1));
  const unsigned low = Below(4);
  const unsigned high = low + Below(4);
  switch (Below(6)) {
    case 0: tree.text = "*"; tree.most = 4; break;
    case 1: tree.text = "+"; tree.least = 1; tree.most = 4; break;
    case 2: tree.text = "?"; tree.most = 1; break;
    case 3:
      tree.text = "{" + std::to_string(low) + "}";
      tree.least = tree.most = low;
      break;
    case 4:
      tree.text = "{" + std::to_string(low) + ",}";
      tree.least = low;
      tree.most = low + 3;
      break;
    default:
      tree.text = "{" + std::to_string(low) + "," + std::to_string(high) + "}";
      tree.least = low;
      tree.most = high;
  }
  return tree;
}

std::string RandomRegex::Write(const RegexTree& tree) const {
  std::string text;
  switch (tree.kind) {
    case RegexTree::Kind::kCharacters: return tree.text;
    case RegexTree::Kind::kSequence:
      for (const RegexTree& kid : tree.kids) {
        const bool group = kid.kind == RegexTree::Kind::kChoice;
        text += group ? "(" + Write(kid) + ")" : Write(kid);
      }
      return text;
    case RegexTree::Kind::kChoice:
      for (const RegexTree& kid : tree.kids) {
        text += (&kid == &tree.kids[0] ? "" : "|") + Write(kid);
      }
      return text;
    case RegexTree::Kind::kRepeat: {
      const bool single = tree.kids[0].kind == RegexTree::Kind::kCharacters;
      return single ? Write(tree.kids[0]) + tree.text
                    : "(?:" + Write(tree.kids[0]) + ")" + tree.text;
    }
  }
  return text;
}

void RandomRegex::Append(const RegexTree& tree, std::string& out) {
  switch (tree.kind) {
    case RegexTree::Kind::kCharacters:
      out += Below(20) == 0 ? AnyCharacter()
                            : tree.likely[Below(static_cast<unsigned>(tree.likely.size()))];
      return;
    case RegexTree::Kind::kSequence:
      for (const RegexTree& kid : tree.kids) Append(kid, out);
      return;
    case RegexTree::Kind::kChoice:
      return Append(tree.kids[Below(static_cast<unsigned>(tree.kids.size()))], out);
    case RegexTree::Kind::kRepeat: {
      unsigned count = tree.least + Below(tree.most - tree.least + 1);
      if (Below(15) == 0) count += 1;
      if (Below(15) == 0 && count > 0) count -= 1;
      for (; count > 0 && out.size() < 400; --count) Append(tree.kids[0], out);
      return;
    }
  }
}

std::string RandomRegex::Near(const RegexTree& tree) {
  std::string text;
  Append(tree, text);
  return text;
}

std::string RandomRegex::AnyText() {
  std::string text;
  for (unsigned i = Below(6); i > 0; --i) text += AnyCharacter();
  return text;
}

std::string RandomRegex::BrokenText() {
  static const std::vector<std::string> kBroken = {
      "\xFF", "\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xED\xBF\xBF",
      "\xE2\x82", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x98", "\xF8\x88\x80\x80\x80"};
  return AnyText() + kBroken[Below(static_cast<unsigned>(kBroken.size()))] + AnyText();
}

}  // namespace cap::test
