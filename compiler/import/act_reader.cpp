#include "compiler/import/act_reader.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/import/act_limits.h"
#include "compiler/import/act_yaml.h"
#include "compiler/import/spelling.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

using Kind = YamlNode::Kind;

class Reader {
 public:
  explicit Reader(const Yaml& yaml) : yaml_(yaml) {}

  ActFile Run() {
    for (const uint32_t document : yaml_.documents) Document(yaml_[document]);
    return std::move(file_);
  }
  /// Whether a limit stopped it: what it read is not all.
  bool is_full() const { return full_; }

 private:
  /// The members of a list or map, an alias counted wherever it stands: aliases of aliases are
  /// short in the text and endless when they are read.
  const std::vector<YamlMember>& Members(const YamlNode& node) {
    static const std::vector<YamlMember> kNone;
    visited_ += node.members.size() + 1;
    full_ = full_ || visited_ > kActNodes;
    return full_ ? kNone : node.members;
  }

  static std::string TextOf(const YamlNode* node) {
    return node != nullptr && node->kind == Kind::kText ? node->text : std::string();
  }

  bool HasCapabilities(const YamlNode& node) const {
    return yaml_.Find(node, "capabilities") != nullptr;
  }

  void Document(const YamlNode& node) {
    if (node.kind != Kind::kMap) {
      if (node.kind != Kind::kNull) file_.others.push_back({"document", ValueOf(node)});
      return;
    }
    // One policy as the whole document, `policy: name` its name.
    if (HasCapabilities(node)) return Policy(node, TextOf(yaml_.Find(node, "policy")));
    for (const YamlMember& member : Members(node)) {
      const YamlNode& value = yaml_[member.node];
      if (HasCapabilities(value)) {
        Policy(value, member.key);
      } else if (value.kind == Kind::kMap || value.kind == Kind::kList) {
        Below(value, member.key);  // agents, tokens, policies
      } else {
        file_.others.push_back({member.key, ValueOf(value)});
      }
    }
  }

  /// A list or map of things that may have capabilities.
  void Below(const YamlNode& node, const std::string& key) {
    if (Members(node).empty()) file_.others.push_back({key, ValueOf(node)});
    for (const YamlMember& member : node.members) {
      const YamlNode& value = yaml_[member.node];
      if (HasCapabilities(value)) {
        Policy(value, member.key);
      } else {
        const std::string name = member.key.empty() ? key : key + "." + member.key;
        file_.others.push_back({name, ValueOf(value)});
      }
    }
  }

  void Policy(const YamlNode& node, const std::string& key) {
    full_ = full_ || file_.policies.size() == kActPolicies;
    ActPolicy policy;
    policy.name = TextOf(yaml_.Find(node, "name"));
    if (policy.name.empty()) policy.name = key;
    const bool named_by_id = policy.name.empty();
    if (named_by_id) policy.name = TextOf(yaml_.Find(node, "id"));
    policy.version = TextOf(yaml_.Find(node, "version"));
    policy.expires = TextOf(yaml_.Find(node, "expires"));
    for (const YamlMember& member : Members(node)) {
      const std::string& name = member.key;
      const YamlNode& value = yaml_[member.node];
      if (name == "capabilities") {
        Capabilities(value, policy);
        continue;
      }
      const bool kept = name == "name" || name == "version" || name == "expires" ||
                        name == "policy" || (name == "id" && named_by_id);
      if (!kept || value.kind != Kind::kText) policy.others.push_back({name, ValueOf(value)});
    }
    if (!full_) file_.policies.push_back(std::move(policy));
  }

  void Capabilities(const YamlNode& node, ActPolicy& policy) {
    if (node.kind == Kind::kText) policy.others.push_back({"capabilities", ValueOf(node)});
    for (const YamlMember& member : Members(node)) {
      full_ = full_ || ++capabilities_ > kActCapabilities;
      if (full_) return;
      Capability(yaml_[member.node], member.key, policy);
    }
  }

