// YAML as plain data; internal to compiler/import, and the only place that knows yaml-cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace cap::importer {

struct YamlMember {
  std::string key;  // of a map
  uint32_t node = 0;
};
struct YamlNode {
  enum class Kind : uint8_t { kNull, kText, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;
  std::vector<YamlMember> members;
};

/// Nodes are named by their places, and an alias is the node that it stands for: so the nodes are
/// as many as the text has, however often aliases repeat them. No node contains itself.
struct Yaml {
  std::vector<YamlNode> nodes;
  std::vector<uint32_t> documents;

  const YamlNode& operator[](uint32_t node) const { return nodes[node]; }
  /// The member of a map; null if there is none, or `node` is no map.
  const YamlNode* Find(const YamlNode& node, const std::string& key) const;
};

/// Errors: "bad-yaml" (with its line: what is no YAML, a key twice, a key that is no text, a tag),
/// "too-large" (act_limits.h). Cost: linear in the text.
Result<Yaml> ReadYaml(const std::string& origin, const std::string& text);

}  // namespace cap::importer
