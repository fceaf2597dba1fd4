#include "compiler/import/act_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "compiler/import/act_limits.h"
#include "compiler/import/spelling.h"

namespace cap::importer {

namespace {

/// Thrown through the library, which throws errors of its own, and caught in this file.
struct Refused {
  const char* code;
  int line;
  std::string why;
};

/// The library calls for each event before it goes deeper, so that the depth is held here and its
/// recursion with it.
class Builder : public YAML::EventHandler {
 public:
  Yaml Take() { return std::move(yaml_); }

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Leaf(mark, anchor, {}); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseTag(mark, tag);
    Leaf(mark, anchor, {.kind = YamlNode::Kind::kText, .text = value, .members = {}});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto at = anchors_.find(anchor);
    if (at == anchors_.end()) throw Refused{"bad-yaml", mark.line, "an alias of what is around it"};
    if (NeedsKey()) throw Refused{"bad-yaml", mark.line, "a key that is no text"};
    Put(at->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { End(); }

 private:
  struct Open {
    uint32_t node = 0;
    YAML::anchor_t anchor = 0;
    bool is_map = false;
    std::optional<std::string> key;  // whose value comes next
    std::set<std::string> keys;
  };

  /// A tag may make another thing of a text, or of a whole map.
  static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refused{"bad-yaml", mark.line, fmt::format("the tag {}, which is not read", tag)};
  }

  bool NeedsKey() const { return !open_.empty() && open_.back().is_map && !open_.back().key; }

  uint32_t New(const YAML::Mark& mark, YamlNode node) {
    if (yaml_.nodes.size() == kActNodes) {
      throw Refused{"too-large", mark.line, fmt::format("more than {} values", kActNodes)};
    }
    yaml_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(yaml_.nodes.size() - 1);
  }

  void Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    if (NeedsKey()) {
      if (node.kind != YamlNode::Kind::kText || anchor != 0) {
        throw Refused{"bad-yaml", mark.line, "a key that is no text"};
      }
      Open& map = open_.back();
      if (!map.keys.insert(node.text).second) {
        throw Refused{"bad-yaml", mark.line, fmt::format("the key `{}` twice", node.text)};
      }
      map.key = std::move(node.text);
      return;
    }
    const uint32_t index = New(mark, std::move(node));
    if (anchor != 0) anchors_[anchor] = index;
    Put(index);
  }

  void Begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YamlNode::Kind kind) {
    RefuseTag(mark, tag);
    if (NeedsKey()) throw Refused{"bad-yaml", mark.line, "a key that is no text"};
    if (open_.size() == kActDepth) {
      throw Refused{"too-large", mark.line, fmt::format("nested more than {} deep", kActDepth)};
    }
    const uint32_t index = New(mark, {.kind = kind, .text = {}, .members = {}});
    Open open;
    open.node = index;
    open.anchor = anchor;
    open.is_map = kind == YamlNode::Kind::kMap;
    open_.push_back(std::move(open));
  }

  /// An anchor is known from here on, so that nothing contains itself.
  void End() {
    const uint32_t index = open_.back().node;
    if (open_.back().anchor != 0) anchors_[open_.back().anchor] = index;
    open_.pop_back();
    Put(index);
  }

  void Put(uint32_t index) {
    if (open_.empty()) {
      yaml_.documents.push_back(index);
      return;
    }
    Open& open = open_.back();
    yaml_.nodes[open.node].members.push_back({open.key.value_or(""), index});
    open.key.reset();
  }

  Yaml yaml_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, uint32_t> anchors_;
};

}  // namespace

const YamlNode* Yaml::Find(const YamlNode& node, const std::string& key) const {
  if (node.kind != YamlNode::Kind::kMap) return nullptr;
  for (const YamlMember& member : node.members) {
    if (member.key == key) return &nodes[member.node];
  }
  return nullptr;
}

Result<Yaml> ReadYaml(const std::string& origin, const std::string& text) {
  if (text.size() > kActBytes) {
    return Fail("too-large", fmt::format("{}: more than {} bytes", origin, kActBytes));
  }
  const auto failed = [&](const char* code, int line, const std::string& why) {
    return Fail(code, fmt::format("{}:{}: {}", origin, line + 1, CommentText(why)));
  };
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const Refused& refused) {
    return failed(refused.code, refused.line, refused.why);
  } catch (const YAML::Exception& error) {
    return failed("bad-yaml", error.mark.is_null() ? 0 : error.mark.line, error.msg);
  }
}

}  // namespace cap::importer