  void Capability(const YamlNode& node, const std::string& key, ActPolicy& policy) {
    ActCapability capability;
    capability.action = key;
    if (node.kind != Kind::kMap) {
      // A name alone, in a list; or a name without anything more, in a map.
      if (key.empty()) capability.action = TextOf(&node);
      const bool said = node.kind == Kind::kNull || (key.empty() && node.kind == Kind::kText);
      if (!said) capability.constraints.push_back({"value", ValueOf(node)});
      policy.capabilities.push_back(std::move(capability));
      return;
    }
    for (const YamlMember& member : Members(node)) {
      const YamlNode& value = yaml_[member.node];
      if (member.key == "action" && key.empty() && value.kind == Kind::kText) {
        capability.action = value.text;
      } else if (member.key == "resource" || member.key == "resources") {
        Resources(value, capability);
      } else if (member.key == "constraints" && value.kind == Kind::kMap) {
        for (const YamlMember& each : Members(value)) {
          capability.constraints.push_back({each.key, ValueOf(yaml_[each.node])});
        }
      } else if (member.key != "constraints" || value.kind != Kind::kNull) {
        capability.constraints.push_back({member.key, ValueOf(value)});
      }
    }
    policy.capabilities.push_back(std::move(capability));
  }

  /// What is no text is none of Cap's resources: the writer sees an empty one.
  void Resources(const YamlNode& node, ActCapability& capability) {
    capability.has_resources = true;
    if (node.kind != Kind::kList) {
      capability.resources.push_back(TextOf(&node));
      return;
    }
    for (const YamlMember& member : Members(node)) {
      capability.resources.push_back(TextOf(&yaml_[member.node]));
    }
  }

  /// Of a map whose values are all texts.
  std::vector<std::pair<std::string, std::string>> FieldsOf(const YamlNode& node) const {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const YamlMember& member : node.members) {
      const YamlNode& each = yaml_[member.node];
      if (each.kind != Kind::kText) return {};
      fields.emplace_back(member.key, each.text);
    }
    return fields;
  }

  ActValue ValueOf(const YamlNode& node) {
    ActValue value;
    if (node.kind == Kind::kText) {
      value.kind = ActValue::Kind::kText;
      value.texts.push_back(node.text);
      value.shown = CommentText(node.text);
      return value;
    }
    if (node.kind == Kind::kNull) return value;
    bool texts = node.kind == Kind::kList;
    std::string shown;
    for (const YamlMember& member : Members(node)) {
      const YamlNode& each = yaml_[member.node];
      texts = texts && each.kind == Kind::kText;
      if (texts) value.texts.push_back(each.text);
      if (shown.size() > limits::kImportCommentBytes) continue;
      shown += shown.empty() ? "" : ", ";
      if (node.kind == Kind::kMap) shown += member.key + ": ";
      shown += each.kind == Kind::kText ? each.text : "…";
    }
    if (node.kind == Kind::kMap) value.fields = FieldsOf(node);
    value.kind = texts ? ActValue::Kind::kList : ActValue::Kind::kOther;
    value.shown = CommentText(node.kind == Kind::kMap ? "{" + shown + "}" : "[" + shown + "]");
    return value;
  }

  const Yaml& yaml_;
  ActFile file_;
  size_t visited_ = 0;
  size_t capabilities_ = 0;
  bool full_ = false;
};

}  // namespace

Result<ActFile> ReadAct(const std::string& origin, const std::string& text) {
  const Result<Yaml> yaml = ReadYaml(origin, text);
  if (!yaml.has_value()) return std::unexpected(yaml.error());
  Reader reader(*yaml);
  ActFile file = reader.Run();
  if (reader.is_full()) {
    return Fail("too-large",
                fmt::format("{}: more than {} policies, {} capabilities, or {} values with those "
                            "of aliases",
                            origin, kActPolicies, kActCapabilities, kActNodes));
  }
  if (file.policies.empty()) {
    return Fail("no-policy", fmt::format("{}: nothing in it has `capabilities`", origin));
  }
  return file;
}

}  // namespace cap::importer
